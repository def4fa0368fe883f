import { svg } from "lit";
import type { TemplateResult } from "lit";
import { encode } from "uqr";

/** The dark squares of a symbol as one path, row by row; a run of them is one stroke. */
export const darkPath = (rows: readonly (readonly boolean[])[]): string =>
  rows
    .flatMap((row, y) =>
      row.flatMap((dark, x) => {
        if (!dark || row[x - 1] === true) return [];
        const end = row.indexOf(false, x);
        return [`M${String(x)} ${String(y)}h${String((end < 0 ? row.length : end) - x)}v1H${String(x)}z`];
      }),
    )
    .join("");

/** A QR code (ISO/IEC 18004) that a camera reads in both themes: dark on light, with the four squares of margin it asks for. */
export const qrCode = (text: string, says: string): TemplateResult => {
  const { data, size } = encode(text, { border: 4, ecc: "M" });
  return svg`<svg class="qr" role="img" aria-label=${says} viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">
    <rect class="light" width=${size} height=${size}></rect>
    <path class="dark" d=${darkPath(data)}></path>
  </svg>`;
};
