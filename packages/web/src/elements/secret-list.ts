import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Person, SecretInfo, Share, Team } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { options } from "../views/limit.ts";
import { problemView } from "../views/problem.ts";
import { wayView } from "../views/way.ts";
import { agoText, SECRET_KIND_WORDS } from "../words-of-keeping.ts";
import { nameText, sharingText } from "../words-of-people.ts";
import { momentText } from "../words.ts";
import { EntryList } from "./entry-list.ts";
import { listIn, onEscape, textIn } from "./form-fields.ts";

const KINDS = Object.entries(SECRET_KIND_WORDS);
const isKind = (text: string): text is SecretInfo["kind"] => Object.hasOwn(SECRET_KIND_WORDS, text);

/** What the list holds: the house's, one's own, or those that others let one use. */
export type SecretsOf = "house" | "me" | "others";

const EMPTY: Readonly<Record<SecretsOf, string>> = {
  house: "None. The house’s models and channels are lent theirs by name.",
  me: "None. An agent can be lent one for a host, by name, without ever seeing it.",
  others: "",
};

/** The secrets by name, host and age. A value goes in once and is shown to nobody, not even here. */
export class SecretList extends EntryList<SecretInfo["id"]> {
  static override properties = {
    now: { attribute: false },
    of: { attribute: false },
    people: { attribute: false },
    teams: { attribute: false },
    shares: { attribute: false },
    secrets: { attribute: false },
    mayChange: { attribute: false },
  };
  declare now: number;
  declare of: SecretsOf;
  declare people: readonly Person[];
  declare teams: readonly Team[];
  /** Shares of one's own. */
  declare shares: readonly Share[];
  /** Null while they are loaded. */
  declare secrets: readonly SecretInfo[] | null;
  declare mayChange: boolean;
  /** Called to show whom one is shared with. */
  share: ((secret: SecretInfo) => void) | null = null;
  protected readonly opener = ".add-secret";
  protected readonly problemId = "secret-problem";

  constructor() {
    super();
    this.now = 0;
    this.of = "house";
    this.people = [];
    this.teams = [];
    this.shares = [];
    this.secrets = null;
    this.mayChange = true;
  }

  protected override firstField(form: SecretInfo["id"] | "new"): string {
    return form === "new" ? "input[name=name]" : "input[name=value]";
  }

  /** Whose it is, as the gateway takes it. */
  #whose(id: SecretInfo["id"] | "new"): SecretInfo["id"] | "house" | "me" {
    return this.of === "others" && id !== "new" ? id : this.of === "me" ? "me" : "house";
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { form } = this;
    if (form === null || this.busy || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const value = event.target.querySelector<HTMLInputElement>("input[name=value]");
    if (value !== null) value.value = "";
    const days = Number(textIn(data, "days"));
    const kind = textIn(data, "kind");
    const known = this.secrets?.find(({ id }) => id === form);
    const set = await this.ask(
      (call) =>
        call("secrets.set", {
          name: known?.name ?? textIn(data, "name").trim(),
          value: textIn(data, "value"),
          hosts: listIn(data, "hosts"),
          ...(isKind(kind) ? { kind } : {}),
          rotateEveryDays: days >= 1 ? days : null,
          of: this.#whose(form),
        }),
      "input[name=value]",
    );
    if (set === null) return;
    this.turn(null)();
    this.changed();
  };

  #ways(item: SecretInfo): TemplateResult {
    const { share } = this;
    const { id, name } = item;
    return html`<span class="entry-ways row-ways">
      ${
        share === null
          ? nothing
          : html`<button
              type="button"
              class="link"
              aria-haspopup="dialog"
              aria-label="Sharing of ${neutralText(name)}"
              @click=${() => share(item)}
            >
              Sharing
            </button>`
      }
      ${
        this.mayChange
          ? html`${wayView("Replace", `Replace the value of ${neutralText(name)}`, this.turn(id))}
            ${wayView("Remove", `Remove the secret ${neutralText(name)}`, this.leave(id), true)}`
          : nothing
      }
    </span>`;
  }

  #one(item: SecretInfo): TemplateResult {
    const { id, name, ownerId, kind, hosts, rotatedAt, lastUsedAt, expiresAt, rotationDue } = item;
    const own = this.shares.filter(({ object }) => object.id === id);
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
      ${
        this.of === "house"
          ? nothing
          : html`<span class="quiet"
              >${
                this.of === "others"
                  ? `Shared with you by ${ownerId === null ? "the house" : nameText(ownerId, this.people, null)}`
                  : sharingText(own, this)
              }</span
            >`
      }
      ${this.#ways(item)}
      ${
        this.leaving === id
          ? this.really(
              {
                label: `Remove ${neutralText(name)}?`,
                says: "What uses it stops working. It cannot be brought back.",
                yes: "Remove it",
              },
              (call) => call("secrets.remove", { name, of: this.#whose(id) }),
            )
          : nothing
      }
      ${this.form === id ? this.#form(item) : nothing}
    </li>`;
  }

  #kindFields(known: SecretInfo | null): TemplateResult {
    return html`<details class="fold">
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
    </details>`;
  }

  #form(known: SecretInfo | null): TemplateResult {
    return html`<form
      class="whole-row stacked boxed"
      aria-labelledby="secret-form"
      autocomplete="off"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
    >
      <h4 id="secret-form">
        ${known === null ? "Add a secret" : html`Replace the value of <code>${neutralText(known.name)}</code>`}
      </h4>
      ${
        known === null
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
      ${this.#kindFields(known)} ${problemView(this.problem, this.problemId)}
      <p class="quiet">
        It is stored sealed and shown to nobody again. Agents never see it: the gateway adds it to a request.
      </p>
      ${this.formWays("Store it")}
    </form>`;
  }

  protected override render(): TemplateResult {
    const { secrets } = this;
    if (secrets === null) return html`<p class="quiet">Loading…</p>`;
    return html`${
      secrets.length === 0
        ? html`<p class="quiet">${EMPTY[this.of]}</p>`
        : html`<ul class="entries" role="list">
            ${secrets.map((item) => this.#one(item))}
          </ul>`
    }
    ${this.below(this.of !== "others" && this.mayChange, "Add a secret", () => this.#form(null))}`;
  }
}
customElements.define("secret-list", SecretList);
