import { html } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "../views/icons.ts";
import { PageElement } from "./page-element.ts";

/** The box people write in. `submit` gets the text and says whether it was taken; what was not taken comes back. */
export class MessageComposer extends PageElement {
  static override properties = {
    agentName: { attribute: false },
    running: { attribute: false },
    disabled: { attribute: false },
    draft: { state: true },
  };
  declare agentName: string;
  /** Whether a turn runs that can be stopped. */
  declare running: boolean;
  declare disabled: boolean;
  declare draft: string;
  submit: (text: string) => Promise<boolean> = () => Promise.resolve(false);
  stop: () => void = () => undefined;

  constructor() {
    super();
    this.agentName = "Moltbot";
    this.running = false;
    this.disabled = false;
    this.draft = "";
  }

  get input(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  override focus(): void {
    this.input?.focus();
  }

  readonly #write = (event: Event): void => {
    if (event.target instanceof HTMLTextAreaElement) this.draft = event.target.value;
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.running) this.stop();
    // Enter that ends an input method's word is not Enter that sends.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void this.#send();
  };

  readonly #submitted = (event: Event): void => {
    event.preventDefault();
    void this.#send();
  };

  async #send(): Promise<void> {
    const text = this.draft.trim();
    if (text === "" || this.disabled) return;
    this.draft = "";
    const taken = await this.submit(text);
    if (!taken) this.draft = this.draft === "" ? text : `${text}\n${this.draft}`;
  }

  protected override updated(): void {
    const { input } = this;
    if (input === null || CSS.supports("field-sizing", "content")) return;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  protected override render(): TemplateResult {
    const empty = this.draft.trim() === "";
    return html`<form class="composer" @submit=${this.#submitted}>
        <label class="visually-hidden" for="composer-input">Message to ${this.agentName}</label>
        <textarea
          id="composer-input"
          rows="1"
          placeholder=${`Message ${this.agentName}`}
          aria-describedby="composer-hint"
          autocomplete="off"
          enterkeyhint="send"
          maxlength="100000"
          .value=${this.draft}
          @input=${this.#write}
          @keydown=${this.#key}
        ></textarea>
        ${
          this.running && empty
            ? html`<button
                type="button"
                class="round"
                aria-label="Stop the reply"
                title="Stop (Esc)"
                @click=${() => this.stop()}
              >
                ${icon("stop")}
              </button>`
            : html`<button
                type="submit"
                class="round send"
                aria-label="Send"
                title="Send (Enter)"
                ?disabled=${empty || this.disabled}
              >
                ${icon("send")}
              </button>`
        }
      </form>
      <p id="composer-hint" class="composer-hint">Enter sends. Shift+Enter starts a new line.</p>`;
  }
}
customElements.define("message-composer", MessageComposer);
