import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { locate } from "../workspace/locate.ts";
import type { Located } from "../workspace/locate.ts";
import { openForAppend } from "../workspace/open-inside.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { input, manifest } from "./manifest.ts";

const MOST_BYTES = 10 * 1024 * 1024;
const NEWLINE = 0x0a;

/** One write at the end of the file, on a line of its own, on the disk before it returns. */
const appendLine = async (handle: FileHandle, text: string): Promise<Result<void>> => {
  const { size } = await handle.stat();
  const bytes = Buffer.from(text.endsWith("\n") ? text : `${text}\n`);
  if (size + bytes.length > MOST_BYTES) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
  const last = Buffer.from([NEWLINE]);
  if (size > 0) await handle.read(last, 0, 1, size - 1);
  await handle.appendFile(last[0] === NEWLINE ? bytes : Buffer.concat([Buffer.from("\n"), bytes]));
  await handle.sync();
  return done;
};

/** Makes a new file's name as durable as its content. Windows cannot open folders; there the file's own sync must do. */
const syncFolder = async ({ root, parts }: Located): Promise<void> => {
  const folder = await open(dirname(join(root, ...parts)), constants.O_RDONLY).catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
};

/** Adds a line to a file. There is no way to take it back from here, and a second run would add it twice. */
export const fileAppend = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ path, text }) => `Adds ${quote(text)} to the file ${quote(path)}.`,
  resolve: async ({ path }, call, ports) => ok([await resolvePath(ports.workspaceOf(call.agentId), path)]),
  run: async ({ path, text }, { call, ports }) => {
    const workspace = ports.workspaceOf(call.agentId);
    await mkdir(workspace, { recursive: true, mode: 0o700 });
    const located = await locate(workspace, path);
    if (!located.ok) return located;
    const appended = await openForAppend(located.value, async (handle, created) => {
      const outcome = await appendLine(handle, text);
      if (created) await syncFolder(located.value);
      return outcome;
    });
    if (!appended.ok) return appended;
    return ok({
      text: "ok",
      summary: `Added ${quote(text)} to ${quote(located.value.relative)}.`,
      label: contextLabel(call),
    });
  },
});
