import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type {
  Conversation,
  ErasureCertificate,
  InventoryEntry,
  OperationOutput,
  Principal,
  PrivacySubject,
} from "@moltbot/contracts";
import { bytesOf, saveFile } from "../files/save-file.ts";
import { may } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { saveCertificate } from "../views/certificate.ts";
import { command } from "../views/command.ts";
import { foldedEntriesView } from "../views/entries.ts";
import { icon } from "../views/icons.ts";
import { inventoryView } from "../views/inventory.ts";
import { problemView } from "../views/problem.ts";
import { rowsTotal } from "../words-of-keeping.ts";
import type { Days } from "../words-of-keeping.ts";
import { countText, momentText } from "../words.ts";
import type { EraseDialog } from "./erase-dialog.ts";
import { PageDialog } from "./page-dialog.ts";

/** More conversations than these are folded. */
const SHOWN = 5;
const titleOf = ({ title }: Conversation): string => (title.trim() === "" ? "Conversation" : title);

const KEPT_FOR = "retention.";
const daysOf = (settings: OperationOutput<"config.list">): Days =>
  Object.fromEntries(
    settings.flatMap(({ key, value }) =>
      key.startsWith(KEPT_FOR) && typeof value === "number" ? [[key.slice(KEPT_FOR.length), value]] : [],
    ),
  );

/** What is kept of a person: to read, to have as a file, and to have gone. */
export class DataDialog extends PageDialog {
  static override properties = {
    conversations: { attribute: false },
    inventory: { state: true },
    certificates: { state: true },
    days: { state: true },
    collecting: { state: true },
  };
  declare conversations: readonly Conversation[];
  /** Null while they are loaded. */
  declare inventory: readonly InventoryEntry[] | null;
  declare certificates: readonly ErasureCertificate[] | null;
  /** How long things are kept, as it is set. */
  declare days: Days;
  /** The id of whom or what is being exported. */
  declare collecting: string | null;

  constructor() {
    super();
    this.conversations = [];
    this.inventory = null;
    this.certificates = null;
    this.days = {};
    this.collecting = null;
  }

  show(): Promise<void> {
    return this.open();
  }

  /** Loads what the gateway keeps, and what it erased. */
  async load(): Promise<void> {
    const { call, me } = this;
    if (call === null) return;
    const [inventory, certificates, settings] = await Promise.all([
      call("privacy.inventory", {}),
      may(me, "privacy.certificates") ? call("privacy.certificates", {}) : null,
      may(me, "config.list") ? call("config.list", {}) : null,
    ]);
    if (settings?.ok === true) this.days = daysOf(settings.value);
    this.inventory = this.taken(inventory, this.inventory);
    if (certificates !== null)
      this.certificates = this.taken<DataDialog["certificates"]>(certificates, this.certificates);
  }

  readonly #export = async (subject: PrivacySubject): Promise<void> => {
    if (this.call === null || this.busy) return;
    this.collecting = subject.id;
    this.said = "Collecting it…";
    const made = await this.ask((call) => call("privacy.export", { subject }), "#data-problem");
    this.collecting = null;
    this.said = made === null ? "" : "Saved. Whoever has this file can read it.";
    if (made !== null) saveFile(made.name, bytesOf(made.content));
  };

  readonly #erase = (conversation: Conversation) => (): void => {
    void this.querySelector<EraseDialog>("erase-dialog")?.show(conversation);
  };

  #conversation(conversation: Conversation): TemplateResult {
    const title = titleOf(conversation);
    const { id } = conversation;
    return html`<li class="entry revocable">
      <span>${honestText(title)}</span>
      <span class="quiet">${momentText(conversation.updatedAt, this.now)}</span>
      <span class="entry-ways row-ways">
        <button
          type="button"
          class="link"
          aria-label="Export the conversation ${neutralText(title)}"
          ?disabled=${this.busy}
          @click=${() => void this.#export({ kind: "conversation", id })}
        >
          ${this.collecting === id ? "Collecting…" : "Export"}
        </button>
        <button
          type="button"
          class="link grave"
          aria-haspopup="dialog"
          aria-label="Erase the conversation ${neutralText(title)}…"
          @click=${this.#erase(conversation)}
        >
          Erase…
        </button>
      </span>
    </li>`;
  }

  #conversations(): TemplateResult {
    const rows = this.conversations.map((one) => this.#conversation(one));
    return html`<section aria-labelledby="data-conversations">
      <h3 id="data-conversations" tabindex="-1">Your conversations</h3>
      ${rows.length === 0 ? html`<p class="quiet">None.</p>` : foldedEntriesView(rows, SHOWN)}
    </section>`;
  }

  #everything({ id }: Principal): TemplateResult {
    return html`<section aria-labelledby="data-everything">
      <h3 id="data-everything">Everything about you</h3>
      <p class="quiet">
        Conversations, memories, contacts, permissions, files: one readable archive. Whoever has it can read it.
      </p>
      <div class="choices">
        <button
          type="button"
          class="button"
          ?disabled=${this.busy}
          @click=${() => void this.#export({ kind: "person", id })}
        >
          ${icon("down")}${this.collecting === id ? "Collecting…" : "Export everything about me"}
        </button>
      </div>
      <details class="fold">
        <summary>${icon("chevron")}Erase everything about me</summary>
        <p class="quiet">That ends your account, too. It is done at the machine itself:</p>
        ${command(`./moltbot privacy erase person ${id}`)}
      </details>
    </section>`;
  }

  #certificates(certificates: readonly ErasureCertificate[] | null): TemplateResult {
    return html`<section aria-labelledby="data-erasures">
      <h3 id="data-erasures">Past erasures</h3>
      ${
        certificates === null
          ? html`<p class="quiet">Loading…</p>`
          : certificates.length === 0
            ? html`<p class="quiet">Nothing was erased yet.</p>`
            : html`<ul class="entries" role="list">
                ${certificates.map(
                  (item) =>
                    html`<li class="entry revocable">
                      <span>
                        A ${item.subject.kind}, ${momentText(item.at, this.now)}
                        <code class="quiet">${item.subject.id.slice(-6)}</code>
                      </span>
                      <span class="quiet">
                        ${countText(item.keys, "key")} destroyed, ${rowsTotal(item.rows)}
                        removed${
                          item.outOfReach.length === 0
                            ? ""
                            : `, ${countText(item.outOfReach.length, "thing")} out of reach`
                        }
                      </span>
                      <button
                        type="button"
                        class="link"
                        aria-label="Download the certificate of ${momentText(item.at, this.now)}"
                        @click=${() => saveCertificate(item)}
                      >
                        Certificate
                      </button>
                    </li>`,
                )}
              </ul>`
      }
    </section>`;
  }

  protected override render(): TemplateResult {
    const { inventory, me } = this;
    return html`${this.sheet(
        "data-title",
        "Your data",
        "your data",
        html`<p>
            Everything lies on the machine of this gateway, encrypted. It is yours to take along, and to have gone.
          </p>
          ${problemView(this.problem, "data-problem")}
          <p class="visually-hidden" role="status">${this.said}</p>
          ${me !== null && may(me, "privacy.export") ? html`${this.#conversations()} ${this.#everything(me)}` : nothing}
          <section aria-labelledby="data-kept">
            <h3 id="data-kept">What is kept</h3>
            ${inventory === null ? html`<p class="quiet">Loading…</p>` : inventoryView(inventory, this.days)}
          </section>
          ${may(me, "privacy.certificates") ? this.#certificates(this.certificates) : nothing}`,
      )}
      <erase-dialog
        .now=${this.now}
        .call=${this.call}
        .erased=${() => void this.load()}
        .closed=${() => this.focusOn("#data-conversations")}
      ></erase-dialog>`;
  }
}
customElements.define("data-dialog", DataDialog);
