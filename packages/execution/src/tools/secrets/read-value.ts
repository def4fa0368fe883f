/** A value as it stands beside a name. */
export interface Value {
  readonly start: number;
  readonly end: number;
  /** Its beginning, which is enough to judge it: a hostile text must not make each name cost as much as all that follows. */
  readonly text: string;
  readonly quoted: boolean;
  /** It ends its line: nothing but a comment or a comma follows. */
  readonly whole: boolean;
}

const JUDGED = 400;
const LONGEST_QUOTED = 16_384;
const GAP = /[ \t*`]{0,8}(?:[rbfu]{1,2}(?=["'])|@(?="))?(?:\\{1,3}(?=["']))?/y;
const STOP = /[\s"'`,;<>|&(){}[\]]|\\[nrt"']/g;
const BEFORE_END = /[ \t]{0,20}(?:[,;)\]}*`|]{0,4}[ \t]{0,4}(?:#[^\n]{0,200}|\/\/[^\n]{0,200})?)(?:\r?\n|$|\\n)/y;

const endsLine = (text: string, at: number): boolean => {
  BEFORE_END.lastIndex = at;
  return BEFORE_END.test(text);
};

/** Finds the next place of something from any place on, looking at no place twice. */
const nextFinder = (text: string, find: (from: number) => number) => {
  let [from, found] = [0, -1];
  return (at: number): number => {
    if (at < from || found < at) [from, found] = [at, find(at)];
    return found < 0 ? text.length : found;
  };
};

/** Reads values from one text; remembers what it has looked for, so that no text can make it look again and again. */
export const createValueReader = (text: string) => {
  const lineEnd = nextFinder(text, (from) => {
    const at = text.indexOf("\n", from);
    return at < 0 ? text.length : at;
  });
  const stop = nextFinder(text, (from) => {
    STOP.lastIndex = from;
    return STOP.exec(text)?.index ?? text.length;
  });
  const closers = new Map<string, (from: number) => number>();

  /** Where the mark next stands unescaped; where the mark itself is an escaped one, the next such. */
  const closeOf = (mark: string, from: number): number => {
    const known = closers.get(mark);
    if (known !== undefined) return known(from);
    const finder = nextFinder(text, (start) => {
      let at = text.indexOf(mark, start);
      while (mark.length === 1 && at > start && text[at - 1] === "\\" && text[at - 2] !== "\\")
        at = text.indexOf(mark, at + 1);
      return at < 0 ? text.length : at;
    });
    closers.set(mark, finder);
    return finder(from);
  };

  const valueOf = (start: number, end: number, quoted: boolean, whole: boolean): Value => ({
    start,
    end,
    text: text.slice(start, Math.min(end, start + JUDGED)),
    quoted,
    whole,
  });

  const quotedAt = (open: number, mark: string): Value | null => {
    const start = open + mark.length;
    const end = closeOf(mark, start);
    if (end >= text.length || end - start > LONGEST_QUOTED) return null;
    const whole = endsLine(text, end + mark.length);
    // A mark that closes only lines later is more often an apostrophe than the end of a value.
    if (
      mark.length < 3 &&
      lineEnd(start) < end &&
      (!whole || /[ \t]/.test(text.slice(start, Math.min(end, start + JUDGED))))
    )
      return null;
    return valueOf(start, end, true, whole);
  };

  const bareAt = (start: number): Value | null => {
    const end = stop(start);
    return end === start ? null : valueOf(start, end, false, endsLine(text, end));
  };

  return {
    /** The value at this place, after blanks; null where none stands on the line. */
    at: (place: number): Value | null => {
      GAP.lastIndex = place;
      let start = place + (GAP.exec(text)?.[0].length ?? 0);
      const before = text[start - 1] ?? "";
      if (before === "`" && text[start] !== '"' && text[start] !== "'") start -= 1;
      const mark = text[start] ?? "";
      if (mark !== '"' && mark !== "'" && mark !== "`") return bareAt(start);
      const triple = mark.repeat(3);
      if (text.startsWith(triple, start)) return quotedAt(start, triple);
      return before === "\\" ? quotedAt(start - 1, `\\${mark}`) : quotedAt(start, mark);
    },
    /** All that stands on the rest of the line, without blanks and a comment at its end. */
    line: (place: number): Value | null => {
      let [start, end] = [place, lineEnd(place)];
      while (start < end && start - place < 40 && (text[start] === " " || text[start] === "\t")) start += 1;
      const comment = text.slice(start, Math.min(end, start + JUDGED)).indexOf(" #");
      if (comment >= 0) end = start + comment;
      for (let cut = 0; cut < 40 && end > start && /[\s]/.test(text[end - 1] ?? ""); cut += 1) end -= 1;
      return end === start ? null : valueOf(start, end, false, true);
    },
  };
};

export type ValueReader = ReturnType<typeof createValueReader>;
