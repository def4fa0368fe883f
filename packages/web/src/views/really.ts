import { html } from "lit";
import type { TemplateResult } from "lit";

export interface Really {
  readonly label: string;
  readonly says: string;
  readonly yes: string;
  readonly no: string;
  readonly busy: boolean;
  readonly act: () => void;
  readonly leave: () => void;
}

/** The second press of something grave; it can take the focus by the class `really`. */
export const reallyView = ({ label, says, yes, no, busy, act, leave }: Really): TemplateResult =>
  html`<span class="whole-row really" role="group" tabindex="-1" aria-label=${label}>
    <span>${says}</span>
    <button type="button" class="button danger" ?disabled=${busy} @click=${act}>${yes}</button>
    <button type="button" class="button" @click=${leave}>${no}</button>
  </span>`;
