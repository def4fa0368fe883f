/** Between the members of a list: "a, b and c". */
const BETWEEN = /^\s*(?:[,;]\s*(?:and\s|und\s|et\s|y\s|e\s|&)?|and\s|und\s|et\s|y\s|&|\+)\s*$/iu;

const LONGEST_BETWEEN = 12;
const MOST_MEMBERS = 50;

interface Member {
  readonly start: number;
  readonly end: number;
}

const membersIn = (text: string, values: readonly string[]): readonly Member[] =>
  values
    .flatMap((value) => {
      const found: Member[] = [];
      for (let at = text.indexOf(value); at !== -1 && found.length < MOST_MEMBERS; at = text.indexOf(value, at + 1)) {
        found.push({ start: at, end: at + value.length });
      }
      return found;
    })
    .toSorted((a, b) => a.start - b.start || b.end - a.end);

/** Members that follow each other with nothing but a comma or an "and" between them, as one run each. */
const runsOf = (text: string, members: readonly Member[]): readonly Member[] => {
  const runs: Member[] = [];
  for (const member of members) {
    const last = runs.at(-1);
    if (last === undefined || member.start > last.end + LONGEST_BETWEEN) runs.push(member);
    else if (member.start >= last.end && BETWEEN.test(text.slice(last.end, member.start))) {
      runs[runs.length - 1] = { start: last.start, end: member.end };
    } else if (member.start >= last.end) runs.push(member);
  }
  return runs;
};

/**
 * The message as if each list of these values named `value` alone: an order to all of them is an order to each. Only lists
 * that hold the value, and nothing beside these values, are shortened.
 */
export const asIfAlone = (message: string, value: string, values: readonly string[]): string => {
  let [text, from] = ["", 0];
  for (const { start, end } of runsOf(message, membersIn(message, values))) {
    const run = message.slice(start, end);
    text += message.slice(from, start) + (run.includes(value) ? value : run);
    from = end;
  }
  return text + message.slice(from);
};
