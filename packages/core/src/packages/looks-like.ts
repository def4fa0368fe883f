/** Letters and pairs that are read as another. */
const READ_AS: readonly (readonly [RegExp, string])[] = [
  [/0/g, "o"],
  [/[1i|]/g, "l"],
  [/rn/g, "m"],
  [/vv/g, "w"],
  [/5/g, "s"],
  [/8/g, "b"],
  [/3/g, "e"],
];

/** Words that make a name sound like the real one's, and say nothing. */
const HOLLOW = [
  "official",
  "original",
  "verified",
  "trusted",
  "secure",
  "plugin",
  "skill",
  "tools",
  "tool",
  "client",
  "plus",
  "real",
  "free",
  "new",
  "pro",
  "app",
  "api",
  "the",
  "my",
];

const asRead = (name: string): string => READ_AS.reduce((text, [from, to]) => text.replace(from, to), name);

/** Without hollow words before and behind, while anything is left. */
const core = (name: string): string => {
  const at = HOLLOW.find((word) => name.length > word.length + 1 && (name.startsWith(word) || name.endsWith(word)));
  if (at === undefined) return name;
  return core(name.startsWith(at) ? name.slice(at.length) : name.slice(0, -at.length));
};

const singular = (name: string): string =>
  name.length > 3 ? name.replace(/(?:ies|y)$/, "y").replace(/(?<!s)s$/, "") : name;

/** One form for all names that people take for each other. */
const formsOf = (name: string): readonly string[] => {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const seen = asRead(plain);
  return [...new Set([plain, seen, core(plain), core(seen), singular(plain), singular(seen), singular(core(seen))])];
};

/** Damerau–Levenshtein (optimal string alignment): letters added, removed, changed, and neighbours that changed places. */
const distance = (a: string, b: string): number => {
  let twoBack: readonly number[] = [];
  let back: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const costs = [(back[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (back[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)];
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) costs.push((twoBack[j - 2] ?? 0) + 1);
      row.push(Math.min(...costs));
    }
    [twoBack, back] = [back, row];
  }
  return back[b.length] ?? 0;
};

/** Names of three letters are all near each other; long ones may have two slips. */
const slipsOf = (length: number): number => {
  if (length < 4) return 0;
  return length < 9 ? 1 : 2;
};

const areAlike = (name: string, other: string): boolean => {
  const forms = formsOf(other);
  if (formsOf(name).some((form) => forms.includes(form))) return true;
  return distance(name, other) <= slipsOf(Math.min(name.length, other.length));
};

/**
 * The first of the others that people may take this name for; null where none is. The same name is no likeness, whatever else it is
 * near to: a name that stands among the others looks like none of them.
 */
export const looksLike = (name: string, others: readonly string[]): string | null =>
  others.includes(name) ? null : (others.find((other) => areAlike(name, other)) ?? null);
