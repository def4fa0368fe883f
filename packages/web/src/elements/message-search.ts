import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { OperationOutput } from "@moltbot/contracts";
import { honestProse, honestText } from "../text/honest-text.ts";
import { momentText } from "../words.ts";
import { textIn } from "./form-fields.ts";
import { PageElement } from "./page-element.ts";

export type Hit = OperationOutput<"search.messages">["hits"][number];
type Found =
  | { readonly kind: "hits"; readonly hits: readonly Hit[] }
  | { readonly kind: "problem"; readonly text: string };

const said = (hits: readonly Hit[]): string =>
  hits.length === 0
    ? "No message has all these words."
    : hits.length === 1
      ? "1 message"
      : `${String(hits.length)} messages, newest first`;

/** The words around the place, with what was found marked. */
const snippet = ({ snippet: text, matches }: Hit): readonly unknown[] => {
  let reached = 0;
  const parts: unknown[] = [];
  for (const [from, to] of matches) {
    parts.push(honestProse(text.slice(reached, from)), html`<mark>${honestProse(text.slice(from, to))}</mark>`);
    reached = to;
  }
  return [...parts, honestProse(text.slice(reached))];
};

/** Finds messages by their words, and leads to them. */
export class MessageSearch extends PageElement {
  static override properties = {
    call: { attribute: false },
    open: { attribute: false },
    now: { attribute: false },
    erased: { attribute: false },
    found: { state: true },
  };
  declare call: Client["call"] | null;
  declare open: (hit: Hit) => void;
  declare now: number;
  /** Conversations of which nothing may be shown any more, by id. */
  declare erased: Readonly<Record<string, true>>;
  /** Null while nothing was asked. */
  declare found: Found | null;
  #asked = 0;

  constructor() {
    super();
    this.call = null;
    this.open = () => undefined;
    this.now = 0;
    this.erased = {};
    this.found = null;
  }

  /** Also what is on its way counts no more. */
  #clear(): void {
    this.#asked += 1;
    this.found = null;
  }

  readonly #emptied = (event: Event): void => {
    if (event.target instanceof HTMLInputElement && event.target.value.trim() === "") this.#clear();
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.call === null || !(event.target instanceof HTMLFormElement)) return;
    const query = textIn(new FormData(event.target), "query").trim();
    this.#clear();
    if (query === "") return;
    const asked = this.#asked;
    const answer = await this.call("search.messages", { query, limit: 20 });
    if (asked !== this.#asked) return;
    this.found = answer.ok
      ? { kind: "hits", hits: answer.value.hits }
      : { kind: "problem", text: `${answer.error.message} ${answer.error.next}` };
  };

  #hit(hit: Hit): TemplateResult {
    return html`<li>
      <button type="button" class="conversation hit" @click=${() => this.open(hit)}>
        <span class="conversation-title">${hit.title === "" ? "Conversation" : honestText(hit.title)}</span>
        <span class="conversation-when">${momentText(hit.at, this.now)}</span>
        <bdi class="hit-words">${snippet(hit)}</bdi>
      </button>
    </li>`;
  }

  protected override render(): TemplateResult {
    const { found } = this;
    const hits = found?.kind === "hits" ? found.hits.filter((hit) => this.erased[hit.conversationId] !== true) : [];
    const status = found === null ? nothing : found.kind === "hits" ? said(hits) : found.text;
    return html`<form role="search" class="search" @submit=${this.#submit}>
        <label>
          <span class="visually-hidden">Find messages</span>
          <input
            type="search"
            class="field"
            name="query"
            maxlength="500"
            placeholder="Find messages"
            autocomplete="off"
            enterkeyhint="search"
            @input=${this.#emptied}
          />
        </label>
      </form>
      <p class="quiet none" role="status">${status}</p>
      ${
        hits.length > 0
          ? html`<ul class="conversations hits" role="list" aria-label="Messages that were found">
              ${hits.map((hit) => this.#hit(hit))}
            </ul>`
          : nothing
      }`;
  }
}

customElements.define("message-search", MessageSearch);
