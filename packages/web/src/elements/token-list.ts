import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { OperationOutput } from "@moltbot/contracts";
import { may, rolesUpTo } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { options } from "../views/limit.ts";
import { onceView } from "../views/once.ts";
import { chosenOperations, operationFields, PROGRAM_AREAS } from "../views/operation-choice.ts";
import { problemView } from "../views/problem.ts";
import { wayView } from "../views/way.ts";
import { ROLE_WORDS, scopesText, whenText } from "../words-of-people.ts";
import { listText } from "../words-of-keeping.ts";
import { countText } from "../words.ts";
import { EntryList } from "./entry-list.ts";
import { onEscape, textIn } from "./form-fields.ts";

type Token = OperationOutput<"tokens.list">[number];

const DAYS: readonly (readonly [string, string])[] = [
  ["7", "a week"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
];

/** What a token may use in a day, where it has limits of its own. */
const budgetText = ({ tokensPerDay, moneyPerDay }: Token): string => {
  const limits = [
    ...(tokensPerDay === undefined ? [] : [countText(tokensPerDay, "model token")]),
    ...(moneyPerDay === undefined ? [] : [`${moneyPerDay} in money`]),
  ];
  return limits.length === 0 ? "" : ` At most ${listText(limits)} a day.`;
};

/** The tokens of programs that act for a person. The text of one is shown when it is made, and never again. */
export class TokenList extends EntryList<Token["id"]> {
  static override properties = {
    now: { attribute: false },
    me: { attribute: false },
    tokens: { attribute: false },
    narrow: { state: true },
    made: { state: true },
  };
  declare now: number;
  declare me: Me | null;
  /** Null while they are loaded. */
  declare tokens: readonly Token[] | null;
  /** Whether the new one is for some operations alone. */
  declare narrow: boolean;
  /** The one whose text is on the screen. */
  declare made: OperationOutput<"tokens.create"> | null;
  protected readonly opener = ".add-token";
  protected readonly problemId = "token-problem";

  constructor() {
    super();
    this.now = 0;
    this.me = null;
    this.tokens = null;
    this.narrow = true;
    this.made = null;
  }

  /** Takes the text of a token off the screen. */
  override reset(): void {
    super.reset();
    this.made = null;
    this.narrow = true;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    const { me } = this;
    const data = this.sent(event)?.data;
    if (me === null || data === undefined) return;
    const role = rolesUpTo(me.role).find((one) => one === textIn(data, "role"));
    const tokensPerDay = Math.floor(Number(textIn(data, "tokensPerDay")));
    const money = textIn(data, "moneyPerDay").trim();
    const made = await this.ask(
      (call) =>
        call("tokens.create", {
          name: textIn(data, "name").trim(),
          ...(role === undefined ? {} : { role }),
          days: Number(textIn(data, "days")),
          scopes: this.narrow ? chosenOperations(PROGRAM_AREAS, data) : null,
          integrity: data.get("untrusted") === null ? "authority" : "untrusted",
          ...(tokensPerDay >= 1 ? { tokensPerDay } : {}),
          ...(money === "" ? {} : { moneyPerDay: Number(money) }),
        }),
      `#${this.problemId}`,
    );
    if (made === null) return;
    this.reset();
    this.made = made;
    this.focusOn(".once");
    this.changed();
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
      ${this.narrow ? operationFields(PROGRAM_AREAS, { keys: ["talk"], more: [] }) : nothing}
    </fieldset>`;
  }

  #limitFields(): TemplateResult {
    return html`<div class="side-by-side">
      <label
        >Model tokens a day, at most<input
          class="field"
          name="tokensPerDay"
          type="number"
          min="1"
          max="999999999"
          placeholder="no limit of its own"
          autocomplete="off"
      /></label>
      <label
        >Money a day, at most<input
          class="field"
          name="moneyPerDay"
          type="number"
          min="0"
          max="1000000"
          step="0.01"
          placeholder="no limit of its own"
          autocomplete="off"
      /></label>
    </div>`;
  }

  #form(me: Me): TemplateResult {
    const roles = rolesUpTo(me.role).map((role) => [role, ROLE_WORDS[role].name] as const);
    return html`<form
      class="stacked boxed"
      aria-labelledby="token-form"
      autocomplete="off"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
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
      ${this.#scopeFields()} ${this.#limitFields()}
      <fieldset class="checks">
        <legend>Whose words come with it</legend>
        <label
          ><input type="checkbox" name="untrusted" value="yes" /><span
            >It passes on what others wrote
            <span class="quiet">Then nothing that comes with it counts as your word.</span></span
          ></label
        >
      </fieldset>
      ${problemView(this.problem, this.problemId)} ${this.formWays("Make it")}
    </form>`;
  }

  #one(token: Token): TemplateResult {
    const { id, name, role, scopes, thumbprint, expiresAt, lastUsedAt } = token;
    const ended = Date.parse(expiresAt) <= this.now;
    return html`<li class="entry revocable">
      <span>
        <strong>${honestText(name)}</strong> <span class="chip">${ROLE_WORDS[role].name}</span>
        ${ended ? html`<span class="chip caution">expired</span>` : nothing}
      </span>
      <span class="quiet"
        >For ${scopesText(scopes)}.
        ${lastUsedAt === null ? "Never used" : `Last used ${whenText(lastUsedAt, this.now)}`}${ended ? "" : `, good until ${whenText(expiresAt, this.now)}`}.${thumbprint === null ? "" : " Each request is signed with its key."}${budgetText(token)}</span
      >
      ${wayView("Revoke", `Revoke the token ${neutralText(name)}`, this.leave(id), true)}
      ${
        this.leaving === id
          ? this.really(
              {
                label: `Revoke ${neutralText(name)}?`,
                says: "Whatever uses it is out at once. It cannot be brought back.",
                yes: "Revoke it",
              },
              (call) => call("tokens.revoke", { tokenId: id }),
            )
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
    ${form !== null ? nothing : problemView(this.problem, this.problemId)}
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
            done: this.turn(null),
          })
    }
    ${
      made !== null
        ? nothing
        : !may(me, "tokens.create")
          ? html`<p class="quiet">A viewer makes none: a token is for programs that do something.</p>`
          : form !== null
            ? this.#form(me)
            : this.openerView("Make a token")
    }`;
  }
}
customElements.define("token-list", TokenList);
