/** A value of JSON; objects have no prototype, so that a key such as `__proto__` is only a key. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

const DEEPEST = 64;
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "0": "\0" };
const NUMBER = /[+-]?(?:Infinity|NaN|0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y;
const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const BLANKS = /(?:[\s\ufeff]|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)*/y;
const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["null", null],
  ["true", true],
  ["false", false],
]);

class NotJson extends Error {}
const no = (): never => {
  throw new NotJson("this is not JSON");
};

const numberOf = (word: string): number => {
  const sign = word.startsWith("-") ? -1 : 1;
  const digits = word.replace(/^[+-]/, "");
  return sign * Number(digits);
};

class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  document(): Value {
    const value = this.#value(0);
    this.#blanks();
    return this.#at === this.#text.length ? value : no();
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #blanks(): void {
    this.#match(BLANKS);
  }

  /** The next sign that means something. */
  #next(): string {
    this.#blanks();
    return this.#text[this.#at] ?? no();
  }

  #take(): string {
    const sign = this.#text[this.#at] ?? no();
    this.#at += 1;
    return sign;
  }

  #value(depth: number): Value {
    if (depth > DEEPEST) return no();
    const sign = this.#next();
    if (sign === "{") return this.#object(depth);
    if (sign === "[") return this.#array(depth);
    if (sign === '"' || sign === "'") return this.#string();
    const number = this.#match(NUMBER);
    if (number !== null) return numberOf(number);
    const known = WORDS.get(this.#match(WORD) ?? "");
    return known === undefined ? no() : known;
  }

  #array(depth: number): Value {
    this.#take();
    const items: Value[] = [];
    while (this.#next() !== "]") {
      items.push(this.#value(depth + 1));
      if (this.#next() === ",") this.#take();
      else if (this.#next() !== "]") return no();
    }
    this.#take();
    return items;
  }

  #object(depth: number): Value {
    this.#take();
    const made = Object.create(null) as Record<string, Value>; // no prototype, so no setter of one either
    while (this.#next() !== "}") {
      const sign = this.#next();
      const key = sign === '"' || sign === "'" ? this.#string() : (this.#match(WORD) ?? no());
      if (this.#next() !== ":") return no();
      this.#take();
      made[key] = this.#value(depth + 1);
      if (this.#next() === ",") this.#take();
      else if (this.#next() !== "}") return no();
    }
    this.#take();
    return made;
  }

  #string(): string {
    const quote = this.#take();
    let text = "";
    for (;;) {
      const sign = this.#take();
      if (sign === quote) return text;
      if (sign === "\n" || sign === "\r") return no();
      text += sign === "\\" ? this.#escape() : sign;
    }
  }

  #escape(): string {
    const sign = this.#take();
    if (sign === "u" || sign === "x") {
      const hex = this.#text.slice(this.#at, this.#at + (sign === "u" ? 4 : 2));
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length !== (sign === "u" ? 4 : 2)) return no();
      this.#at += hex.length;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    if (sign === "\r" && this.#text[this.#at] === "\n") this.#take();
    if (/[\n\r\u2028\u2029]/.test(sign)) return "";
    if (/[1-9]/.test(sign)) return no();
    return ESCAPES[sign] ?? sign;
  }
}

/**
 * Reads JSON as people write it by hand (JSON5: comments, trailing commas, bare keys, single quotes); undefined for anything else.
 * Every JSON text means what it means to `JSON.parse`.
 */
export const readRelaxedJson = (text: string): Value | undefined => {
  try {
    return new Reader(text).document();
  } catch (cause) {
    if (cause instanceof NotJson) return undefined;
    throw cause;
  }
};

/** A member of an object, if it is one. */
export const member = (value: Value | undefined, ...path: readonly string[]): Value | undefined => {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || Array.isArray(here)) return undefined;
    here = (here as Readonly<Record<string, Value>>)[key]; // neither null nor a list
  }
  return here;
};

/** The first of several values that fits a schema, as the schema gives it. */
export const firstFit = <T>(
  schema: { safeParse(value: unknown): { readonly data?: T | undefined } },
  values: readonly (Value | undefined)[],
): T | undefined => values.map((one) => schema.safeParse(one).data).find((found) => found !== undefined);

/** The members of an object; none of anything else. */
export const members = (value: Value | undefined): readonly (readonly [string, Value])[] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value as Readonly<Record<string, Value>>) // neither null nor a list
    : [];
