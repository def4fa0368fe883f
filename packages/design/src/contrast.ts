/** A colour as DTCG 2025.10 writes it, in sRGB. */
export interface TokenColor {
  readonly colorSpace: "srgb";
  /** Red, green, blue from 0 to 1. */
  readonly components: readonly number[];
  readonly alpha?: number;
}

const linear = (channel: number): number => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);

const luminance = ({ components: [red = 0, green = 0, blue = 0] }: TokenColor): number =>
  0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);

/** The contrast ratio of two opaque colours by WCAG 2.2, from 1 to 21. */
export const contrast = (a: TokenColor, b: TokenColor): number => {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
};
