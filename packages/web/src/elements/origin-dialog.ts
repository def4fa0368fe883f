import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { KeptItem, MoltbotError, Provenance, ProvenanceRemoval, Result } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { effectsView, keptView } from "../views/kept.ts";
import { problemView } from "../views/problem.ts";
import { countText, KEPT_WORDS, momentText, sourceText, sourceWord, sourceWordText } from "../words.ts";
import { PageElement } from "./page-element.ts";

const TRUST_WORDS: Readonly<Record<KeptItem["label"]["integrity"], string>> = {
  authority: "Made of your own words and settings alone.",
  participant: "Words of other people in the conversation went into it.",
  untrusted: "Content from outside went into it.",
};

/**
 * Where something came from, what came of it and what left under its influence. A source goes in two steps: first what would
 * go, then, on a second press, the removal itself.
 */
export class OriginDialog extends PageElement {
  static override properties = {
    now: { attribute: false },
    mayRemove: { attribute: false },
    look: { attribute: false },
    takeAway: { attribute: false },
    way: { state: true },
    found: { state: true },
    removal: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  declare now: number;
  /** Whether this person may remove a source. */
  declare mayRemove: boolean;
  declare look: (of: string) => Promise<Result<Provenance> | null>;
  declare takeAway: (source: string, dryRun: boolean) => Promise<Result<ProvenanceRemoval> | null>;
  /** What was looked at on the way here, the newest last. */
  declare way: readonly string[];
  /** Null while it is looked up. */
  declare found: Result<Provenance> | null;
  /** What would go, or what went. */
  declare removal: ProvenanceRemoval | null;
  declare problem: MoltbotError | null;
  declare busy: boolean;

  constructor() {
    super();
    this.now = 0;
    this.mayRemove = false;
    this.look = () => Promise.resolve(null);
    this.takeAway = () => Promise.resolve(null);
    this.way = [];
    this.found = null;
    this.removal = null;
    this.problem = null;
    this.busy = false;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  /** Opens with a message, a memory, a reminder or a source. */
  async show(of: string): Promise<void> {
    this.#dialog?.showModal();
    await this.#go([of]);
  }

  async #go(way: readonly string[]): Promise<void> {
    this.way = way;
    this.found = null;
    this.removal = null;
    this.problem = null;
    const found = await this.look(way.at(-1) ?? "");
    // Somebody may have gone on meanwhile.
    if (this.way !== way) return;
    this.found = found;
    this.focusOn("#origin-subject");
  }

  async #remove(source: string, dryRun: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    const { way } = this;
    const removal = await this.takeAway(source, dryRun);
    this.busy = false;
    if (removal === null || this.way !== way) return;
    if (removal.ok) this.removal = removal.value;
    else this.problem = removal.error;
    this.focusOn(removal.ok ? "#origin-removal" : "#origin-problem");
  }

  #item({ source, item }: Provenance): TemplateResult {
    if (item === null)
      return html`<h3 id="origin-subject" tabindex="-1">${sourceWordText(source)}</h3>
        <p class="quiet"><code>${neutralText(source)}</code></p>`;
    const sources = item.label.sources.filter((one) => sourceWord(one) !== source);
    return html`<h3 id="origin-subject" tabindex="-1">${honestText(item.says)}</h3>
      <p class="quiet">
        ${KEPT_WORDS[item.kind]}, ${momentText(item.at, this.now)}. ${TRUST_WORDS[item.label.integrity]}
      </p>
      <h4>It came from</h4>
      ${
        sources.length === 0
          ? html`<p class="quiet">Nowhere else.</p>`
          : html`<ul class="entries" role="list">
              ${sources.map((one) => {
                const says = sourceText(one);
                return html`<li>
                  <button
                    type="button"
                    class="entry"
                    aria-label="Look at ${says}, ${neutralText(sourceWord(one))}"
                    @click=${() => void this.#go([...this.way, sourceWord(one)])}
                  >
                    <span>${says} <code class="quiet">${neutralText(sourceWord(one))}</code></span>
                    ${icon("chevron")}
                  </button>
                </li>`;
              })}
            </ul>`
      }`;
  }

  #found(found: Provenance): TemplateResult {
    return html`${this.#item(found)}
      <h4>Kept, and came of it</h4>
      ${found.derived.length === 0 ? html`<p class="quiet">Nothing.</p>` : keptView(found.derived, this.now)}
      <h4>Done under its influence</h4>
      ${effectsView(found.effects, this.now)}
      ${
        this.mayRemove
          ? html`<div class="choices end">
              <button
                type="button"
                class="button danger"
                ?disabled=${this.busy}
                @click=${() => void this.#remove(found.source, true)}
              >
                Remove this source…
              </button>
            </div>`
          : nothing
      }`;
  }

  #removal({ source, done, removed, kept, effects }: ProvenanceRemoval): TemplateResult {
    const things = removed.length === 0 ? "nothing" : countText(removed.length, "thing");
    return html`<h3 id="origin-removal" tabindex="-1">
        ${done ? `Removed: ${things}` : `This would remove ${things}`}
      </h3>
      <p class="quiet">
        ${
          done
            ? "It is gone from every view and cannot come back. Turns that had it in view were stopped."
            : "Nothing has changed yet. Permissions you gave under its influence end with it."
        }
      </p>
      ${removed.length === 0 ? nothing : keptView(removed, this.now)}
      ${
        kept.length === 0
          ? nothing
          : html`<h4>Could not be removed</h4>
              ${keptView(
                kept.map(({ item }) => item),
                this.now,
                kept.map(({ reason }) => reason),
              )}`
      }
      <h4>Left before, and cannot be called back</h4>
      ${effectsView(effects, this.now)}
      <div class="choices end">
        ${
          done
            ? html`<button type="button" class="button" @click=${() => this.#dialog?.close()}>Close</button>`
            : html`<button
                  type="button"
                  class="button"
                  @click=${() => {
                    this.removal = null;
                    this.focusOn("#origin-subject");
                  }}
                >
                  Keep it
                </button>
                <button
                  type="button"
                  class="button danger"
                  ?disabled=${this.busy}
                  @click=${() => void this.#remove(source, false)}
                >
                  ${removed.length === 0 ? "Remove it" : `Remove ${things}`}
                </button>`
        }
      </div>`;
  }

  #content(): TemplateResult {
    const { found, removal } = this;
    if (found === null) return html`<p class="quiet" role="status">Looking it up…</p>`;
    if (!found.ok)
      return html`<p class="field-problem" role="alert">${honestText(found.error.message)} ${found.error.next}</p>`;
    return removal === null ? this.#found(found.value) : this.#removal(removal);
  }

  protected override render(): TemplateResult {
    const { way, problem } = this;
    return html`<dialog class="sheet why-sheet" aria-labelledby="origin-title">
      <div class="sheet-head">
        <h2 id="origin-title">Where from?</h2>
        <span>
          ${
            way.length < 2
              ? nothing
              : html`<button type="button" class="link" @click=${() => void this.#go(way.slice(0, -1))}>Back</button>`
          }
          <button type="button" class="icon-button" aria-label="Close" @click=${() => this.#dialog?.close()}>
            ${icon("close")}
          </button>
        </span>
      </div>
      <div class="origin-body" aria-busy=${this.busy}>${this.#content()} ${problemView(problem, "origin-problem")}</div>
    </dialog>`;
  }
}
customElements.define("origin-dialog", OriginDialog);
