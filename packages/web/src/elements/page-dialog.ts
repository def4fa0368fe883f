import { html } from "lit";
import type { PropertyDeclarations, PropertyValues, TemplateResult } from "lit";
import type { Principal } from "@moltbot/contracts";
import { icon } from "../views/icons.ts";
import { AskingElement } from "./asking-element.ts";

/** A page of its own over the chat: it loads when it is shown, and again when it hears of a change. */
export abstract class PageDialog extends AskingElement {
  static override properties: PropertyDeclarations = {
    now: { attribute: false },
    me: { attribute: false },
    heard: { attribute: false },
  };
  declare now: number;
  declare me: Principal | null;
  /** Rises when what is shown may have changed. */
  declare heard: number;
  #shown = false;

  constructor() {
    super();
    this.now = 0;
    this.me = null;
    this.heard = 0;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  /** Loads what is shown; one part that fails leaves the others. */
  abstract load(): Promise<void>;

  protected async open(): Promise<void> {
    this.clear();
    this.#shown = true;
    this.#dialog?.showModal();
    await this.load();
  }

  protected readonly close = (): void => {
    this.#dialog?.close();
  };

  /** What goes from the page with the dialog. */
  protected closed(): void {
    // Most pages keep nothing that must go.
  }

  /** Something changed while the page is shown. */
  protected hear(): Promise<void> {
    return this.load();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("heard") && this.#shown) void this.hear();
  }

  readonly #closed = (): void => {
    this.#shown = false;
    this.closed();
  };

  /** The page with its head; `id` names its heading, `name` what closing it closes. */
  protected sheet(id: string, title: TemplateResult | string, name: string, content: TemplateResult): TemplateResult {
    return html`<dialog class="sheet page-sheet" aria-labelledby=${id} @close=${this.#closed}>
      <div class="sheet-head">
        <h2 id=${id}>${title}</h2>
        <button type="button" class="icon-button" aria-label="Close ${name}" @click=${this.close}>
          ${icon("close")}
        </button>
      </div>
      ${content}
    </dialog>`;
  }
}
