import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { done, err, joinLabels, moltbotError, ok } from "@moltbot/contracts";
import type { Label, Result } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import type { ToolRun } from "../tool.ts";
import { contentLabel } from "../workspace/content-label.ts";
import { locate } from "../workspace/locate.ts";
import type { Located } from "../workspace/locate.ts";
import { openForAppend } from "../workspace/open-inside.ts";
import { readWhole } from "../workspace/read-whole.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { input, manifest } from "./manifest.ts";
import { previewOfAppend } from "./preview.ts";

const MOST_BYTES = 10 * 1024 * 1024;
const NEWLINE = 0x0a;

/** One write at the end of the file, on a line of its own, on the disk before it returns. */
const appendLine = async (handle: FileHandle, present: Buffer, text: string): Promise<Result<Buffer>> => {
  const line = Buffer.from(text.endsWith("\n") ? text : `${text}\n`);
  if (present.length + line.length > MOST_BYTES) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
  const bytes = (present.at(-1) ?? NEWLINE) === NEWLINE ? line : Buffer.concat([Buffer.from("\n"), line]);
  await handle.appendFile(bytes);
  await handle.sync();
  return ok(bytes);
};

/**
 * Keeps the label of what the file holds now, as read back from the same handle: that of what stood there joined with the
 * call's. Somebody who wrote meanwhile has no part in that label, so then nothing is kept. What is not kept is untrusted.
 */
const keepLabel = async (
  { call, scope, ports }: ToolRun,
  handle: FileHandle,
  expected: Buffer,
  before: Label,
): Promise<void> => {
  const now = await readWhole(handle, MOST_BYTES);
  if (!now.ok || !now.value.equals(expected)) return;
  await ports.fileLabels.keep(scope, now.value, joinLabels(before, call.label));
};

/** Appends, and says with which label the whole content may be read again. */
const appendLabelled = async (run: ToolRun, handle: FileHandle, path: string, text: string): Promise<Result<void>> => {
  const present = await readWhole(handle, MOST_BYTES);
  if (!present.ok) return present;
  const before = await contentLabel(run, present.value, path);
  // The last moment before the effect: whoever was stopped until here has changed nothing.
  if (run.signal.aborted) return err(moltbotError("TURN_STOPPED"));
  const bytes = await appendLine(handle, present.value, text);
  if (!bytes.ok) return bytes;
  // The line stands whatever becomes of its label.
  await keepLabel(run, handle, Buffer.concat([present.value, bytes.value]), before).catch(() => undefined);
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
  resolve: async ({ path }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    return workspace.ok ? ok([await resolvePath(workspace.value, path)]) : workspace;
  },
  preview: async (args, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    return workspace.ok ? previewOfAppend(args, call, workspace.value) : null;
  },
  run: async ({ path, text }, run) => {
    const { call, ports } = run;
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return workspace;
    await mkdir(workspace.value, { recursive: true, mode: 0o700 });
    const located = await locate(workspace.value, path);
    if (!located.ok) return located;
    const appended = await openForAppend(located.value, async (handle, created) => {
      const outcome = await appendLabelled(run, handle, located.value.relative, text);
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
