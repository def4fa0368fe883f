import { html, nothing } from "lit";
import type { PropertyDeclarations, TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Result } from "@moltbot/contracts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { reallyView } from "../views/really.ts";
import type { Really } from "../views/really.ts";
import { AskingElement } from "./asking-element.ts";

type ReallyWords = Pick<Really, "label" | "says" | "yes">;

/** A list whose entries a form makes and changes, and a second press removes. One of these is open at a time. */
export abstract class EntryList<Key extends string> extends AskingElement {
  static override properties: PropertyDeclarations = { form: { state: true }, leaving: { state: true } };
  /** The entry that is changed; `new`: another one; null: the form is closed. */
  declare form: Key | "new" | null;
  /** The entry that is about to be removed. */
  declare leaving: Key | null;
  /** Called after a change. */
  changed: () => void = () => undefined;
  /** The selector of what opens the form for a new one; it takes the focus when nothing is open any more. */
  protected abstract readonly opener: `.${string}`;
  /** The id of what says why something was refused. */
  protected abstract readonly problemId: string;

  constructor() {
    super();
    this.form = null;
    this.leaving = null;
  }

  /** Closes whatever is open. */
  reset(): void {
    this.form = null;
    this.leaving = null;
    this.clear();
  }

  /** The field of the form that takes the focus. */
  protected firstField(_form: Key | "new"): string {
    return "input[name=name]";
  }

  /** Opens the form for an entry or a new one, or closes it. */
  protected readonly turn = (form: Key | "new" | null) => (): void => {
    this.reset();
    this.form = form;
    this.focusOn(form === null ? this.opener : this.firstField(form));
  };

  /** Asks once more before an entry goes; null: it stays. */
  protected readonly leave = (key: Key | null) => (): void => {
    this.reset();
    this.leaving = key;
    this.focusOn(key === null ? this.opener : ".really");
  };

  /** What the open form holds as it is sent, and the entry it is of; null where there is none. */
  protected sent(event: Event): { readonly form: Key | "new"; readonly data: FormData } | null {
    event.preventDefault();
    const { form } = this;
    return form === null || !(event.target instanceof HTMLFormElement)
      ? null
      : { form, data: new FormData(event.target) };
  }

  /** Removes the entry that is about to go. */
  async #takeOut(wish: (call: Client["call"]) => Promise<Result<unknown>>): Promise<void> {
    if (this.busy) return;
    const removed = await this.ask(wish, `#${this.problemId}`);
    if (removed !== null) this.leave(null)();
    else this.leaving = null;
    this.changed();
  }

  /** The second press, which takes the entry out. */
  protected really(words: ReallyWords, wish: (call: Client["call"]) => Promise<Result<unknown>>): TemplateResult {
    return this.reallyAct(words, () => void this.#takeOut(wish));
  }

  /** The second press, whatever it does. */
  protected reallyAct(words: ReallyWords, act: () => void): TemplateResult {
    return reallyView({ ...words, no: "Keep it", busy: this.busy, act, leave: this.leave(null) });
  }

  /** The buttons that end a form. */
  protected formWays(yes: string): TemplateResult {
    return html`<div class="choices">
      <button type="submit" class="button solid" ?disabled=${this.busy}>${yes}</button>
      <button type="button" class="button" @click=${this.turn(null)}>Cancel</button>
    </div>`;
  }

  /** What opens the form for a new one. */
  protected openerView(label: string): TemplateResult {
    return html`<div class="choices">
      <button type="button" class="button ${this.opener.slice(1)}" @click=${this.turn("new")}>
        ${icon("plus")}${label}
      </button>
    </div>`;
  }

  /** What stands below the list: why an entry stays, and, for whoever may make a new one, its form or what opens it. */
  protected below(mayMake: boolean, label: string, newForm: () => TemplateResult): TemplateResult {
    return html`${this.form === null ? problemView(this.problem, this.problemId) : nothing}
    ${!mayMake ? nothing : this.form === "new" ? newForm() : this.openerView(label)}`;
  }
}
