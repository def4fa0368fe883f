import type { FileHandle } from "node:fs/promises";
import { err, label, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { locate } from "../workspace/locate.ts";
import { openInside } from "../workspace/open-inside.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { input, manifest } from "./manifest.ts";

const MOST_BYTES = 256 * 1024;

/** Reads at most one byte more than fits: a file's stated size may be a lie. */
const readText = async (handle: FileHandle): Promise<Result<{ readonly text: string; readonly bytes: number }>> => {
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  let bytes = 0;
  while (bytes < buffer.length) {
    const { bytesRead } = await handle.read(buffer, bytes, buffer.length - bytes, null);
    if (bytesRead === 0) break;
    bytes += bytesRead;
  }
  if (bytes > MOST_BYTES) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
  const content = buffer.subarray(0, bytes);
  if (content.includes(0)) return err(moltbotError("FILE_NOT_TEXT"));
  try {
    return ok({ text: new TextDecoder("utf-8", { fatal: true }).decode(content), bytes });
  } catch {
    return err(moltbotError("FILE_NOT_TEXT"));
  }
};

/** Reads a text file. Its words are untrusted, and only the person for whom the turn runs is known to may read them. */
export const fileRead = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ path }) => `Reads the file ${quote(path)}.`,
  resolve: async ({ path }, call, ports) => ok([await resolvePath(ports.workspaceOf(call.agentId), path)]),
  run: async ({ path }, { call, ports }) => {
    const located = await locate(ports.workspaceOf(call.agentId), path);
    if (!located.ok) return located;
    const read = await openInside(located.value, "read", readText);
    if (!read.ok) return read;
    return ok({
      text: read.value.text,
      summary: `Read ${quote(located.value.relative)} (${read.value.bytes} bytes).`,
      label: label("untrusted", [call.authority], [{ kind: "file", ref: located.value.relative }]),
    });
  },
});
