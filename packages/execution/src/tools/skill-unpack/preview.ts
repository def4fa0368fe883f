import { readableBy } from "@moltbot/contracts";
import type { Preview, ToolCall } from "@moltbot/contracts";
import { diffOf } from "../workspace/show-diff.ts";
import { textOf } from "../workspace/text-of.ts";
import type { Unpacked, Unpacking } from "./plan-unpacking.ts";

const MOST_CHARACTERS = 16_000;

const diffOfFile = ({ located, content, present }: Unpacked): string | null => {
  const before = present === null ? null : textOf(present.content, true);
  const after = textOf(content, true);
  if (before?.ok === false || !after.ok) return null;
  return diffOf(located.relative, before?.value ?? null, after.value);
};

/** Every file that would come, by name, then as many diffs as a card holds. Where the turn's person is not alone, their number. */
export const previewOfUnpacking = (call: ToolCall, { coming, alreadyThere }: Unpacking): Preview => {
  const head = `${coming.length} files come, ${coming.filter(({ present }) => present !== null).length} of them replace another; ${alreadyThere} stand there already`;
  if (!readableBy([call.authority], call.label.readers)) return { kind: "text", text: head };
  const names = coming.map(({ located, content }) => `${located.relative} (${content.byteLength} bytes)`);
  const diffs: string[] = [];
  let [left, shown] = [MOST_CHARACTERS, 0];
  for (const one of coming) {
    if (left <= 0) break;
    const diff = diffOfFile(one);
    if (diff === null) continue;
    diffs.push(diff);
    shown += 1;
    left -= diff.length;
  }
  const rest = shown < coming.length ? [`… of ${coming.length - shown} only the name is shown`] : [];
  return { kind: "diff", text: [head, ...names, "", ...diffs, ...rest].join("\n") };
};
