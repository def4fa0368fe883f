/** A colour as a page writes it: red, green, blue to 255, and how opaque, to 1. */
export interface Colour {
  readonly rgb: readonly [number, number, number];
  readonly alpha: number;
}

export const WHITE: Colour = Object.freeze({ rgb: [255, 255, 255] as const, alpha: 1 });

/** Names of colours that pages and mails use most, and every name of a near-white one. */
const NAMES: Readonly<Record<string, string>> = Object.freeze({
  white: "ffffff",
  snow: "fffafa",
  ivory: "fffff0",
  ghostwhite: "f8f8ff",
  floralwhite: "fffaf0",
  mintcream: "f5fffa",
  azure: "f0ffff",
  aliceblue: "f0f8ff",
  seashell: "fff5ee",
  lavenderblush: "fff0f5",
  honeydew: "f0fff0",
  whitesmoke: "f5f5f5",
  lightyellow: "ffffe0",
  lightcyan: "e0ffff",
  black: "000000",
  silver: "c0c0c0",
  gray: "808080",
  grey: "808080",
  red: "ff0000",
  green: "008000",
  blue: "0000ff",
  yellow: "ffff00",
  orange: "ffa500",
  navy: "000080",
  purple: "800080",
});

const ofHex = (digits: string): Colour | null => {
  if (!/^([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.test(digits)) return null;
  const whole = digits.length <= 4 ? digits.replace(/./g, "$&$&") : digits;
  const at = (from: number): number => parseInt(whole.slice(from, from + 2), 16);
  return { rgb: [at(0), at(2), at(4)], alpha: whole.length === 8 ? at(6) / 255 : 1 };
};

const ofHue = (hue: number, saturation: number, lightness: number): Colour["rgb"] => {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const step = (offset + (((hue % 360) + 360) % 360) / 30) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(step - 3, 9 - step, 1))));
  };
  return [channel(0), channel(8), channel(4)];
};

const shareOf = (text: string | undefined, whole: number): number => {
  if (text === undefined) return whole;
  const number = Number.parseFloat(text);
  if (Number.isNaN(number)) return whole;
  return text.endsWith("%") ? (number / 100) * whole : number;
};

const ofFunction = (name: string, inside: string): Colour | null => {
  const [first = "0", second = "0", third = "0", fourth] = inside.split(/[\s,/]+/).filter((part) => part !== "");
  const alpha = shareOf(fourth, 1);
  if (name.startsWith("rgb")) return { rgb: [shareOf(first, 255), shareOf(second, 255), shareOf(third, 255)], alpha };
  const rgb = ofHue(Number.parseFloat(first) || 0, Number.parseFloat(second) / 100, Number.parseFloat(third) / 100);
  return { rgb, alpha };
};

/** The colour that a text of CSS or of an old attribute names; null where it names none, or one that only a browser can work out. */
export const parseColour = (text: string): Colour | null => {
  const value = text.trim().toLowerCase();
  if (value.length > 80) return null;
  if (value === "transparent") return { ...WHITE, alpha: 0 };
  if (value.startsWith("#")) return ofHex(value.slice(1));
  const named = Object.hasOwn(NAMES, value) ? NAMES[value] : undefined;
  if (named !== undefined) return ofHex(named);
  const written = /^(rgba?|hsla?)\(([^()]*)\)$/.exec(value);
  return written === null ? null : ofFunction(written[1] ?? "", written[2] ?? "");
};

const TOO_NEAR = 24;

/** Whether nobody could read text of the one colour on the other. */
export const cannotBeTold = (text: Colour, ground: Colour): boolean =>
  text.alpha <= 0.1 || text.rgb.every((channel, at) => Math.abs(channel - (ground.rgb[at] ?? 0)) <= TOO_NEAR);
