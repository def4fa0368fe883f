import { cannotBeTold, parseColour, WHITE } from "./colour.ts";
import type { Colour } from "./colour.ts";
import { lengthOf, LONGEST_VALUE, parseStyle } from "./inline-style.ts";
import type { Declarations } from "./inline-style.ts";
import { NO_RULES } from "./style-rules.ts";
import type { StyleRules } from "./style-rules.ts";

/** What an element hands on to what it holds, as far as it decides whether a person sees the text. */
export interface Sight {
  /** Nothing inside can be seen, whatever it says of itself. */
  readonly gone: boolean;
  readonly invisible: boolean;
  readonly tiny: boolean;
  /** Null: whatever the page's stylesheet says, which nobody here reads. */
  readonly colour: Colour | null;
  /** Null: an image or a gradient, against which nothing can be told. */
  readonly ground: Colour | null;
}

export const IN_SIGHT: Sight = Object.freeze({
  gone: false,
  invisible: false,
  tiny: false,
  colour: null,
  ground: WHITE,
});

/** Attributes as the page gives them, names in lower case. */
export type Attributes = Readonly<Record<string, string>>;

export const attribute = (given: Attributes, name: string): string | undefined =>
  Object.hasOwn(given, name) ? given[name] : undefined;

const FAR_AWAY = 400;
const AWAY = new Set(["left", "right", "top", "bottom", "text-indent", "inset", "margin-left", "margin-top", "margin"]);
const SIZES = new Set(["width", "height", "max-width", "max-height", "inline-size", "block-size"]);
const ABSOLUTE = /^(px|pt|pc|cm|mm|in|q|rem|vw|vh|vmin|vmax)$/;

const isNothing = (value: string, least: number): boolean => {
  const length = lengthOf(value);
  return length !== null && length.size <= least;
};

const isFarAway = (value: string): boolean =>
  value.split(/\s+/, 4).some((part) => {
    const length = lengthOf(part);
    if (length === null) return false;
    const { size, unit } = length;
    // Half of the width to the left is how pages centre things; all of it is how they put them away.
    const pixels = size * (/^(vw|vh|%)$/.test(unit) ? 4 : /^(em|rem|ch)$/.test(unit) ? 10 : 1);
    return pixels <= -FAR_AWAY || pixels >= 5_000;
  });

const isClippedAway = (value: string): boolean =>
  /^rect\(\s*[01]?(px)?[\s,]+[01]?(px)?[\s,]+[01]?(px)?[\s,]+[01]?(px)?\s*\)$/.test(value) ||
  /^inset\(\s*(50|[5-9]\d|1\d\d)(\.\d*)?%/.test(value) ||
  /^(circle|ellipse)\(\s*0/.test(value);

const isMovedAway = (value: string): boolean =>
  /scale[xy3d]*\(\s{0,9}0{0,9}\.?0{0,9}\s{0,9}[,)]/.test(value) ||
  [...value.matchAll(/translate[xy3d]*\(([^()]{0,80})\)/g)].some(([, moved = ""]) =>
    moved.split(",").some((part) => isFarAway(part.trim())),
  );

/** Properties that take an element and all in it out of sight, each by itself. */
const takesAway = ([property, value]: Declarations[number]): boolean => {
  if (value.length >= LONGEST_VALUE && /^(transform|translate|clip|clip-path|filter)$/.test(property)) return true;
  if (property === "display") return value === "none";
  if (property === "content-visibility") return value === "hidden";
  if (property === "opacity" || property === "scale" || property === "zoom") {
    const shown = lengthOf(value);
    return shown !== null && shown.size <= (shown.unit === "%" ? 5 : 0.05);
  }
  if (property === "filter") return /opacity\(\s{0,9}0{0,9}\.?0{0,9}%?\s{0,9}\)/.test(value);
  if (property === "clip" || property === "clip-path") return isClippedAway(value);
  if (property === "transform") return isMovedAway(value);
  if (property === "translate" || AWAY.has(property)) return isFarAway(value);
  return false;
};

const hasNoRoom = (style: Declarations): boolean => {
  const nothing = new Set(
    style.filter(([name, value]) => SIZES.has(name) && isNothing(value, 1)).map(([name]) => name),
  );
  if (nothing.size === 0) return false;
  return (
    nothing.size > 1 ||
    style.some(([name, value]) => name.startsWith("overflow") && /hidden|clip|auto|scroll/.test(value))
  );
};

const isTiny = (style: Declarations, before: boolean): boolean =>
  style.reduce((tiny, [property, value]) => {
    if (property === "font" && /(^|\s)0(\.\d+)?(px|pt|em|rem|%)?(\/|\s)/.test(value)) return true;
    if (property !== "font-size" && property !== "font") return tiny;
    const length = property === "font" ? null : lengthOf(value);
    if (length === null) return /small|medium|large|initial|\d(px|pt|rem)/.test(value) ? false : tiny;
    const { size, unit } = length;
    if (unit === "" || ABSOLUTE.test(unit))
      return size <= (unit === "rem" || unit === "in" || unit === "cm" ? 0.15 : 2);
    return tiny || size <= (unit === "%" ? 15 : 0.15);
  }, before);

const lastColour = (style: Declarations, names: readonly string[]): Colour | null =>
  style.reduce<Colour | null>(
    (colour, [name, value]) => (names.includes(name) ? parseColour(value) : null) ?? colour,
    null,
  );

const groundOf = (style: Declarations, given: Attributes, before: Colour | null): Colour | null => {
  const old = attribute(given, "bgcolor");
  const colour = lastColour(style, ["background", "background-color"]) ?? (old === undefined ? null : parseColour(old));
  if (colour !== null) return colour.alpha <= 0.1 ? before : colour;
  const isPicture = style.some(
    ([name, value]) => name.startsWith("background") && /url\(|gradient\(|var\(/.test(value),
  );
  return isPicture || attribute(given, "background") !== undefined ? null : before;
};

const colourOf = (name: string, style: Declarations, given: Attributes, before: Colour | null): Colour | null => {
  const old = attribute(given, name === "body" ? "text" : "color");
  return lastColour(style, ["color", "-webkit-text-fill-color"]) ?? (old === undefined ? before : parseColour(old));
};

const saysHidden = (name: string, given: Attributes): boolean =>
  attribute(given, "hidden") !== undefined ||
  attribute(given, "aria-hidden")?.trim().toLowerCase() === "true" ||
  (name === "dialog" && attribute(given, "open") === undefined);

/** What is said of an element: by its own attribute, and by rules where that leaves them. */
const styleOf = (name: string, given: Attributes, rules: StyleRules): Declarations => {
  const written = attribute(given, "style");
  const own = written === undefined ? [] : parseStyle(written);
  const others = rules.of(name, attribute(given, "id"), attribute(given, "class"));
  if (others.length === 0) return own;
  const taken = new Set(own.map(([property]) => property));
  return [...others.filter(([property]) => !taken.has(property)), ...own];
};

/** What of an element's text a person would see, by what stands on the element itself, in the page's rules and on those around it. */
export const sightOf = (name: string, given: Attributes, around: Sight, rules: StyleRules = NO_RULES): Sight => {
  if (around.gone || saysHidden(name, given)) return { ...around, gone: true };
  const style = styleOf(name, given, rules);
  if (style.some(takesAway) || hasNoRoom(style)) return { ...around, gone: true };
  const invisible = style.findLast(([property]) => property === "visibility")?.[1];
  return {
    gone: false,
    invisible: invisible === undefined ? around.invisible : invisible === "hidden" || invisible === "collapse",
    tiny: isTiny(style, around.tiny),
    colour: colourOf(name, style, given, around.colour),
    ground: groundOf(style, given, around.ground),
  };
};

/** Whether text there reaches a person's eyes. */
export const isSeen = ({ gone, invisible, tiny, colour, ground }: Sight): boolean =>
  !gone && !invisible && !tiny && (colour === null || ground === null || !cannotBeTold(colour, ground));
