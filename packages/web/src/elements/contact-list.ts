import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Contact, ContactId } from "@moltbot/contracts";
import type { NewContact } from "../state/kept-things.ts";
import type { Problem } from "../state/state.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { options } from "../views/limit.ts";
import { onEscape, textIn } from "./form-fields.ts";
import { PageElement } from "./page-element.ts";

const KIND_WORDS: Readonly<Record<Contact["kind"], string>> = {
  person: "Person",
  channel: "Channel",
  calendar: "Calendar",
};
const KINDS = Object.entries(KIND_WORDS);

/** The addresses that the person confirmed. One is added only by their own hand, with name and address as they stand here. */
export class ContactList extends PageElement {
  static override properties = {
    contacts: { attribute: false },
    mayChange: { attribute: false },
    add: { attribute: false },
    takeAway: { attribute: false },
    open: { state: true },
    busy: { state: true },
    problem: { state: true },
  };
  /** Null while they are loaded. */
  declare contacts: readonly Contact[] | null;
  declare mayChange: boolean;
  declare add: (contact: NewContact) => Promise<Problem | null>;
  declare takeAway: (id: ContactId) => void;
  /** Whether the form is shown. */
  declare open: boolean;
  declare busy: boolean;
  declare problem: Problem | null;

  constructor() {
    super();
    this.contacts = null;
    this.mayChange = false;
    this.add = () => Promise.resolve(null);
    this.takeAway = () => undefined;
    this.open = false;
    this.busy = false;
    this.problem = null;
  }

  readonly #turn = (open: boolean) => (): void => {
    this.open = open;
    this.problem = null;
    this.focusOn(open ? "input[name=name]" : ".add-contact");
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.busy || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const text = (name: string): string => textIn(data, name).trim();
    const kind = KINDS.find(([known]) => known === text("kind"))?.[0] as Contact["kind"] | undefined; // a key of KIND_WORDS
    this.busy = true;
    this.problem = await this.add({ kind: kind ?? "person", name: text("name"), address: text("address") });
    this.busy = false;
    if (this.problem === null) this.#turn(false)();
    else this.focusOn("input[name=address]");
  };

  #list(contacts: readonly Contact[]): TemplateResult {
    return html`<ul class="entries" role="list">
      ${contacts.map(
        ({ id, kind, name, address }) =>
          html`<li class="entry revocable">
            <span>
              <strong>${honestText(name)}</strong>
              ${kind === "person" ? nothing : html`<span class="tag">${KIND_WORDS[kind]}</span>`}
            </span>
            <span class="quiet">${honestText(address)}</span>
            ${
              this.mayChange
                ? html`<button
                    type="button"
                    class="link"
                    aria-label="Remove the contact ${neutralText(name)}"
                    @click=${() => this.takeAway(id)}
                  >
                    Remove
                  </button>`
                : nothing
            }
          </li>`,
      )}
    </ul>`;
  }

  #form(): TemplateResult {
    const { problem, busy } = this;
    return html`<form class="contact-form" @submit=${this.#submit} @keydown=${onEscape(this.#turn(false))}>
      <label>Name<input class="field" name="name" required minlength="2" maxlength="120" autocomplete="off" /></label>
      <label>
        Address<input
          class="field"
          name="address"
          required
          minlength="2"
          maxlength="320"
          autocomplete="off"
          spellcheck="false"
          aria-invalid=${problem === null ? nothing : "true"}
          aria-describedby=${problem === null ? nothing : "contact-problem"}
        />
      </label>
      <label
        >Kind<select class="field" name="kind">
          ${options(KINDS, "person")}
        </select></label
      >
      ${problem === null ? nothing : html`<p id="contact-problem" class="field-problem" role="alert">${problem.message} ${problem.next}</p>`}
      <p class="quiet">Whoever is confirmed may be written to when you name them, without another question.</p>
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${busy}>Confirm</button>
        <button type="button" class="button" @click=${this.#turn(false)}>Cancel</button>
      </div>
    </form>`;
  }

  protected override render(): TemplateResult {
    const { contacts, open } = this;
    return html`${
      contacts === null
        ? html`<p class="quiet none">Loading…</p>`
        : contacts.length === 0
          ? html`<p class="quiet none">Nobody yet: each new address asks you first.</p>`
          : this.#list(contacts)
    }${
      !this.mayChange
        ? nothing
        : open
          ? this.#form()
          : html`<button type="button" class="button add-contact" @click=${this.#turn(true)}>
              ${icon("plus")}Confirm a contact
            </button>`
    }`;
  }
}
customElements.define("contact-list", ContactList);
