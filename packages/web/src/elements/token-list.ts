import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { MoltbotError, OperationOutput, Principal } from "@moltbot/contracts";
import { may, rolesUpTo } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { options } from "../views/limit.ts";
import { onceView } from "../views/once.ts";
import { problemView } from "../views/problem.ts";
import { reallyView } from "../views/really.ts";
import { ROLE_WORDS, scopesText, whenText } from "../words-of-people.ts";
import { onEscape, textIn } from "./form-fields.ts";
import { PageElement } from "./page-element.ts";

type Token = OperationOutput<"tokens.list">[number];

const DAYS: readonly (readonly [string, string])[] = [
  ["7", "a week"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
];

/** What a token can be for, in words, and the operations that this is. */
const SCOPE_CHOICES: readonly (readonly [string, string, readonly string[]])[] = [
  ["talk", "Talk to agents", ["messages.send", "agents.list", "agents.get", "turns.*", "events.stream"]],
  ["read", "Read and find conversations", ["conversations.*", "search.messages"]],
  ["keep", "Reminders and memories", ["reminders.*", "memories.*"]],
  ["answer", "Answer questions for you", ["approvals.*"]],
];

/** The tokens of programs that act for a person. The text of one is shown when it is made, and never again. */
export class TokenList extends PageElement {
  static override properties = {
    now: { attribute: false },
    call: { attribute: false },
    me: { attribute: false },
    tokens: { attribute: false },
    form: { state: true },
    narrow: { state: true },
    made: { state: true },
    leaving: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  declare now: number;
  declare call: Client["call"] | null;
  declare me: Principal | null;
  /** Null while they are loaded. */
  declare tokens: readonly Token[] | null;
  /** Called after a change. */
  changed: () => void = () => undefined;
  declare form: boolean;
  /** Whether the new one is for some operations alone. */
  declare narrow: boolean;
  /** The one whose text is on the screen. */
  declare made: OperationOutput<"tokens.create"> | null;
  /** The one that is about to be revoked. */
  declare leaving: Token["id"] | null;
  declare problem: MoltbotError | null;
  declare busy: boolean;

  constructor() {
    super();
    this.now = 0;
    this.call = null;
    this.me = null;
    this.tokens = null;
    this.form = false;
    this.narrow = true;
    this.made = null;
    this.leaving = null;
    this.problem = null;
    this.busy = false;
  }

  /** Takes the text of a token off the screen. */
  forget(): void {
    this.made = null;
    this.form = false;
    this.narrow = true;
    this.leaving = null;
    this.problem = null;
  }

  readonly #turn = (form: boolean) => (): void => {
    this.forget();
    this.form = form;
    this.focusOn(form ? "input[name=name]" : ".add-token");
  };

  readonly #leave = (id: Token["id"] | null) => (): void => {
    this.forget();
    this.leaving = id;
    this.focusOn(id === null ? ".add-token" : ".really");
  };

  readonly #revoke = (tokenId: Token["id"]) => async (): Promise<void> => {
    const { call } = this;
    if (call === null || this.busy) return;
    this.busy = true;
    const revoked = await call("tokens.revoke", { tokenId });
    this.busy = false;
    this.#leave(null)();
    if (!revoked.ok) this.problem = revoked.error;
    this.changed();
  };

  /** The patterns that were chosen and written; null: all. */
  #scopes(data: FormData): string[] | null {
    if (!this.narrow) return null;
    const chosen = SCOPE_CHOICES.flatMap(([key, , patterns]) => (data.get(key) === null ? [] : patterns));
    const written = textIn(data, "scopes")
      .split(/[\s,]+/)
      .filter((pattern) => pattern !== "");
    return [...new Set([...chosen, ...written])];
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { call, me } = this;
    if (call === null || me === null || this.busy || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const role = rolesUpTo(me.role).find((one) => one === textIn(data, "role"));
    this.busy = true;
    const made = await call("tokens.create", {
      name: textIn(data, "name").trim(),
      ...(role === undefined ? {} : { role }),
      days: Number(textIn(data, "days")),
      scopes: this.#scopes(data),
      integrity: data.get("untrusted") === null ? "authority" : "untrusted",
    });
    this.busy = false;
    if (made.ok) {
      this.forget();
      this.made = made.value;
      this.focusOn(".once");
      this.changed();
    } else {
      this.problem = made.error;
      this.focusOn("#token-problem");
    }
  };

  #scopeFields(): TemplateResult {
    return html`<fieldset class="checks">
      <legend>What it is for</legend>
      <label>
        <input
          type="checkbox"
          name="all"
          value="yes"
          .checked=${!this.narrow}
          @change=${() => {
            this.narrow = !this.narrow;
          }}
        /><span>Whatever its role may</span></label
      >
      ${
        this.narrow
          ? html`${SCOPE_CHOICES.map(
                ([key, says, patterns]) =>
                  html`<label
                    ><input type="checkbox" name=${key} value="yes" ?checked=${key === "talk"} /><span
                      >${says} <code class="quiet">${patterns.join(" ")}</code></span
                    ></label
                  >`,
              )}
              <label class="written"
                >More operations, by name<input
                  class="field"
                  name="scopes"
                  maxlength="2000"
                  placeholder="contacts.list, attachments.*"
                  autocomplete="off"
                  autocapitalize="off"
                  spellcheck="false"
              /></label>`
          : nothing
      }
    </fieldset>`;
  }

  #form(me: Principal): TemplateResult {
    const roles = rolesUpTo(me.role).map((role) => [role, ROLE_WORDS[role].name] as const);
    return html`<form
      class="stacked boxed"
      aria-labelledby="token-form"
      autocomplete="off"
      @submit=${this.#submit}
      @keydown=${onEscape(this.#turn(false))}
    >
      <h4 id="token-form">Make a token</h4>
      <label
        >Name<input
          class="field"
          name="name"
          required
          maxlength="80"
          placeholder="What program is it for?"
          autocomplete="off"
      /></label>
      <div class="side-by-side">
        <label
          >Role<select class="field" name="role">
            ${options(roles, me.role === "viewer" ? "viewer" : "member")}
          </select></label
        >
        <label
          >Good for<select class="field" name="days">
            ${options(DAYS, "90")}
          </select></label
        >
      </div>
      ${this.#scopeFields()}
      <fieldset class="checks">
        <legend>Whose words come with it</legend>
        <label
          ><input type="checkbox" name="untrusted" value="yes" /><span
            >It passes on what others wrote
            <span class="quiet">Then nothing that comes with it counts as your word.</span></span
          ></label
        >
      </fieldset>
      ${problemView(this.problem, "token-problem")}
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>Make it</button>
        <button type="button" class="button" @click=${this.#turn(false)}>Cancel</button>
      </div>
    </form>`;
  }

  #one({ id, name, role, scopes, thumbprint, expiresAt, lastUsedAt }: Token): TemplateResult {
    const ended = Date.parse(expiresAt) <= this.now;
    return html`<li class="entry revocable">
      <span>
        <strong>${honestText(name)}</strong> <span class="chip">${ROLE_WORDS[role].name}</span>
        ${ended ? html`<span class="chip caution">expired</span>` : nothing}
      </span>
      <span class="quiet"
        >For ${scopesText(scopes)}.
        ${lastUsedAt === null ? "Never used" : `Last used ${whenText(lastUsedAt, this.now)}`}${ended ? "" : `, good until ${whenText(expiresAt, this.now)}`}.${thumbprint === null ? "" : " Each request is signed with its key."}</span
      >
      <button
        type="button"
        class="link grave"
        aria-label="Revoke the token ${neutralText(name)}"
        @click=${this.#leave(id)}
      >
        Revoke
      </button>
      ${
        this.leaving === id
          ? reallyView({
              label: `Revoke ${neutralText(name)}?`,
              says: "Whatever uses it is out at once. It cannot be brought back.",
              yes: "Revoke it",
              no: "Keep it",
              busy: this.busy,
              act: () => void this.#revoke(id)(),
              leave: this.#leave(null),
            })
          : nothing
      }
    </li>`;
  }

  protected override render(): TemplateResult {
    const { tokens, me, form, made } = this;
    if (tokens === null || me === null) return html`<p class="quiet">Loading…</p>`;
    const good = tokens.filter(({ revokedAt }) => revokedAt === null);
    return html`${
      good.length === 0
        ? html`<p class="quiet">None. A program that acts for you brings one, with no more than it needs.</p>`
        : html`<ul class="entries" role="list" aria-label="Tokens">
            ${good.map((token) => this.#one(token))}
          </ul>`
    }
    ${form ? nothing : problemView(this.problem, "token-problem")}
    ${
      made === null
        ? nothing
        : onceView({
            id: "token-text",
            title: "The token",
            text: made.token,
            copy: "Copy the token",
            warning: "It is shown this once. Whoever has it acts as you, within its role and what it is for.",
            says: `It is good until ${whenText(made.expiresAt, this.now)}. A program sends it as “Authorization: Bearer …”, never in an address.`,
            done: this.#turn(false),
          })
    }
    ${
      made !== null
        ? nothing
        : !may(me, "tokens.create")
          ? html`<p class="quiet">A viewer makes none: a token is for programs that do something.</p>`
          : form
            ? this.#form(me)
            : html`<div class="choices">
                <button type="button" class="button add-token" @click=${this.#turn(true)}>
                  ${icon("plus")}Make a token
                </button>
              </div>`
    }`;
  }
}
customElements.define("token-list", TokenList);
