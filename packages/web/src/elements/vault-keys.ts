import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Result, VaultStatus } from "@moltbot/contracts";
import { command } from "../views/command.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { neutralText } from "../text/neutralise.ts";
import { openersText } from "../words-of-keeping.ts";
import { momentText } from "../words.ts";
import { AskingElement } from "./asking-element.ts";
import { onEscape, textIn } from "./form-fields.ts";

type Form = "passphrase" | "recovery" | "wrapping" | "data";

const FORM_WORDS: Readonly<Record<Form, { readonly title: string; readonly says: string; readonly button: string }>> = {
  passphrase: {
    title: "Change the passphrase",
    says: "The vault is sealed anew. Nobody can bring a lost passphrase back; a recovery code can stand in for it.",
    button: "Change it",
  },
  recovery: {
    title: "Make a recovery code",
    says: "It opens the vault like the passphrase does. It is shown once, and an earlier one is dead.",
    button: "Make the code",
  },
  wrapping: {
    title: "Seal the keys anew",
    says: "The root key and the keyring are sealed under new keys. What you have stays readable.",
    button: "Rotate",
  },
  data: {
    title: "Begin new data keys",
    says: "What comes from now on is sealed under new keys. What you have stays readable.",
    button: "Rotate",
  },
};
const DIFFER = { message: "The two new passphrases differ.", next: "Type the same one twice." };

/** How the vault is sealed, and what the owner may do about it. What is typed is sent at once and kept nowhere. */
export class VaultKeys extends AskingElement {
  static override properties = {
    now: { attribute: false },
    status: { attribute: false },
    form: { state: true },
    code: { state: true },
    differ: { state: true },
  };
  declare now: number;
  /** Null while it is loaded. */
  declare status: VaultStatus | null;
  /** Called with the new state of the vault. */
  changed: (status: VaultStatus) => void = () => undefined;
  declare form: Form | null;
  /** The recovery code while it is shown. */
  declare code: string | null;
  /** Whether the two new passphrases differed. */
  declare differ: boolean;

  constructor() {
    super();
    this.now = 0;
    this.status = null;
    this.form = null;
    this.code = null;
    this.differ = false;
  }

  /** Leaves nothing behind that was shown once or half typed. */
  forget(): void {
    this.form = null;
    this.code = null;
    this.differ = false;
    this.clear();
  }

  readonly #turn = (form: Form | null) => (): void => {
    const from = this.form ?? "recovery";
    this.forget();
    this.form = form;
    this.focusOn(form === null ? `[data-form=${from}]` : "form input, form [type=submit]");
  };

  readonly #lock = async (): Promise<void> => {
    const { call } = this;
    if (call === null) return;
    const locked = await call("vault.lock", {});
    if (!locked.ok) this.problem = locked.error;
  };

  /** Takes the words out of the form and leaves it empty; null when the two new ones differ. */
  #take(form: HTMLFormElement): { readonly current: string | null; readonly next: string } | null {
    const data = new FormData(form);
    form.reset();
    const next = textIn(data, "next");
    const current = textIn(data, "current");
    return next === textIn(data, "again") ? { current: current === "" ? null : current, next } : null;
  }

  async #do(
    call: Client["call"],
    form: Form,
    { current, next }: { readonly current: string | null; readonly next: string },
  ): Promise<Result<VaultStatus | string>> {
    if (form === "passphrase") return call("vault.passphrase", { current, next });
    if (form !== "recovery") return call("vault.rotate", { keys: form, current });
    const made = await call("vault.recovery", { current });
    return made.ok ? { ok: true, value: made.value.code } : made;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { call, form } = this;
    if (this.busy || call === null || form === null || !(event.target instanceof HTMLFormElement)) return;
    const words = this.#take(event.target);
    this.differ = words === null;
    this.problem = null;
    if (words === null) return this.focusOn("form input");
    const did = await this.ask(() => this.#do(call, form, words), "form input, #vault-problem");
    if (did === null) return;
    this.form = null;
    if (typeof did === "string") {
      this.code = did;
      const status = await call("vault.status", {});
      if (status.ok) this.changed(status.value);
      return this.focusOn(".recovery-code");
    }
    this.said = form === "passphrase" ? "The passphrase was changed." : "The keys were rotated.";
    this.changed(did);
    this.focusOn(`[data-form=${form}]`);
  };

  #password(name: string, label: string, fresh: boolean): TemplateResult {
    return html`<label
      >${label}<input
        class="field"
        type="password"
        name=${name}
        required
        minlength=${fresh ? 8 : 1}
        maxlength="1024"
        autocomplete=${fresh ? "new-password" : "current-password"}
        autocapitalize="off"
        spellcheck="false"
    /></label>`;
  }

  #form(form: Form, status: VaultStatus): TemplateResult {
    const { title, says, button } = FORM_WORDS[form];
    const asked = status.openers.includes("passphrase");
    return html`<form
      class="stacked boxed"
      aria-labelledby="vault-form"
      @submit=${this.#submit}
      @keydown=${onEscape(this.#turn(null))}
    >
      <h4 id="vault-form">${title}</h4>
      <p class="quiet">${says}</p>
      ${asked ? this.#password("current", "The passphrase as it is now", false) : nothing}
      ${
        form === "passphrase"
          ? html`${this.#password("next", "The new passphrase", true)} ${this.#password("again", "Once more", true)}`
          : nothing
      }
      ${problemView(this.differ ? DIFFER : this.problem, "vault-problem")}
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>${this.busy ? "One moment…" : button}</button>
        <button type="button" class="button" @click=${this.#turn(null)}>Cancel</button>
      </div>
    </form>`;
  }

  #code(code: string): TemplateResult {
    return html`<div class="recovery-code boxed stacked" role="group" aria-labelledby="recovery-title" tabindex="-1">
      <h4 id="recovery-title">Your recovery code</h4>
      ${command(code, "Copy the recovery code")}
      <p class="warning">
        ${icon("alert")}<strong
          >It is shown this once. Keep it elsewhere: on paper, or in another machine’s password keeper.</strong
        >
      </p>
      <p class="quiet">Whoever has it and this machine’s vault folder can read everything. An earlier code is dead.</p>
      <div class="choices">
        <button type="button" class="button solid" @click=${this.#turn(null)}>I have put it away</button>
      </div>
    </div>`;
  }

  #opener(form: Form, label: string): TemplateResult {
    return html`<button
      type="button"
      class="button"
      data-form=${form}
      aria-expanded=${this.form === form}
      @click=${this.#turn(form)}
    >
      ${label}
    </button>`;
  }

  #state({ sealedBy, openers, keyring, autoLockMinutes, unlockedAt }: VaultStatus): TemplateResult {
    return html`<dl class="about">
      <div>
        <dt>Sealed by</dt>
        <dd>${neutralText(sealedBy)}</dd>
      </div>
      <div>
        <dt>Opens with</dt>
        <dd>${openersText({ openers })}</dd>
      </div>
      <div>
        <dt>Open since</dt>
        <dd>
          ${momentText(unlockedAt, this.now)};
          ${autoLockMinutes === 0 ? "it does not lock by itself" : `locks by itself after ${autoLockMinutes} quiet minutes`}
        </dd>
      </div>
      <div>
        <dt>Keyring</dt>
        <dd>generation ${keyring.generation}</dd>
      </div>
    </dl>`;
  }

  #expert({ keyring, argon2 }: VaultStatus): TemplateResult {
    return html`<details class="fold">
      <summary>${icon("chevron")}Advanced</summary>
      <p class="quiet">
        ${keyring.keys} keys, new ones of epoch
        ${keyring.epoch}.${
          argon2 === null
            ? ""
            : ` A try at the passphrase costs ${argon2.memoryKib / 1024} MB and ${argon2.passes} passes (Argon2id).`
        }
        The generation rises with every erasure and every new sealing.
      </p>
      <div class="choices">
        ${this.#opener("wrapping", "Seal the keys anew…")} ${this.#opener("data", "Begin new data keys…")}
      </div>
    </details>`;
  }

  protected override render(): TemplateResult {
    const { status, form, code } = this;
    if (status === null) return html`<p class="quiet">Loading…</p>`;
    return html`${this.#state(status)}
      <p class="good" role="status">${this.said}</p>
      ${form === null ? problemView(this.differ ? DIFFER : this.problem, "vault-problem") : nothing}
      <div class="choices">
        <button type="button" class="button" @click=${this.#lock}>${icon("lock")}Lock now</button>
        ${this.#opener("passphrase", status.openers.includes("passphrase") ? "Change the passphrase…" : "Seal it by a passphrase…")}
        ${this.#opener("recovery", "Make a recovery code…")}
      </div>
      ${code === null ? nothing : this.#code(code)} ${form === null ? nothing : this.#form(form, status)}
      ${this.#expert(status)}`;
  }
}
customElements.define("vault-keys", VaultKeys);
