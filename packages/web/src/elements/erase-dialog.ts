import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { BackupInfo, Conversation, ErasureCertificate, MoltbotError } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { certificateView, saveCertificate } from "../views/certificate.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { countText } from "../words.ts";
import { textIn } from "./form-fields.ts";
import { PageElement } from "./page-element.ts";

/** What is found out before anything goes; null of what could not be. */
interface Foretold {
  readonly files: number | null;
  readonly copies: readonly BackupInfo[] | null;
}

const NO_TITLE = "Conversation";
const NOT_IT = {
  message: "That is neither its title nor the end of its id.",
  next: "Nothing was erased.",
};

/** The last characters of an id, which nobody types by accident. */
const endOf = (id: string): string => id.slice(-6);
const same = (a: string, b: string): boolean => a.normalize("NFC").toLowerCase() === b.normalize("NFC").toLowerCase();

/** Erases one conversation: says what goes and what stays, asks for its name, and shows what was done. */
export class EraseDialog extends PageElement {
  static override properties = {
    now: { attribute: false },
    call: { attribute: false },
    subject: { state: true },
    foretold: { state: true },
    problem: { state: true },
    busy: { state: true },
    certificate: { state: true },
  };
  declare now: number;
  declare call: Client["call"] | null;
  /** Called when something was erased, before the dialog is closed. */
  erased: () => void = () => undefined;
  /** Called when the dialog is closed after that: what led to it is gone, so the focus needs a place. */
  closed: () => void = () => undefined;
  declare subject: Conversation | null;
  /** Null while it is found out. */
  declare foretold: Foretold | null;
  declare problem: Pick<MoltbotError, "message" | "next"> | null;
  declare busy: boolean;
  declare certificate: ErasureCertificate | null;

  constructor() {
    super();
    this.now = 0;
    this.call = null;
    this.subject = null;
    this.foretold = null;
    this.problem = null;
    this.busy = false;
    this.certificate = null;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  /** Asks about one conversation. Nothing goes before its name was typed. */
  async show(subject: Conversation): Promise<void> {
    const { call } = this;
    if (call === null) return;
    this.subject = subject;
    this.foretold = null;
    this.problem = null;
    this.certificate = null;
    await this.updateComplete;
    this.#dialog?.showModal();
    this.focusOn("input");
    const [files, copies] = await Promise.all([
      call("attachments.list", { conversationId: subject.id }),
      call("backups.list", {}),
    ]);
    if (this.subject !== subject) return;
    this.foretold = { files: files.ok ? files.value.length : null, copies: copies.ok ? copies.value : null };
  }

  #fits(typed: string, { id, title }: Conversation): boolean {
    const text = typed.trim();
    return text !== "" && (same(text, title.trim()) || same(text, endOf(id)) || same(text, id));
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { call, subject } = this;
    if (this.busy || call === null || subject === null || !(event.target instanceof HTMLFormElement)) return;
    if (!this.#fits(textIn(new FormData(event.target), "confirm"), subject)) {
      this.problem = NOT_IT;
      this.focusOn("input");
      return;
    }
    this.busy = true;
    this.problem = null;
    const erased = await call("privacy.erase", {
      subject: { kind: "conversation", id: subject.id },
      confirm: subject.id,
    });
    this.busy = false;
    if (erased.ok) {
      this.certificate = erased.value;
      this.erased();
      this.focusOn("#erase-title");
    } else {
      this.problem = erased.error;
      this.focusOn("#erase-problem");
    }
  };

  readonly #closed = (): void => {
    if (this.certificate !== null) this.closed();
  };

  #goes({ files }: Foretold): TemplateResult {
    return html`<ul class="because">
      <li>every message of it, in all its branches</li>
      ${
        files === 0
          ? nothing
          : html`<li>${files === null ? "the files that were attached to it" : countText(files, "attached file")}</li>`
      }
      <li>its questions, decisions, plans and reminders</li>
      <li>the memories and reminders elsewhere that came of it</li>
      <li>its keys: what backups hold of it cannot be read from then on</li>
    </ul>`;
  }

  #stays({ copies }: Foretold): TemplateResult {
    const keyrings = (copies ?? []).filter(({ kind, present }) => kind === "keyring" && present);
    return html`<ul class="because">
      <li>files in the folders that its agent works in</li>
      <li>what a model of somebody else was sent, and what was mailed or posted</li>
      <li>the log: it keeps that something happened, by ids alone</li>
      ${keyrings.map(
        ({ file }) =>
          html`<li>
            <strong>the copy of the keyring <code>${honestText(file)}</code></strong
            >, which still holds its keys: destroy it yourself
          </li>`,
      )}
      ${copies === null ? html`<li>copies of the keyring, if there are any: they still hold its keys</li>` : nothing}
    </ul>`;
  }

  #asks(subject: Conversation): TemplateResult {
    const { foretold, problem, busy } = this;
    const named = subject.title.trim() !== "";
    return html`<h3>${named ? honestText(subject.title) : NO_TITLE}</h3>
      ${
        foretold === null
          ? html`<p class="quiet" role="status">Looking at what it holds…</p>`
          : html`<h4>This goes, for good</h4>
              ${this.#goes(foretold)}
              <h4>This is out of reach</h4>
              ${this.#stays(foretold)}`
      }
      <form class="stacked" @submit=${this.#submit}>
        <p class="warning">${icon("alert")}<strong>Nobody can undo this.</strong></p>
        <label>
          <span
            >Type ${named ? "its title, or " : ""}the end of its id, <code>${endOf(subject.id)}</code>, to confirm</span
          >
          <input
            class="field"
            name="confirm"
            required
            maxlength="200"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-invalid=${problem === null ? nothing : "true"}
            aria-describedby=${problem === null ? nothing : "erase-problem"}
          />
        </label>
        ${problemView(problem, "erase-problem")}
        <div class="choices end">
          <button type="button" class="button" @click=${() => this.#dialog?.close()}>Keep it</button>
          <button type="submit" class="button danger" ?disabled=${busy || foretold === null}>
            ${busy ? "Erasing…" : "Erase for good"}
          </button>
        </div>
      </form>`;
  }

  #done(certificate: ErasureCertificate): TemplateResult {
    return html`${certificateView(certificate, this.now)}
      <p class="quiet">
        The certificate is signed by the key that signs the log. Keep it elsewhere: anybody can check it without this
        gateway.
      </p>
      <div class="choices end">
        <button type="button" class="button" @click=${() => saveCertificate(certificate)}>
          ${icon("down")}Download the certificate
        </button>
        <button type="button" class="button solid" @click=${() => this.#dialog?.close()}>Done</button>
      </div>`;
  }

  protected override render(): TemplateResult {
    const { subject, certificate } = this;
    return html`<dialog class="sheet why-sheet" aria-labelledby="erase-title" @close=${this.#closed}>
      <div class="sheet-head">
        <h2 id="erase-title" tabindex="-1">${certificate === null ? "Erase this conversation?" : "It is erased"}</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${() => this.#dialog?.close()}>
          ${icon("close")}
        </button>
      </div>
      <div class="origin-body" aria-busy=${this.busy}>
        ${subject === null ? nothing : certificate === null ? this.#asks(subject) : this.#done(certificate)}
      </div>
    </dialog>`;
  }
}
customElements.define("erase-dialog", EraseDialog);
