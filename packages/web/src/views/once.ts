import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { command } from "./command.ts";
import { icon } from "./icons.ts";
import { qrCode } from "./qr-code.ts";

export interface Once {
  /** The id of the heading; what is shown can take the focus by the class `once`. */
  readonly id: string;
  readonly title: string;
  /** What is shown, with the label of the button that copies it. */
  readonly text: string;
  readonly copy: string;
  readonly warning: string;
  readonly says: TemplateResult | string;
  readonly large?: boolean;
  /** What a camera may read instead, and what it is. */
  readonly code?: { readonly text: string; readonly says: string };
  readonly done: () => void;
}

/** Something that opens a door and is shown this once. */
export const onceView = ({ id, title, text, copy, warning, says, large, code, done }: Once): TemplateResult =>
  html`<div
    class="once boxed stacked ${large === true ? "large" : ""}"
    role="group"
    aria-labelledby=${id}
    tabindex="-1"
  >
    <h4 id=${id}>${title}</h4>
    ${command(text, copy)}
    ${warning === "" ? nothing : html`<p class="warning">${icon("alert")}<strong>${warning}</strong></p>`}
    ${code === undefined ? nothing : qrCode(code.text, code.says)}
    <div class="quiet">${says}</div>
    <div class="choices">
      <button type="button" class="button solid" @click=${done}>Done</button>
    </div>
  </div>`;
