import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contrast } from "./contrast.ts";
import type { TokenColor } from "./contrast.ts";

type Group = Readonly<Record<string, Readonly<Record<string, { readonly $value: TokenColor }>>>>;

const read = (theme: string): Group => {
  const file = join(import.meta.dirname, "..", "tokens", `theme.${theme}.json`);
  // Our own file, read back; a wrong shape fails the look-ups below.
  return (JSON.parse(readFileSync(file, "utf8")) as { color: Group }).color;
};

const SURFACES = ["surface.page", "surface.sunken", "surface.raised", "surface.person", "surface.hover"];

/** Text and what it stands on: at least 4.5:1 (WCAG 1.4.3). */
const TEXT: readonly (readonly [text: string, on: readonly string[]])[] = [
  ["text.strong", [...SURFACES, "accent.tint", "caution.tint", "danger.tint", "good.tint"]],
  ["text.body", [...SURFACES, "accent.tint", "caution.tint", "danger.tint", "good.tint"]],
  ["text.muted", [...SURFACES, "accent.tint", "caution.tint"]],
  ["accent.text", [...SURFACES, "accent.tint"]],
  ["accent.on-solid", ["accent.solid", "accent.solid-hover"]],
  ["good.text", ["surface.page", "surface.raised", "good.tint"]],
  ["caution.text", ["surface.page", "surface.raised", "caution.tint"]],
  ["danger.text", ["surface.page", "surface.raised", "surface.hover", "danger.tint"]],
];

/** Edges and marks that carry meaning: at least 3:1 (WCAG 1.4.11). */
const MARKS: readonly (readonly [mark: string, on: readonly string[]])[] = [
  ["border.control", ["surface.page", "surface.raised", "surface.sunken"]],
  ["accent.text", [...SURFACES]],
  ["accent.solid", ["surface.page", "surface.raised"]],
];

const pairs = (list: typeof TEXT): readonly (readonly [string, string])[] =>
  list.flatMap(([front, backs]) => backs.map((back) => [front, back] as const));

describe.each(["light", "dark"])("the %s theme", (theme) => {
  const colors = read(theme);
  const find = (path: string): TokenColor => {
    const [group = "", name = ""] = path.split(".");
    const token = colors[group]?.[name];
    if (token === undefined) throw new Error(`there is no colour ${path}`);
    return token.$value;
  };

  it.each(pairs(TEXT))("keeps %s readable on %s", (front, back) => {
    expect(contrast(find(front), find(back))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(MARKS))("keeps %s visible on %s", (front, back) => {
    expect(contrast(find(front), find(back))).toBeGreaterThanOrEqual(3);
  });

  it("holds the accent itself", () => {
    expect(find("accent.brand").components.map((part) => Math.round(part * 255))).toEqual([0xff, 0x5a, 0x2d]);
  });
});

describe("contrast", () => {
  const grey = (level: number): TokenColor => ({ colorSpace: "srgb", components: [level, level, level] });

  it("is 21 between black and white and 1 between equals, whichever comes first", () => {
    expect(contrast(grey(0), grey(1))).toBeCloseTo(21);
    expect(contrast(grey(1), grey(0))).toBeCloseTo(21);
    expect(contrast(grey(0.5), grey(0.5))).toBe(1);
  });

  it("agrees with the value published for #777777 on white", () => {
    expect(contrast(grey(0x77 / 255), grey(1))).toBeCloseTo(4.48, 2);
  });
});
