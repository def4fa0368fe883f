/** A text as it is compared: lines and spaces are one space, letters are small. */
const folded = (text: string): string => text.replace(/\s+/g, " ").trim().toLowerCase();

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Whether a value stands in a text as words of its own, in upper or lower case, on one line or several. */
export const standsIn = (value: string, text: string): boolean => {
  const words = folded(value);
  if (words === "") return false;
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped(words)}(?![\\p{L}\\p{N}])`, "u").test(folded(text));
};

const MONTHS = "january february march april may june july august september october november december".split(" ");
const DATE = /(\d{4})-(\d{2})-(\d{2})/;
const TIME = /(?<!\d)(\d{1,2}):(\d{2})(?::\d{2})?(?!\d)/;
const DURATION = /\b(hours?|minutes?|days?|weeks?|long|until|till|later|after|before)\b/i;

/** Whether a day stands in a text: as it is, or as the words `May 26th`. The year is the reader's to know. */
const dayStandsIn = (value: string, text: string): boolean => {
  const [iso = "", , month = "", day = ""] = DATE.exec(value) ?? [];
  if (iso === "" || text.includes(iso)) return iso !== "";
  const name = MONTHS[Number(month) - 1] ?? "?";
  const number = String(Number(day));
  return (
    new RegExp(`\\b${name.slice(0, 3)}[a-z]*\\.? ${number}(st|nd|rd|th)?\\b`, "i").test(text) ||
    new RegExp(`\\b${number}(st|nd|rd|th)?\\.? (of )?${name.slice(0, 3)}`, "i").test(text)
  );
};

/** A time that stands in a text, or that follows from one in it and a length of time in it. */
const timeStandsIn = (value: string, text: string): boolean => {
  const time = TIME.exec(value)?.[0];
  return time === undefined || standsIn(time, text) || (TIME.test(text) && DURATION.test(text));
};

/** Whether a date or a time is one that the text alone tells. */
const momentFollowsFrom = (value: string, text: string): boolean => {
  const rest = value
    .replace(DATE, "")
    .replace(TIME, "")
    .replace(/[TZ\s,]+/g, "");
  if (rest !== "" || (!DATE.test(value) && !TIME.test(value))) return false;
  return (!DATE.test(value) || dayStandsIn(value, text)) && timeStandsIn(value, text);
};

const wordsOf = (text: string): readonly string[] => folded(text).match(/\p{L}{3,}/gu) ?? [];

/** Whether a sentence is put together from another text: at least two words, and two thirds of them stand there. */
const isComposedFrom = (value: string, text: string): boolean => {
  const words = wordsOf(value);
  const known = new Set(wordsOf(text));
  const isSentence = /\s/.test(value.trim()) && !/@|:\/\/|\bwww\./i.test(value);
  return isSentence && words.length >= 2 && words.filter((word) => known.has(word)).length * 3 >= words.length * 2;
};

/** Whether somebody who knows only this text could write that value: a date or time that it tells. */
export const isToldBy = (value: string, text: string): boolean => momentFollowsFrom(value, text);

/** The same for what decides nothing: also words put together from it. */
export const couldBeWrittenFrom = (value: string, text: string): boolean =>
  momentFollowsFrom(value, text) || isComposedFrom(value, text);
