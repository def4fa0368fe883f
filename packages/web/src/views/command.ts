import { html } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "./icons.ts";

const copy =
  (text: string) =>
  (event: Event): void => {
    const button = event.currentTarget;
    void navigator.clipboard?.writeText(text).then(() => {
      if (button instanceof HTMLElement) button.dataset["copied"] = "";
      setTimeout(() => {
        if (button instanceof HTMLElement) delete button.dataset["copied"];
      }, 1600);
    });
  };

/** A line for the terminal or to keep, with a button that copies it. */
export const command = (text: string, label = "Copy the command"): TemplateResult =>
  html`<div class="command">
    <code>${text}</code>
    <button type="button" class="icon-button" aria-label=${label} title="Copy" @click=${copy(text)}>
      ${icon("copy")}
    </button>
  </div>`;
