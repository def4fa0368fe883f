import { label, joinAll, visibleText } from "@moltbot/contracts";
import type { Label, ToolCall } from "@moltbot/contracts";
import type { WallStop } from "../../sandbox/index.ts";

/** Of one stream, as much as a model is shown. */
const MOST_BYTES = 24 * 1024;

/** Bytes as exact text: what is no UTF-8 is replaced, and what controls a terminal or hides is written out. A line break is one. */
const readable = (bytes: Uint8Array): string =>
  visibleText(new TextDecoder().decode(bytes).replaceAll("\r\n", "\n")).toWellFormed();

/** Beginning and end of what a program wrote, and how much between them is left out. */
export const clipped = (bytes: Uint8Array, most = MOST_BYTES): string => {
  if (bytes.byteLength <= most) return readable(bytes);
  const half = Math.floor(most / 2);
  const left = bytes.byteLength - 2 * half;
  return `${readable(bytes.subarray(0, half))}\n… [${left} bytes left out] …\n${readable(bytes.subarray(-half))}`;
};

/** One stream under its name; nothing for one that stayed empty. */
export const streamText = (name: string, bytes: Uint8Array): readonly string[] =>
  bytes.byteLength === 0 ? [] : [`${name} (${bytes.byteLength} bytes):\n${clipped(bytes).replace(/\n$/, "")}`];

const STOPS: Readonly<Record<WallStop, string>> = {
  time: "ended: its time was over",
  memory: "ended: it took too much memory",
  output: "ended: it wrote too much",
  disk: "ended: it filled the disk",
  stopped: "ended: it was stopped",
};

/** How a program ended, in a few words. */
export const endText = (exitCode: number | null, stop: WallStop | null): string =>
  stop === null ? `exit code ${exitCode ?? "unknown"}` : STOPS[stop];

/** Whoever wrote a program chose its output, and it has read whatever lies in the workspace. */
export const programLabel = (call: ToolCall, outside: Label): Label =>
  joinAll([call.label, outside, label("untrusted", [call.authority], [{ kind: "tool", ref: call.tool }])]);
