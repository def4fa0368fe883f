import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Attachment, ConversationId, MoltbotError, Result } from "@moltbot/contracts";
import { readBase64 } from "../files/read-file.ts";
import { bytesOf, saveFile } from "../files/save-file.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { countText } from "../words.ts";
import { sizeText } from "../words-of-keeping.ts";
import { PageElement } from "./page-element.ts";

/** No gateway can be set to take more. */
const LARGEST = 104_857_600;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;

/** Why a file was not taken, with the limit where that was the reason. */
const reasonOf = (name: string, size: number, error: MoltbotError): string => {
  const { most } = error.context;
  const file = neutralText(name);
  if (typeof most === "number" && error.code === "ATTACHMENT_TOO_LARGE")
    return `“${file}” has ${sizeText(size)}; ${sizeText(most)} is the most.`;
  if (typeof most === "number" && error.code === "ATTACHMENTS_FULL")
    return `“${file}” does not fit: your files together may have ${sizeText(most)}. Remove some first.`;
  return `“${file}” was not kept. ${neutralText(error.message)} ${error.next}`;
};

/** The files of the open conversation: taken in, handed out, removed. Those of a conversation that has no message yet wait for it. */
export class AttachmentList extends PageElement {
  static override properties = {
    conversationId: { attribute: false },
    call: { attribute: false },
    mayChange: { attribute: false },
    files: { state: true },
    held: { state: true },
    problems: { state: true },
    busy: { state: true },
    leaving: { state: true },
    said: { state: true },
  };
  /** Called when the last file was removed: the focus needs another place. */
  emptied: () => void = () => undefined;
  declare conversationId: ConversationId | null;
  declare call: Client["call"] | null;
  declare mayChange: boolean;
  declare files: readonly Attachment[];
  /** Files that wait for the first message. */
  declare held: readonly File[];
  declare problems: readonly string[];
  /** How many are on their way. */
  declare busy: number;
  declare leaving: string | null;
  declare said: string;

  constructor() {
    super();
    this.conversationId = null;
    this.call = null;
    this.mayChange = false;
    this.files = [];
    this.held = [];
    this.problems = [];
    this.busy = 0;
    this.leaving = null;
    this.said = "";
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("conversationId")) return;
    this.files = [];
    this.problems = [];
    this.leaving = null;
    void this.load();
  }

  /** Loads the list of the open conversation. */
  async load(): Promise<void> {
    const { call, conversationId } = this;
    if (call === null || conversationId === null) return;
    const listed = await call("attachments.list", { conversationId });
    if (listed.ok && this.conversationId === conversationId) this.files = listed.value;
  }

  /** Keeps files with the open conversation, or holds them until it has its first message. */
  async add(files: readonly File[]): Promise<void> {
    this.problems = [];
    const small = files.filter(({ size }) => size <= LARGEST);
    this.problems = files
      .filter(({ size }) => size > LARGEST)
      .map(
        ({ name, size }) =>
          `“${neutralText(name)}” has ${sizeText(size)}; no file may have more than ${sizeText(LARGEST)}.`,
      );
    if (this.conversationId === null) {
      this.held = [...this.held, ...small];
      if (small.length > 0) this.said = "It goes along with your first message.";
    } else await this.#keep(this.conversationId, small);
  }

  /** The conversation has its first message: what was held is kept with it. */
  async settle(conversationId: ConversationId): Promise<void> {
    const { held } = this;
    this.held = [];
    await this.#keep(conversationId, held);
  }

  async #send(call: Client["call"], conversationId: ConversationId, file: File): Promise<Result<Attachment> | null> {
    const content = await readBase64(file);
    if (content === null) return null;
    return call("attachments.create", {
      conversationId,
      name: file.name.slice(0, 255),
      content,
      ...(MEDIA_TYPE.test(file.type) ? { mediaType: file.type } : {}),
    });
  }

  async #keep(conversationId: ConversationId, files: readonly File[]): Promise<void> {
    const { call } = this;
    if (call === null || files.length === 0) return;
    this.busy += files.length;
    let kept = 0;
    for (const file of files) {
      const sent = await this.#send(call, conversationId, file);
      this.busy -= 1;
      if (sent?.ok === true) kept += 1;
      else
        this.problems = [
          ...this.problems,
          sent === null ? `“${neutralText(file.name)}” cannot be read.` : reasonOf(file.name, file.size, sent.error),
        ];
    }
    if (kept > 0) this.said = `${countText(kept, "file")} kept with the conversation.`;
    await this.load();
  }

  readonly #save = async ({ id }: Attachment): Promise<void> => {
    const got = await this.call?.("attachments.get", { attachmentId: id });
    if (got === undefined) return;
    if (got.ok) saveFile(got.value.name, bytesOf(got.value.content));
    else this.problems = [`${neutralText(got.error.message)} ${got.error.next}`];
  };

  readonly #leave = (id: string | null) => (): void => {
    this.leaving = id;
    this.focusOn(id === null ? "summary" : ".really");
  };

  readonly #remove = async ({ id, name }: Attachment): Promise<void> => {
    const removed = await this.call?.("attachments.remove", { attachmentId: id });
    this.#leave(null)();
    if (removed?.ok === false) this.problems = [`${neutralText(removed.error.message)} ${removed.error.next}`];
    else this.said = `Removed: ${neutralText(name)}.`;
    await this.load();
    if (this.files.length === 0) this.emptied();
  };

  #one(item: Attachment): TemplateResult {
    const name = neutralText(item.name);
    return html`<li class="entry revocable">
      <span>${honestText(item.name)} <span class="quiet">${sizeText(item.bytes)}</span></span>
      <span class="entry-ways row-ways">
        <button type="button" class="link" aria-label="Download ${name}" @click=${() => void this.#save(item)}>
          Download
        </button>
        ${
          this.mayChange
            ? html`<button type="button" class="link grave" aria-label="Remove ${name}" @click=${this.#leave(item.id)}>
                Remove
              </button>`
            : nothing
        }
      </span>
      ${
        this.leaving === item.id
          ? html`<span class="whole-row really" role="group" tabindex="-1" aria-label="Remove ${name}?">
              <span>Its key is destroyed with it. This cannot be undone.</span>
              <button type="button" class="button danger" @click=${() => void this.#remove(item)}>Remove it</button>
              <button type="button" class="button" @click=${this.#leave(null)}>Keep it</button>
            </span>`
          : nothing
      }
    </li>`;
  }

  #list(): TemplateResult | typeof nothing {
    const { files, held, busy, conversationId } = this;
    const waiting = conversationId === null ? held : [];
    const count = files.length + waiting.length;
    if (count === 0 && busy === 0) return nothing;
    const bytes = [...files.map((file) => file.bytes), ...waiting.map(({ size }) => size)].reduce(
      (sum, n) => sum + n,
      0,
    );
    return html`<details class="fold attached" ?open=${waiting.length > 0}>
      <summary>
        ${icon("chevron")}${busy > 0 ? `Keeping ${countText(busy, "file")}…` : `${countText(count, "file")}, ${sizeText(bytes)}`}
      </summary>
      <ul class="entries" role="list" aria-label="Files of this conversation">
        ${files.map((item) => this.#one(item))}
        ${waiting.map(
          (file) =>
            html`<li class="entry revocable">
              <span>${honestText(file.name)} <span class="quiet">goes along with your first message</span></span>
              <button
                type="button"
                class="link"
                aria-label="Leave out ${neutralText(file.name)}"
                @click=${() => {
                  this.held = this.held.filter((one) => one !== file);
                }}
              >
                Leave out
              </button>
            </li>`,
        )}
      </ul>
      <p class="quiet">Kept here, encrypted, as long as the conversation. The assistant does not read them.</p>
    </details>`;
  }

  protected override render(): TemplateResult {
    const { problems } = this;
    return html`${this.#list()}
      ${
        problems.length === 0
          ? nothing
          : html`<div class="attach-problem" role="alert">
              <p class="field-problem">${problems.map((problem) => html`${honestText(problem)} `)}</p>
              <button
                type="button"
                class="icon-button"
                aria-label="Put this away"
                @click=${() => {
                  this.problems = [];
                }}
              >
                ${icon("close")}
              </button>
            </div>`
      }
      <p class="visually-hidden" role="status">${this.said}</p>`;
  }
}
customElements.define("attachment-list", AttachmentList);
