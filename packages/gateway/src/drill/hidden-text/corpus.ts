import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { jsonOf } from "../json-of.ts";

const Corpus = z.looseObject({
  invisible_characters: z
    .array(z.looseObject({ actualUnicodeChar: z.string().min(1), code: z.string(), type: z.string() }))
    .default([]),
  items: z.array(z.looseObject({ id: z.string(), technique: z.string(), text: z.string().min(1) })).default([]),
});

/** A text that hides something, or one character that nobody sees between two that everybody sees. */
export interface HiddenCase {
  readonly id: string;
  readonly technique: string;
  readonly text: string;
  /** The code points in it that have to be shown: by their number, blanks in the chat also by a mark. */
  readonly hidden: readonly number[];
}

/** Blanks and breaks that everybody knows; and what the list itself calls visible. */
const ORDINARY = new Set([" ", "\t", "\n"]);

/** Written apart from what the house goes by: a judge does not ask the judged. Blanks that are no plain space count. */
const UNSEEN = /(?![ \n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** The cases of a corpus text; USAGE where it is of another kind or holds none. */
export const readHiddenCorpus = (text: string): Result<readonly HiddenCase[]> => {
  const parsed = Corpus.safeParse(jsonOf(text));
  if (!parsed.success || parsed.data.items.length + parsed.data.invisible_characters.length === 0)
    return err(moltbotError("USAGE", { problem: "This is no corpus of the kind “hidden-text”, or it holds no case." }));
  const { items, invisible_characters: listed } = parsed.data;
  const characters = listed.filter(({ actualUnicodeChar: one, type }) => !ORDINARY.has(one) && type !== "Visible");
  const unseen = new Set(characters.map(({ actualUnicodeChar }) => actualUnicodeChar));
  const hiddenIn = (words: string): readonly number[] => [
    ...new Set(
      Array.from(words)
        .filter((one) => unseen.has(one) || UNSEEN.test(one))
        .map((one) => one.codePointAt(0) ?? 0),
    ),
  ];
  return ok([
    ...items.map(({ id, technique, text: words }) => ({ id, technique, text: words, hidden: hiddenIn(words) })),
    ...characters.map(({ code, type, actualUnicodeChar: one }) => ({
      id: code,
      technique: `character: ${type}`,
      text: `Parcel${one}arrives${one}${one}Tuesday`,
      hidden: hiddenIn(one),
    })),
  ]);
};
