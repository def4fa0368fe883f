/**
 * One thing that a package may do, or one text of it that models read. Two packages are compared power by power, so that whatever is
 * described here cannot change unsaid.
 */
export interface Power {
  /** The same in both packages where it is the same thing. */
  readonly key: string;
  /** What having it means, as a line for people. */
  readonly says: string;
  /** Grows with what it allows; absent: it is had or not. */
  readonly amount?: number;
  /** Changed in any way it says something else; absent: it is no text. */
  readonly text?: string;
  /** The key of what it belongs to: where that one is new, or gone, this one is not told apart. */
  readonly of?: string;
  /** Words that models read: told also where what they belong to is new, since nobody says yes to words unseen. */
  readonly isRead?: true;
}

const LONGEST_LINE = 400;

/** At most as much as a line of a report holds. */
const shortened = (line: string): string =>
  line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`;

const byKey = (powers: readonly Power[]): ReadonlyMap<string, Power> =>
  new Map(powers.map((power) => [power.key, power]));

const growsOver = (power: Power, other: Power | undefined): boolean =>
  other === undefined || (power.amount ?? 0) > (other.amount ?? 0) || power.text !== other.text;

/** Lines for what the first has beyond the second; `apart`: what is told also where what it belongs to is beyond the second. */
const beyond = (
  powers: readonly Power[],
  others: readonly Power[],
  apart: (power: Power) => boolean,
): readonly string[] => {
  const known = byKey(others);
  const own = byKey(powers);
  return powers
    .filter(
      (power) =>
        growsOver(power, known.get(power.key)) &&
        (power.of === undefined || known.has(power.of) || !own.has(power.of) || apart(power)),
    )
    .map(({ says }) => shortened(says));
};

/** What `after` may do beyond `before`, and what it may not any more. A text that says something else counts as more alone. */
export const comparePowers = (
  before: readonly Power[],
  after: readonly Power[],
): { readonly widens: readonly string[]; readonly narrows: readonly string[] } => {
  const told = new Set(after.filter(({ text }) => text !== undefined).map(({ key }) => key));
  return {
    widens: beyond(after, before, ({ isRead }) => isRead === true),
    narrows: beyond(
      before.filter(({ key }) => !told.has(key)),
      after,
      () => false,
    ),
  };
};
