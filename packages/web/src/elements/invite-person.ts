import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { MoltbotError, OperationOutput, Principal } from "@moltbot/contracts";
import { rolesToGive } from "../people/ways-with-person.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { options } from "../views/limit.ts";
import { onceView } from "../views/once.ts";
import { problemView } from "../views/problem.ts";
import { roleChoice } from "../views/role-choice.ts";
import { leadsHereAlone } from "../words-of-people.ts";
import { momentText } from "../words.ts";
import { onEscape, textIn } from "./form-fields.ts";
import { PageElement } from "./page-element.ts";

const HOURS: readonly (readonly [string, string])[] = [
  ["4", "4 hours"],
  ["24", "a day"],
  ["48", "two days"],
  ["168", "a week"],
];

/** Invites somebody by a link, which is shown this once. */
export class InvitePerson extends PageElement {
  static override properties = {
    now: { attribute: false },
    call: { attribute: false },
    me: { attribute: false },
    open: { state: true },
    made: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  declare now: number;
  declare call: Client["call"] | null;
  declare me: Principal | null;
  /** Called after somebody was invited. */
  changed: () => void = () => undefined;
  declare open: boolean;
  /** The invitation whose link is on the screen. */
  declare made: OperationOutput<"people.invite"> | null;
  declare problem: MoltbotError | null;
  declare busy: boolean;

  constructor() {
    super();
    this.now = 0;
    this.call = null;
    this.me = null;
    this.open = false;
    this.made = null;
    this.problem = null;
    this.busy = false;
  }

  /** Takes the link off the screen. */
  forget(): void {
    this.made = null;
    this.open = false;
    this.problem = null;
  }

  readonly #turn = (open: boolean) => (): void => {
    this.forget();
    this.open = open;
    this.focusOn(open ? "input[name=name]" : ".invite");
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { call, me } = this;
    if (call === null || me === null || this.busy || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const role = rolesToGive(me).find((one) => one === textIn(data, "role"));
    const hours = Number(textIn(data, "hours"));
    this.busy = true;
    const invited = await call("people.invite", {
      name: textIn(data, "name").trim(),
      ...(role === undefined ? {} : { role }),
      ...(hours >= 1 ? { hours } : {}),
    });
    this.busy = false;
    if (invited.ok) {
      this.forget();
      this.made = invited.value;
      this.focusOn(".once");
      this.changed();
    } else {
      this.problem = invited.error;
      this.focusOn("input[name=name]");
    }
  };

  #link({ person, url, expiresAt }: OperationOutput<"people.invite">): TemplateResult {
    const name = neutralText(person.name);
    return onceView({
      id: "invite-link",
      title: `The link for ${name}`,
      text: url,
      copy: "Copy the link",
      warning: `It is shown this once. Whoever opens it first is ${name}: hand it to nobody else.`,
      code: { text: url, says: `QR code of the link for ${name}` },
      says: html`It signs them in once, until
      ${momentText(expiresAt, this.now)}.${
        leadsHereAlone(url)
          ? " It leads to this very machine: for others the gateway has to listen beyond it first (gateway.host, with TLS)."
          : ""
      }`,
      done: this.#turn(false),
    });
  }

  #form(me: Principal): TemplateResult {
    return html`<form
      class="stacked boxed"
      aria-labelledby="invite-form"
      @submit=${this.#submit}
      @keydown=${onEscape(this.#turn(false))}
    >
      <h4 id="invite-form">Invite somebody</h4>
      <div class="side-by-side">
        <label>Name<input class="field" name="name" required maxlength="80" autocomplete="off" /></label>
        <label
          >The link is good for<select class="field" name="hours">
            ${options(HOURS, "48")}
          </select></label
        >
      </div>
      ${roleChoice("Role", rolesToGive(me), "member")} ${problemView(this.problem, "invite-problem")}
      <p class="quiet">
        No role shows anybody what is yours: conversations, memories and files stay with their person.
      </p>
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>Make the link</button>
        <button type="button" class="button" @click=${this.#turn(false)}>Cancel</button>
      </div>
    </form>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { me, open, made } = this;
    if (me === null || rolesToGive(me).length === 0) return nothing;
    if (made !== null) return this.#link(made);
    if (open) return this.#form(me);
    return html`<div class="choices">
      <button type="button" class="button invite" @click=${this.#turn(true)}>${icon("plus")}Invite somebody</button>
    </div>`;
  }
}
customElements.define("invite-person", InvitePerson);
