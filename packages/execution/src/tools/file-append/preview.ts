import type { FileHandle } from "node:fs/promises";
import { ok, readableBy, visibleText } from "@moltbot/contracts";
import type { Preview, Result, ToolCall } from "@moltbot/contracts";
import { locate } from "../workspace/locate.ts";
import { openInside } from "../workspace/open-inside.ts";
import { linesOf, shortened } from "../workspace/show-diff.ts";

const TAIL_BYTES = 4096;
const CONTEXT_LINES = 2;
const CONTEXT_LENGTH = 200;

/** The end of a file as text; bytes that are no text become replacement characters. */
const readTail = async (handle: FileHandle): Promise<Result<string>> => {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(TAIL_BYTES);
  const { bytesRead } = await handle.read(buffer, 0, TAIL_BYTES, Math.max(0, size - TAIL_BYTES));
  return ok(new TextDecoder().decode(buffer.subarray(0, bytesRead)));
};

const contextOf = (tail: string): readonly string[] =>
  tail === ""
    ? []
    : linesOf(tail)
        .slice(-CONTEXT_LINES)
        .map((line) => visibleText(line.length > CONTEXT_LENGTH ? `…${line.slice(-CONTEXT_LENGTH)}` : line));

/**
 * What appending would change, in the manner of a unified diff: the last lines there are, then the added ones. The present
 * lines are shown only where the turn's person is alone: whose they are is not looked up here.
 */
export const previewOfAppend = async (
  { path, text }: { readonly path: string; readonly text: string },
  call: ToolCall,
  workspace: string,
): Promise<Preview | null> => {
  const located = await locate(workspace, path);
  if (!located.ok) return null;
  const tail = await openInside(located.value, "read", readTail);
  const isNew = !tail.ok && tail.error.code === "FILE_NOT_FOUND";
  const alone = readableBy([call.authority], call.label.readers);
  const name = visibleText(located.value.relative);
  const added = linesOf(text).map((line) => `+${visibleText(line)}`);
  const lines = [
    isNew ? "--- (no file yet)" : `--- ${name}`,
    `+++ ${name}`,
    "@@ end of the file @@",
    ...contextOf(tail.ok && alone ? tail.value : "").map((line) => ` ${line}`),
    shortened(added.join("\n")),
  ];
  return { kind: "diff", text: lines.join("\n") };
};
