import { z } from "zod";
import { codePointName, visibleInLine } from "./visible.ts";

/**
 * A joiner between two letters of a script that cannot be written without it: there it changes what is seen. Anywhere else it is
 * nothing that anybody sees.
 */
const JOINED =
  /(?<=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}])[\u200c\u200d](?=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}])/gu;

/**
 * The selector after a sign that has an emoji's shape beside its own and shows the latter only with it, and in a keycap. After what
 * is an emoji anyway it changes nothing that anybody sees.
 */
const SELECTED =
  /(?<=[[\p{Extended_Pictographic}&&\p{Emoji}]--\p{Emoji_Presentation}])\ufe0f|(?<=[0-9#*])\ufe0f(?=\u20e3)/gv;

/** The first character of a name that a person would not see, or would take for a plain space. */
const deceptive = (name: string): string | undefined =>
  Array.from(name.replace(JOINED, "").replace(SELECTED, "")).find(
    (character) => visibleInLine(character) !== character,
  );

/**
 * What somebody calls a person, a team, a role, an agent, a token, a device or a prompt: a line of 1 to 80 characters, all of them
 * seen. A name is what others go by: two that look the same, or one that turns the line it stands in around, would be a mask.
 */
export const VisibleName = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .refine((name) => deceptive(name) === undefined, {
    error: ({ input }) =>
      `it holds ${codePointName(deceptive(String(input)) ?? "")}, which is not seen or passes for a space`,
  });
