import { html } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { BackupInfo, SecretInfo, VaultStatus } from "@moltbot/contracts";
import { copiesView } from "../views/copies.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { schedulesView } from "../views/schedules.ts";
import type { Kept } from "../views/schedules.ts";
import { PageDialog } from "./page-dialog.ts";
import "./secret-list.ts";
import "./vault-keys.ts";
import type { VaultKeys } from "./vault-keys.ts";

const LAST_TIMES = 4;

/** The owner's keys: how the vault is sealed, copies of everything, secrets, and what the house does by itself. */
export class KeysDialog extends PageDialog {
  static override properties = {
    status: { state: true },
    copies: { state: true },
    secrets: { state: true },
    schedules: { state: true },
    making: { state: true },
  };
  /** Null while they are loaded. */
  declare status: VaultStatus | null;
  declare copies: readonly BackupInfo[] | null;
  declare secrets: readonly SecretInfo[] | null;
  declare schedules: readonly Kept[] | null;
  /** What is being made. */
  declare making: BackupInfo["kind"] | null;

  constructor() {
    super();
    this.status = null;
    this.copies = null;
    this.secrets = null;
    this.schedules = null;
    this.making = null;
  }

  show(): Promise<void> {
    return this.open();
  }

  /** Loads everything it shows; one part that fails leaves the others. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const vault = async (): Promise<void> => {
      this.status = this.taken(await call("vault.status", {}), this.status);
    };
    await Promise.all([vault(), this.#loadCopies(call), this.#loadSecrets(call), this.#loadSchedules(call)]);
  }

  async #loadCopies(call: Client["call"]): Promise<void> {
    this.copies = this.taken(await call("backups.list", {}), this.copies);
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
    if (call === null || this.busy) return;
    this.making = kind;
    this.clear();
    const made = await this.ask(() => call("backups.create", { kind }), "#keys-problem");
    this.making = null;
    if (made !== null)
      this.said = kind === "backup" ? "The backup is made." : "The keyring is copied. Put it away from the backups.";
    await this.#loadCopies(call);
  };

  protected override closed(): void {
    this.querySelector<VaultKeys>("vault-keys")?.forget();
  }

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
        <button type="button" class="button" ?disabled=${this.busy} @click=${this.#make("backup")}>
          ${this.making === "backup" ? "Making it…" : "Back up now"}
        </button>
        <button type="button" class="button" ?disabled=${this.busy} @click=${this.#make("keyring")}>
          ${icon("key")}${this.making === "keyring" ? "Copying…" : "Copy the keyring"}
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
    return this.sheet(
      "keys-title",
      "Keys and backups",
      "keys and backups",
      html`${problemView(this.problem, "keys-problem")}
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
        </section>`,
    );
  }
}
customElements.define("keys-dialog", KeysDialog);
