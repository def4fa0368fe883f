/** One line `NAME=value` of a file of variables. */
export interface EnvLine {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

const NAME = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]{0,199})\s*=\s*/;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Where a quoted value ends; -1 when it does not. */
const closing = (text: string, quote: string, from: number): number => {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\" && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
};

/** A pattern for all the blanks before the sign would try anew at each of them: a long row of blanks would take hours. */
const withoutComment = (text: string): string => {
  const at = text.search(/\s#/);
  return (at === -1 ? text : text.slice(0, at)).trim();
};

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/gs, (whole: string, sign: string) => ESCAPES[sign] ?? (/["\\$]/.test(sign) ? sign : whole));

/**
 * Reads the form of `.env` files: NAME=value, with or without `export`, comments, single or double quotes, and quoted values of
 * several lines. Nothing is expanded or run. What is no such line is passed over.
 */
export const readEnvText = (text: string): readonly EnvLine[] => {
  const found: EnvLine[] = [];
  const source = text.replaceAll("\r\n", "\n").replace(/^\ufeff/, "");
  let line = 1;
  for (let at = 0; at < source.length;) {
    const end = source.indexOf("\n", at);
    let next = end === -1 ? source.length : end + 1;
    const row = source.slice(at, end === -1 ? source.length : end);
    const [head = "", name] = NAME.exec(row) ?? [];
    if (name !== undefined) {
      const begin = at + head.length;
      const quote = source[begin] ?? "";
      const close = quote === '"' || quote === "'" ? closing(source, quote, begin + 1) : -1;
      if (close === -1)
        found.push({
          name,
          value: withoutComment(row.slice(head.length)),
          line,
        });
      else {
        const inside = source.slice(begin + 1, close);
        found.push({ name, value: quote === '"' ? unescaped(inside) : inside, line });
        const after = source.indexOf("\n", close);
        next = after === -1 ? source.length : after + 1;
      }
    }
    line += source.slice(at, next).split("\n").length - 1;
    at = next;
  }
  return found;
};
