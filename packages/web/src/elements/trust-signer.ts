import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { SigningKey } from "@moltbot/contracts";
import { problemView } from "../views/problem.ts";
import { signingKeyView } from "../views/signing-key.ts";
import { AskingElement } from "./asking-element.ts";
import { onEscape, textIn } from "./form-fields.ts";

const isKey = (text: string): text is SigningKey => /^mk1_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text);
const PROBLEM = "trust-problem";

/** Takes a key as somebody's from now on: by its name, and only after it was compared. */
export class TrustSigner extends AskingElement {
  static override properties = {
    key: { attribute: false },
    misread: { state: true },
  };
  /** The key of a package that is looked at; null: it is written here. */
  declare key: SigningKey | null;
  /** Whether what was written is no key. */
  declare misread: boolean;
  /** Called once it is trusted. */
  trusted: () => void = () => undefined;
  /** Called when it is not to be. */
  leave: () => void = () => undefined;

  constructor() {
    super();
    this.key = null;
    this.misread = false;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const written = this.key ?? textIn(data, "key").replace(/\s+/g, "");
    this.misread = !isKey(written);
    if (!isKey(written)) return this.focusOn("input[name=key]");
    const wish = { key: written, name: textIn(data, "name").trim(), own: data.get("own") !== null };
    const trusted = await this.ask((call) => call("signers.trust", wish), `#${PROBLEM}`);
    if (trusted !== null) this.trusted();
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
      ${problemView(this.problem, PROBLEM)}
      <p class="quiet">What this key signs can be installed from now on. Nothing is installed by this.</p>
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>Trust this key</button>
        <button type="button" class="button" @click=${this.leave}>Cancel</button>
      </div>
    </form>`;
  }
}
customElements.define("trust-signer", TrustSigner);
