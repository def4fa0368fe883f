import { html } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { BackupInfo, MoltbotError, SecretInfo, VaultStatus } from "@moltbot/contracts";
import { copiesView } from "../views/copies.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { schedulesView } from "../views/schedules.ts";
import type { Kept } from "../views/schedules.ts";
import { PageElement } from "./page-element.ts";
import "./secret-list.ts";
import "./vault-keys.ts";
import type { VaultKeys } from "./vault-keys.ts";

const LAST_TIMES = 4;

/** The owner's keys: how the vault is sealed, copies of everything, secrets, and what the house does by itself. */
export class KeysDialog extends PageElement {
  static override properties = {
    now: { attribute: false },
    call: { attribute: false },
    status: { state: true },
    copies: { state: true },
    secrets: { state: true },
    schedules: { state: true },
    problem: { state: true },
    busy: { state: true },
    said: { state: true },
  };
  declare now: number;
  declare call: Client["call"] | null;
  /** Null while they are loaded. */
  declare status: VaultStatus | null;
  declare copies: readonly BackupInfo[] | null;
  declare secrets: readonly SecretInfo[] | null;
  declare schedules: readonly Kept[] | null;
  declare problem: MoltbotError | null;
  /** What is being made. */
  declare busy: BackupInfo["kind"] | null;
  declare said: string;

  constructor() {
    super();
    this.now = 0;
    this.call = null;
    this.status = null;
    this.copies = null;
    this.secrets = null;
    this.schedules = null;
    this.problem = null;
    this.busy = null;
    this.said = "";
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  async show(): Promise<void> {
    this.problem = null;
    this.said = "";
    this.#dialog?.showModal();
    await this.load();
  }

  /** Loads everything it shows; one part that fails leaves the others. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const vault = async (): Promise<void> => {
      const status = await call("vault.status", {});
      if (status.ok) this.status = status.value;
      else this.problem = status.error;
    };
    await Promise.all([vault(), this.#loadCopies(call), this.#loadSecrets(call), this.#loadSchedules(call)]);
  }

  async #loadCopies(call: Client["call"]): Promise<void> {
    const copies = await call("backups.list", {});
    if (copies.ok) this.copies = copies.value;
    else this.problem = copies.error;
  }

  async #loadSecrets(call: Client["call"]): Promise<void> {
    const secrets = await call("secrets.list", {});
    if (secrets.ok) this.secrets = secrets.value.filter(({ ownerId }) => ownerId === null);
    else this.problem = secrets.error;
  }

  async #loadSchedules(call: Client["call"]): Promise<void> {
    const schedules = await call("schedules.list", {});
    if (!schedules.ok) {
      this.problem = schedules.error;
      return;
    }
    this.schedules = await Promise.all(
      schedules.value.map(async (schedule) => {
        const firings = await call("schedules.firings", { scheduleId: schedule.id, limit: LAST_TIMES });
        return { schedule, firings: firings.ok ? firings.value : [] };
      }),
    );
  }

  readonly #make = (kind: BackupInfo["kind"]) => async (): Promise<void> => {
    const { call } = this;
    if (call === null || this.busy !== null) return;
    this.busy = kind;
    this.problem = null;
    this.said = "";
    const made = await call("backups.create", { kind });
    this.busy = null;
    if (made.ok)
      this.said = kind === "backup" ? "The backup is made." : "The keyring is copied. Put it away from the backups.";
    else {
      this.problem = made.error;
      this.focusOn("#keys-problem");
    }
    await this.#loadCopies(call);
  };

  readonly #closed = (): void => {
    this.querySelector<VaultKeys>("vault-keys")?.forget();
  };

  #backups(): TemplateResult {
    return html`<section aria-labelledby="keys-backups">
      <h3 id="keys-backups">Backups</h3>
      <p class="quiet">
        A backup holds everything, sealed, and no key. To restore it on another machine you need a copy of the keyring
        too: keep the two apart.
      </p>
      ${copiesView(this.copies, { now: this.now, generation: this.status?.keyring.generation ?? null })}
      <p class="good" role="status">${this.said}</p>
      <div class="choices">
        <button type="button" class="button" ?disabled=${this.busy !== null} @click=${this.#make("backup")}>
          ${this.busy === "backup" ? "Making it…" : "Back up now"}
        </button>
        <button type="button" class="button" ?disabled=${this.busy !== null} @click=${this.#make("keyring")}>
          ${icon("key")}${this.busy === "keyring" ? "Copying…" : "Copy the keyring"}
        </button>
      </div>
      <p class="quiet">
        A copy of the keyring keeps keys that are erased later. After an erasure destroy the older ones and make a new
        one.
      </p>
    </section>`;
  }

  protected override render(): TemplateResult {
    const { now, call } = this;
    return html`<dialog class="sheet page-sheet" aria-labelledby="keys-title" @close=${this.#closed}>
      <div class="sheet-head">
        <h2 id="keys-title">Keys and backups</h2>
        <button
          type="button"
          class="icon-button"
          aria-label="Close keys and backups"
          @click=${() => this.#dialog?.close()}
        >
          ${icon("close")}
        </button>
      </div>
      ${problemView(this.problem, "keys-problem")}
      <section aria-labelledby="keys-vault">
        <h3 id="keys-vault">The vault</h3>
        <vault-keys
          .now=${now}
          .call=${call}
          .status=${this.status}
          .changed=${(status: VaultStatus) => {
            this.status = status;
          }}
        ></vault-keys>
      </section>
      ${this.#backups()}
      <section aria-labelledby="keys-secrets">
        <h3 id="keys-secrets">Secrets of the house</h3>
        <secret-list
          .now=${now}
          .call=${call}
          .of=${"house"}
          .secrets=${this.secrets}
          .changed=${() => {
            if (call !== null) void this.#loadSecrets(call);
          }}
        ></secret-list>
      </section>
      <section aria-labelledby="keys-schedules">
        <h3 id="keys-schedules">What the house does by itself</h3>
        ${schedulesView(this.schedules, now)}
      </section>
    </dialog>`;
  }
}
customElements.define("keys-dialog", KeysDialog);
