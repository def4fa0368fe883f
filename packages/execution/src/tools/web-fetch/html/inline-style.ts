/** How much of a value is kept; no honest one is longer. */
export const LONGEST_VALUE = 400;

/** The declarations of a style; a property that stands twice is there twice. */
export type Declarations = readonly (readonly [property: string, value: string, important: boolean])[];

/** CSS without its comments, in one pass however many are opened and never closed. */
export const withoutComments = (css: string): string => {
  const pieces: string[] = [];
  let at = 0;
  for (;;) {
    const opens = css.indexOf("/*", at);
    if (opens < 0) return [...pieces, css.slice(at)].join(" ");
    pieces.push(css.slice(at, opens));
    const closes = css.indexOf("*/", opens + 2);
    if (closes < 0) return pieces.join(" ");
    at = closes + 2;
  }
};

const unescaped = (css: string): string =>
  css.replace(/\\(?:([0-9a-f]{1,6})\s?|(.))/gi, (_whole, hex: string | undefined, letter: string | undefined) => {
    if (hex === undefined) return letter ?? "";
    const point = parseInt(hex, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : "";
  });

/** Reads an inline style as a browser would: comments, escapes and the case of names do not hide a property from it. */
export const parseStyle = (css: string): Declarations => {
  const plain = css.includes("/*") ? withoutComments(css) : css;
  return (plain.includes("\\") ? unescaped(plain) : plain)
    .toLowerCase()
    .split(";")
    .flatMap((declaration) => {
      const colon = declaration.indexOf(":");
      if (colon < 0) return [];
      const written = declaration.slice(colon + 1).trim();
      const value = written.replace(/!\s{0,9}important$/, "").trimEnd();
      const property = declaration.slice(0, colon).trim();
      return [[property, value.slice(0, LONGEST_VALUE), value.length < written.length] as const];
    });
};

/** A length as a number and its unit, also the first of a calculation; null where there is none. */
export const lengthOf = (value: string): { readonly size: number; readonly unit: string } | null => {
  const found = /^(?:calc\(|min\(|max\(|clamp\()?\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)/.exec(
    value.slice(0, 60),
  );
  return found === null ? null : { size: Number(found[1]), unit: found[2] ?? "" };
};
