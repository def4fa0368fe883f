import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { MoltbotError, SecretInfo } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { options } from "../views/limit.ts";
import { problemView } from "../views/problem.ts";
import { agoText, SECRET_KIND_WORDS } from "../words-of-keeping.ts";
import { momentText } from "../words.ts";
import { onEscape, textIn } from "./form-fields.ts";
import { PageElement } from "./page-element.ts";

const KINDS = Object.entries(SECRET_KIND_WORDS);
const isKind = (text: string): text is SecretInfo["kind"] => Object.hasOwn(SECRET_KIND_WORDS, text);

/** The secrets by name, host and age. A value goes in once and is shown to nobody, not even here. */
export class SecretList extends PageElement {
  static override properties = {
    now: { attribute: false },
    call: { attribute: false },
    secrets: { attribute: false },
    form: { state: true },
    leaving: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  declare now: number;
  declare call: Client["call"] | null;
  /** Null while they are loaded. */
  declare secrets: readonly SecretInfo[] | null;
  /** Called after a change. */
  changed: () => void = () => undefined;
  /** The name whose value is replaced; empty: a new one; null: the form is closed. */
  declare form: string | null;
  /** The name that is about to be removed. */
  declare leaving: string | null;
  declare problem: MoltbotError | null;
  declare busy: boolean;

  constructor() {
    super();
    this.now = 0;
    this.call = null;
    this.secrets = null;
    this.form = null;
    this.leaving = null;
    this.problem = null;
    this.busy = false;
  }

  readonly #turn = (form: string | null) => (): void => {
    this.form = form;
    this.leaving = null;
    this.problem = null;
    this.focusOn(form === null ? ".add-secret" : form === "" ? "input[name=name]" : "input[name=value]");
  };

  readonly #leave = (name: string | null) => (): void => {
    this.leaving = name;
    this.form = null;
    this.problem = null;
    this.focusOn(name === null ? ".add-secret" : ".really");
  };

  readonly #remove = async (name: string): Promise<void> => {
    const { call } = this;
    if (call === null || this.busy) return;
    this.busy = true;
    const removed = await call("secrets.remove", { name });
    this.busy = false;
    this.#leave(null)();
    if (!removed.ok) this.problem = removed.error;
    this.changed();
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { call, form } = this;
    if (this.busy || call === null || form === null || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const value = event.target.querySelector<HTMLInputElement>("input[name=value]");
    if (value !== null) value.value = "";
    const days = Number(textIn(data, "days"));
    const kind = textIn(data, "kind");
    this.busy = true;
    const set = await call("secrets.set", {
      name: form === "" ? textIn(data, "name").trim() : form,
      value: textIn(data, "value"),
      hosts: textIn(data, "hosts")
        .split(/[\s,]+/)
        .filter((host) => host !== ""),
      ...(isKind(kind) ? { kind } : {}),
      rotateEveryDays: days >= 1 ? days : null,
    });
    this.busy = false;
    if (set.ok) {
      this.#turn(null)();
      this.changed();
    } else {
      this.problem = set.error;
      this.focusOn("input[name=value]");
    }
  };

  #one(item: SecretInfo): TemplateResult {
    const { name, kind, hosts, rotatedAt, lastUsedAt, expiresAt, rotationDue } = item;
    const ended = expiresAt !== null && Date.parse(expiresAt) <= this.now;
    return html`<li class="entry revocable">
      <span>
        <strong><code>${neutralText(name)}</code></strong>
        ${kind === "other" ? nothing : html`<span class="tag">${SECRET_KIND_WORDS[kind]}</span>`}
        ${ended ? html`<span class="chip caution">expired</span>` : rotationDue ? html`<span class="chip caution">due for a new value</span>` : nothing}
      </span>
      <span class="quiet">
        for ${honestText(hosts.join(", "))}; value of ${agoText(rotatedAt, this.now)},
        ${lastUsedAt === null ? "never used" : `last used ${agoText(lastUsedAt, this.now)}`}${
          expiresAt === null || ended ? "" : `, expires ${momentText(expiresAt, this.now)}`
        }
      </span>
      <span class="entry-ways row-ways">
        <button
          type="button"
          class="link"
          aria-label="Replace the value of ${neutralText(name)}"
          @click=${this.#turn(name)}
        >
          Replace
        </button>
        <button
          type="button"
          class="link grave"
          aria-label="Remove the secret ${neutralText(name)}"
          @click=${this.#leave(name)}
        >
          Remove
        </button>
      </span>
      ${
        this.leaving === name
          ? html`<span class="whole-row really" role="group" tabindex="-1" aria-label="Remove ${neutralText(name)}?">
              <span>What uses it stops working. It cannot be brought back.</span>
              <button
                type="button"
                class="button danger"
                ?disabled=${this.busy}
                @click=${() => void this.#remove(name)}
              >
                Remove it
              </button>
              <button type="button" class="button" @click=${this.#leave(null)}>Keep it</button>
            </span>`
          : nothing
      }
    </li>`;
  }

  #form(form: string): TemplateResult {
    const known = this.secrets?.find(({ name }) => name === form);
    return html`<form
      class="stacked boxed"
      aria-labelledby="secret-form"
      autocomplete="off"
      @submit=${this.#submit}
      @keydown=${onEscape(this.#turn(null))}
    >
      <h4 id="secret-form">
        ${form === "" ? "Add a secret" : html`Replace the value of <code>${neutralText(form)}</code>`}
      </h4>
      ${
        form === ""
          ? html`<label
              >Name<input
                class="field"
                name="name"
                required
                maxlength="64"
                pattern="[a-z0-9][a-z0-9._\\-]*"
                placeholder="weather-api"
                title="Small letters, digits, dots and dashes"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
            /></label>`
          : nothing
      }
      <label
        >Value<input
          class="field"
          name="value"
          type="password"
          required
          maxlength="16384"
          autocomplete="new-password"
          spellcheck="false"
      /></label>
      <label
        >It may be sent to these hosts, and no others<input
          class="field"
          name="hosts"
          required
          maxlength="4000"
          placeholder="api.example.org"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          .value=${known?.hosts.join(", ") ?? ""}
      /></label>
      <details class="fold">
        <summary>${icon("chevron")}Kind and rotation</summary>
        <div class="side-by-side">
          <label
            >Kind<select class="field" name="kind">
              ${options(KINDS, known?.kind ?? "api-key")}
            </select></label
          >
          <label
            >A new value is due after days<input
              class="field"
              name="days"
              type="number"
              min="1"
              max="3650"
              placeholder="never"
              .value=${known?.rotateEveryDays?.toString() ?? ""}
          /></label>
        </div>
      </details>
      ${problemView(this.problem, "secret-problem")}
      <p class="quiet">
        It is stored sealed and shown to nobody again. Agents never see it: the gateway adds it to a request.
      </p>
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>Store it</button>
        <button type="button" class="button" @click=${this.#turn(null)}>Cancel</button>
      </div>
    </form>`;
  }

  protected override render(): TemplateResult {
    const { secrets, form } = this;
    if (secrets === null) return html`<p class="quiet">Loading…</p>`;
    return html`${
      secrets.length === 0
        ? html`<p class="quiet">None. An agent can be lent one for a host, by name, without ever seeing it.</p>`
        : html`<ul class="entries" role="list">
            ${secrets.map((item) => this.#one(item))}
          </ul>`
    }
    ${form === null ? problemView(this.problem, "secret-problem") : nothing}
    ${
      form === null
        ? html`<div class="choices">
            <button type="button" class="button add-secret" @click=${this.#turn("")}>
              ${icon("plus")}Add a secret
            </button>
          </div>`
        : this.#form(form)
    }`;
  }
}
customElements.define("secret-list", SecretList);
