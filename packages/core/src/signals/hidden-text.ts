import { coveredTextIn } from "./covered-text.ts";
import { disguisedTextIn } from "./disguised-text.ts";
import { unseenIn } from "./unseen.ts";

/** What in a text is not what a person sees: how much of which kind. Ordinary uses in scripts and emoji are none. */
export const hiddenTextIn = (text: string): ReadonlyMap<string, number> =>
  new Map([...unseenIn(text), ...disguisedTextIn(text), ...coveredTextIn(text)]);
