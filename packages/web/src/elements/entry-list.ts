import type { PropertyDeclarations, TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Result } from "@moltbot/contracts";
import { reallyView } from "../views/really.ts";
import { AskingElement } from "./asking-element.ts";

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
  protected abstract readonly opener: string;
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

  /** Removes the entry that is about to go. */
  protected async takeOut(wish: (call: Client["call"]) => Promise<Result<unknown>>): Promise<void> {
    if (this.busy) return;
    const removed = await this.ask(wish, `#${this.problemId}`);
    const { problem } = this;
    if (removed !== null) this.leave(null)();
    else this.leaving = null;
    this.problem = problem;
    this.changed();
  }

  /** The second press. */
  protected really(
    words: { readonly label: string; readonly says: string; readonly yes: string; readonly no?: string },
    wish: (call: Client["call"]) => Promise<Result<unknown>>,
  ): TemplateResult {
    return reallyView({
      no: "Keep it",
      ...words,
      busy: this.busy,
      act: () => void this.takeOut(wish),
      leave: this.leave(null),
    });
  }
}
