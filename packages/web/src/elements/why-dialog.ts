import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Explanation, Result } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { constraintsText, momentText, ORIGIN_WORDS, sourceText, valueText } from "../words.ts";
import { PageElement } from "./page-element.ts";

const VERDICT_WORDS: Readonly<Record<Explanation["verdict"], string>> = {
  allow: "Allowed",
  ask: "You were asked",
  deny: "Refused",
};
const CONTEXT_WORDS: Readonly<Record<Explanation["context"]["integrity"], string>> = {
  authority: "Only your own words and your settings were in view.",
  participant: "Words of other people in the conversation were in view.",
  untrusted: "Untrusted content was in view",
};
const ORIGINS: Readonly<Record<string, string>> = ORIGIN_WORDS;

const section = (title: string, content: TemplateResult | typeof nothing): TemplateResult | typeof nothing =>
  content === nothing
    ? nothing
    : html`<h4>${title}</h4>
        ${content}`;
const list = (items: readonly unknown[]): TemplateResult | typeof nothing =>
  items.length === 0
    ? nothing
    : html`<ul class="because">
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`;

/** Why calls were allowed, asked about or refused, as the gateway recorded it. */
export class WhyDialog extends PageElement {
  static override properties = {
    found: { state: true },
    now: { attribute: false },
    explain: { attribute: false },
  };
  /** Null while it is looked up. */
  declare found: Result<readonly Explanation[]> | null;
  declare now: number;
  declare explain: (id: string) => Promise<Result<readonly Explanation[]> | null>;
  #asked = "";

  constructor() {
    super();
    this.found = null;
    this.now = 0;
    this.explain = () => Promise.resolve(null);
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  /** Explains a call, a question or a decision by its id. */
  async show(id: string): Promise<void> {
    this.#asked = id;
    this.found = null;
    this.#dialog?.showModal();
    const found = await this.explain(id);
    if (this.#asked === id) this.found = found;
  }

  #one(item: Explanation): TemplateResult {
    const sources = [...new Set(item.context.sources.map(sourceText))];
    const { nearest } = item;
    return html`<article class="explanation">
      <p class="card-kind">
        <span class="chip ${item.verdict === "deny" ? "caution" : ""}">${VERDICT_WORDS[item.verdict]}</span>
        <span class="quiet">${momentText(item.at, this.now)}</span>
      </p>
      <h3>${honestText(item.says)}</h3>
      <p class="quiet">
        <code>${neutralText(item.tool)}</code> · rule
        <code>${item.rule}</code>${item.code === null ? nothing : html` · <code>${item.code}</code>`}
      </p>
      <p>
        ${CONTEXT_WORDS[item.context.integrity]}${item.context.integrity === "untrusted" ? (sources.length === 0 ? "." : `: ${sources.join(", ")}.`) : ""}
      </p>
      ${section("Forbidden by the operator’s policy", list(item.forbiddenBy.map((id) => html`<code>${honestText(id)}</code>`)))}
      ${section(
        "Arguments",
        list(
          item.arguments.map(
            ({ name, value, critical, origin }) =>
              html`${honestText(name)}${critical ? html` <span class="tag">critical</span>` : nothing}:
                <strong>${honestText(valueText(value))}</strong>
                <span class="quiet">${ORIGINS[origin] ?? origin}</span>`,
          ),
        ),
      )}
      ${section(
        "Permissions looked at",
        list(
          item.capabilities.map(
            ({ reason, keptFrom }) =>
              html`“${honestText(reason)}”:
              ${keptFrom === null ? html`<strong>it covers this call</strong>` : honestText(keptFrom)}`,
          ),
        ),
      )}
      ${section("Answers looked at", list(item.approvals.map(({ state }) => state)))}
      ${
        nearest === null
          ? nothing
          : section(
              "This permission would have allowed it",
              html`<p>
                <code>${neutralText(nearest.tool)}</code>
                ${constraintsText(nearest.constraints)}
              </p>`,
            )
      }
    </article>`;
  }

  protected override render(): TemplateResult {
    const { found } = this;
    return html`<dialog class="sheet why-sheet" aria-labelledby="why-title">
      <div class="sheet-head">
        <h2 id="why-title">Why?</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${() => this.#dialog?.close()}>
          ${icon("close")}
        </button>
      </div>
      <div role="status">
        ${
          found === null
            ? html`<p class="quiet">Looking it up…</p>`
            : !found.ok
              ? html`<p class="field-problem">${honestText(found.error.message)} ${found.error.next}</p>`
              : found.value.length === 0
                ? html`<p>Nothing was decided about this.</p>`
                : found.value.map((item) => this.#one(item))
        }
      </div>
    </dialog>`;
  }
}
customElements.define("why-dialog", WhyDialog);
