import { BLANK_MARK } from "@moltbot/contracts/visible";
import { html } from "lit";
import type { TemplateResult } from "lit";
import { neutralise, neutraliseProse } from "./neutralise.ts";
import type { TextPiece } from "./neutralise.ts";

type Shown = string | TemplateResult;

const shown = (piece: TextPiece): Shown => {
  switch (piece.kind) {
    case "plain":
      return piece.text;
    case "hidden":
      return html`<span class="hidden-character" title="A character that cannot be seen">${piece.code}</span>`;
    case "blank":
      return html`<span class="blank-mark" title="A blank that is no plain space, ${piece.code}">${BLANK_MARK}</span>`;
  }
};

/** Text from a model or a stranger, isolated in direction, with every invisible character shown by its code. */
export const honestText = (text: string): TemplateResult =>
  html`<bdi class="honest">${neutralise(text).map(shown)}</bdi>`;

/** Running prose for use between other words: as `honestText`, without isolation, whole emoji stay whole, and blanks that pass for a space are marked. */
export const honestProse = (text: string): readonly Shown[] => neutraliseProse(text).map(shown);
