import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { BegunWith } from "../state/talk.ts";
import type { Block } from "../state/state.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { linesText, QUOTE_WORDS } from "../words.ts";
import { PageElement } from "./page-element.ts";

/** A paste of several lines, or longer than this, is somebody else's words until the person says otherwise. */
const LONG_PASTE = 400;
const LONGEST = 100_000;
const MOST_BLOCKS = 20;

/** The prompt that a message begins with, and whose words it is made of. */
export interface Begun extends BegunWith {
  readonly says: string;
}

/** The box people write in. `submit` gets the text and what was pasted, and says whether it was taken; what was not taken comes back. */
export class MessageComposer extends PageElement {
  static override properties = {
    agentName: { attribute: false },
    running: { attribute: false },
    disabled: { attribute: false },
    stopped: { attribute: false },
    mayPrompt: { attribute: false },
    begun: { state: true },
    draft: { state: true },
    blocks: { state: true },
    said: { state: true },
  };
  declare agentName: string;
  /** Whether a turn runs that can be stopped. */
  declare running: boolean;
  declare disabled: boolean;
  /** Whether everything is stopped: what is written stays here. */
  declare stopped: boolean;
  /** Whether there are prompts to begin with. */
  declare mayPrompt: boolean;
  /** The prompt that the message begins with; null: none. */
  declare begun: Begun | null;
  declare draft: string;
  /** Pasted text that goes along as somebody else's words. */
  declare blocks: readonly Block[];
  /** What just happened to a paste. */
  declare said: string;
  submit: (text: string, blocks: readonly Block[], begun: Begun | null) => Promise<boolean> = () =>
    Promise.resolve(false);
  /** Called to choose a prompt. */
  choosePrompt: () => void = () => undefined;
  stop: () => void = () => undefined;
  /** Gets files that were chosen or pasted. */
  attach: (files: readonly File[]) => void = () => undefined;

  constructor() {
    super();
    this.agentName = "Moltbot";
    this.running = false;
    this.disabled = false;
    this.stopped = false;
    this.mayPrompt = false;
    this.begun = null;
    this.draft = "";
    this.blocks = [];
    this.said = "";
  }

  get input(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  /** Begins the message with a prompt, in place of any other. */
  beginWith(begun: Begun): void {
    this.begun = begun;
    this.said = `The message begins with ${neutralText(begun.prompt.name)}: ${begun.says}.`;
    this.focusOn("textarea");
  }

  readonly #dropPrompt = (): void => {
    this.begun = null;
    this.said = "Removed.";
    this.focusOn("textarea");
  };

  /** Nothing of one's own is there to send. */
  get #empty(): boolean {
    return this.draft.trim() === "" && this.begun?.own !== true;
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

  readonly #choose = (event: Event): void => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || field.files === null) return;
    this.attach([...field.files]);
    // The same file can be chosen again.
    field.value = "";
    this.focus();
  };

  readonly #paste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      this.attach(files);
      return;
    }
    const text = (event.clipboardData?.getData("text/plain") ?? "").replace(/\r\n?/g, "\n").trim();
    if (text.length <= LONG_PASTE && !text.includes("\n")) return;
    event.preventDefault();
    if (text.length > LONGEST || this.blocks.length >= MOST_BLOCKS) {
      this.said = "That is too much to paste: 100,000 characters at most, in 20 blocks at most.";
      return;
    }
    this.blocks = [...this.blocks, { kind: "pasted", text }];
    this.said = `Pasted text of ${linesText(text)} goes along as somebody else’s words.`;
  };

  readonly #drop = (index: number, own: boolean) => (): void => {
    const block = this.blocks[index];
    this.blocks = this.blocks.filter((_, at) => at !== index);
    if (own && block !== undefined) this.draft = this.draft === "" ? block.text : `${this.draft}\n${block.text}`;
    this.said = own ? "It is part of your own words now." : "Removed.";
    this.focusOn("textarea");
  };

  readonly #submitted = (event: Event): void => {
    event.preventDefault();
    void this.#send();
  };

  async #send(): Promise<void> {
    const text = this.draft.trim();
    if (this.#empty || this.disabled || this.stopped) return;
    const { blocks, begun } = this;
    this.draft = "";
    this.blocks = [];
    this.begun = null;
    this.said = "";
    const taken = await this.submit(text, blocks, begun);
    if (taken) return;
    this.begun ??= begun;
    this.draft = this.draft === "" ? text : `${text}\n${this.draft}`;
    this.blocks = [...blocks, ...this.blocks];
  }

  protected override updated(): void {
    const { input } = this;
    if (input === null || CSS.supports("field-sizing", "content")) return;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  #block({ kind, text }: Block, index: number): TemplateResult {
    const name = `${QUOTE_WORDS[kind]} · ${linesText(text)}`;
    return html`<li class="block">
      <details class="fold">
        <summary>${icon("chevron")}${name}</summary>
        <pre tabindex="0" role="group" aria-label=${name}>${honestText(text)}</pre>
      </details>
      <button type="button" class="link" @click=${this.#drop(index, true)}>These are my own words</button>
      <button type="button" class="icon-button" aria-label="Remove ${name}" @click=${this.#drop(index, false)}>
        ${icon("close")}
      </button>
    </li>`;
  }

  /** The prompt that the message begins with; words of others look like a paste. */
  #begun({ prompt, own, says }: Begun): TemplateResult {
    const name = neutralText(prompt.name);
    return html`<li class="block begun ${own ? "own" : ""}">
      <details class="fold">
        <summary>${icon("chevron")}Begins with “${name}” · ${says}</summary>
        <pre tabindex="0" role="group" aria-label="The prompt ${name}">${honestText(prompt.text)}</pre>
      </details>
      <button type="button" class="icon-button" aria-label="Remove the prompt ${name}" @click=${this.#dropPrompt}>
        ${icon("close")}
      </button>
    </li>`;
  }

  #hint(empty: boolean): string {
    if (this.stopped) return "Everything is stopped. Your text stays here; resume to send it.";
    if (this.begun?.own === true && this.blocks.length === 0) return "Add to it, or send it as it is.";
    if (this.begun === null && this.blocks.length === 0) return "Enter sends. Shift+Enter starts a new line.";
    return empty
      ? "Write in your own words what to do with it."
      : this.blocks.length === 0
        ? "The assistant reads words of others, and never takes them for your wish."
        : "The assistant reads pasted text, and never takes it for your wish.";
  }

  /** What stands beside the text: files, prompts, and to send it or to stop the reply. */
  #ways(empty: boolean): TemplateResult {
    return html`<input class="choose-files" type="file" multiple hidden @change=${this.#choose} />
      <button
        type="button"
        class="icon-button attach"
        aria-label="Attach files"
        title="Attach files; you can drop or paste them, too"
        @click=${() => this.querySelector<HTMLInputElement>(".choose-files")?.click()}
      >
        ${icon("clip")}
      </button>
      ${
        this.mayPrompt
          ? html`<button
              type="button"
              class="icon-button attach prompts"
              aria-label="Begin with a prompt"
              aria-haspopup="dialog"
              title="Begin with a prompt"
              @click=${() => this.choosePrompt()}
            >
              ${icon("lines")}
            </button>`
          : nothing
      }
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
              ?disabled=${empty || this.disabled || this.stopped}
            >
              ${icon("send")}
            </button>`
      }`;
  }

  protected override render(): TemplateResult {
    const empty = this.#empty;
    return html`<form class="composer" @submit=${this.#submitted}>
        ${
          this.blocks.length === 0 && this.begun === null
            ? nothing
            : html`<ul class="blocks" role="list" aria-label="Goes along with your message">
                ${this.begun === null ? nothing : this.#begun(this.begun)}
                ${this.blocks.map((block, index) => this.#block(block, index))}
              </ul>`
        }
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
          @paste=${this.#paste}
        ></textarea>
        ${this.#ways(empty)}
      </form>
      <p
        id="composer-hint"
        class="composer-hint ${this.stopped || this.blocks.length > 0 || this.begun !== null ? "says" : ""}"
      >
        ${this.#hint(empty)}
      </p>
      <p class="visually-hidden" role="status">${this.said}</p>`;
  }
}
customElements.define("message-composer", MessageComposer);
