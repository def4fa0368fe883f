import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { OperationOutput, OwnRole } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { rolesToGive } from "../people/ways-with-person.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { options } from "../views/limit.ts";
import { onceView } from "../views/once.ts";
import { problemView } from "../views/problem.ts";
import { chosenRole, roleChoice } from "../views/role-choice.ts";
import { leadsHereAlone } from "../words-of-people.ts";
import { momentText } from "../words.ts";
import { AskingElement } from "./asking-element.ts";
import { onEscape, textIn } from "./form-fields.ts";

const HOURS: readonly (readonly [string, string])[] = [
  ["4", "4 hours"],
  ["24", "a day"],
  ["48", "two days"],
  ["168", "a week"],
];

/** Invites somebody by a link, which is shown this once. */
export class InvitePerson extends AskingElement {
  static override properties = {
    now: { attribute: false },
    me: { attribute: false },
    roles: { attribute: false },
    open: { state: true },
    made: { state: true },
  };
  declare now: number;
  declare me: Me | null;
  /** Roles of the house's own. */
  declare roles: readonly OwnRole[];
  /** Called after somebody was invited. */
  changed: () => void = () => undefined;
  declare open: boolean;
  /** The invitation whose link is on the screen. */
  declare made: OperationOutput<"people.invite"> | null;

  constructor() {
    super();
    this.now = 0;
    this.me = null;
    this.roles = [];
    this.open = false;
    this.made = null;
  }

  /** Takes the link off the screen. */
  forget(): void {
    this.made = null;
    this.open = false;
    this.clear();
  }

  readonly #turn = (open: boolean) => (): void => {
    this.forget();
    this.open = open;
    this.focusOn(open ? "input[name=name]" : ".invite");
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { me } = this;
    if (me === null || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const role = chosenRole(textIn(data, "role"), rolesToGive(me), this.roles);
    const hours = Number(textIn(data, "hours"));
    const invited = await this.ask(
      (call) =>
        call("people.invite", {
          name: textIn(data, "name").trim(),
          ...(role === undefined ? {} : { role: typeof role === "string" ? role : role.id }),
          ...(hours >= 1 ? { hours } : {}),
        }),
      "input[name=name]",
    );
    if (invited === null) return;
    this.forget();
    this.made = invited;
    this.focusOn(".once");
    this.changed();
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

  #form(me: Me): TemplateResult {
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
      ${roleChoice("Role", rolesToGive(me), "member", this.roles)} ${problemView(this.problem, "invite-problem")}
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
    if (me === null || !may(me, "people.invite")) return nothing;
    if (made !== null) return this.#link(made);
    if (open) return this.#form(me);
    return html`<div class="choices">
      <button type="button" class="button invite" @click=${this.#turn(true)}>${icon("plus")}Invite somebody</button>
    </div>`;
  }
}
customElements.define("invite-person", InvitePerson);
