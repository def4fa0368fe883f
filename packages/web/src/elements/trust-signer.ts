import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { MoltbotError, SigningKey } from "@moltbot/contracts";
import { neutralText } from "../text/neutralise.ts";
import { problemView } from "../views/problem.ts";
import { signingKeyView } from "../views/signing-key.ts";
import { trustedText } from "../words-of-plugins.ts";
import { AskingElement } from "./asking-element.ts";
import { onEscape, textIn } from "./form-fields.ts";

const isKey = (text: string): text is SigningKey => /^mk1_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text);
const PROBLEM = "trust-problem";
const HAS_NAME = "SIGNER_HAS_NAME";

/** Why it was refused; what to do on this page and not in a terminal. */
const problemHere = (problem: MoltbotError | null): Pick<MoltbotError, "message" | "next"> | null =>
  problem?.code === HAS_NAME
    ? { message: problem.message, next: "Cancel keeps that name; “Give it this name” changes it." }
    : problem;

/** Takes a key as somebody's from now on: by its name, and only after it was compared. */
export class TrustSigner extends AskingElement {
  static override properties = {
    key: { attribute: false },
    misread: { state: true },
    named: { state: true },
  };
  /** The key of a package that is looked at; null: it is written here. */
  declare key: SigningKey | null;
  /** Whether what was written is no key. */
  declare misread: boolean;
  /** The key that has another name already, as the gateway said; null otherwise. */
  declare named: SigningKey | null;
  /** Called once it is trusted, with words on what came of it. */
  trusted: (says: string) => void = () => undefined;
  /** Called when it is not to be. */
  leave: () => void = () => undefined;

  constructor() {
    super();
    this.key = null;
    this.misread = false;
    this.named = null;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const written = this.key ?? textIn(data, "key").replace(/\s+/g, "");
    this.misread = !isKey(written);
    if (!isKey(written)) return this.focusOn("input[name=key]");
    // Only a key that was said to have a name gets another one, and not whatever stands in the field since.
    const rename = this.named === written;
    const name = textIn(data, "name").trim();
    const wish = { key: written, name, own: data.get("own") !== null, rename };
    const trusted = await this.ask((call) => call("signers.trust", wish), `#${PROBLEM}`);
    if (trusted === null) this.named = this.problem?.code === HAS_NAME || rename ? written : null;
    else this.trusted(trustedText(neutralText(name), trusted.was === null ? null : neutralText(trusted.was)));
  };

  /** What was said of another key does not stand beside this one. */
  readonly #otherKey = (): void => {
    this.named = null;
    this.clear();
  };

  #keyField(): TemplateResult {
    return html`<label
        >Their key<input
          class="field json"
          name="key"
          required
          maxlength="80"
          placeholder="mk1_ …"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          @input=${this.#otherKey}
          aria-invalid=${this.misread ? "true" : nothing}
          aria-describedby=${this.misread ? "trust-misread" : nothing} /></label
      >${this.misread ? html`<p id="trust-misread" class="field-problem">This is no key: one begins with mk1_ and has 43 characters after it.</p>` : nothing}`;
  }

  protected override render(): TemplateResult {
    const { key } = this;
    return html`<form
      class="stacked boxed"
      aria-labelledby="trust-title"
      autocomplete="off"
      @submit=${this.#submit}
      @keydown=${onEscape(this.leave)}
    >
      <h4 id="trust-title">${key === null ? "Trust a key" : "Do you know this key?"}</h4>
      ${
        key === null
          ? this.#keyField()
          : html`<p>Compare it, group by group, with the one that its author shows elsewhere:</p>
              <p>${signingKeyView(key)}</p>`
      }
      <label
        >Whose key it is<input class="field" name="name" required maxlength="100" placeholder="Anna Lindqvist"
      /></label>
      <div class="checks">
        <label
          ><input type="checkbox" name="own" value="yes" /><span
            >It is my own key: skills that it signs as its own are my words</span
          ></label
        >
      </div>
      ${problemView(problemHere(this.problem), PROBLEM)}
      <p class="quiet">What this key signs can be installed from now on. Nothing is installed by this.</p>
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>
          ${this.named === null ? "Trust this key" : "Give it this name"}
        </button>
        <button type="button" class="button" @click=${this.leave}>Cancel</button>
      </div>
    </form>`;
  }
}
customElements.define("trust-signer", TrustSigner);
