import { html } from "lit";
import type { TemplateResult } from "lit";
import { neutralise } from "./neutralise.ts";

/** Text from a model or a stranger, isolated in direction, with every invisible character shown by its code. */
export const honestText = (text: string): TemplateResult =>
  html`<bdi class="honest"
    >${neutralise(text).map((piece) =>
      piece.kind === "plain"
        ? piece.text
        : html`<span class="hidden-character" title="A character that cannot be seen">${piece.code}</span>`,
    )}</bdi
  >`;
