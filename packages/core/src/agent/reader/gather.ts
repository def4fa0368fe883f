import { err, joinAll, moltbotError, ok } from "@moltbot/contracts";
import type { ContentRef, Label, Result } from "@moltbot/contracts";
import type { Content } from "../../conversation/index.ts";

/** What a reader is asked about: texts in the order in which they were named, and the label of all of them. */
interface Gathered {
  readonly texts: readonly string[];
  readonly label: Label;
}

/** The texts that are named; HANDLE_UNKNOWN where one of the names stands for nothing. */
export const gather = <R extends ContentRef>(
  refs: readonly R[],
  find: (ref: R) => Content | null,
): Result<Gathered> => {
  const contents: Content[] = [];
  for (const ref of refs) {
    const content = find(ref);
    if (content === null) return err(moltbotError("HANDLE_UNKNOWN", { handle: String(ref) }));
    contents.push(content);
  }
  return ok({ texts: contents.map(({ text }) => text), label: joinAll(contents.map(({ label }) => label)) });
};
