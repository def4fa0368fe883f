import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Client } from "@moltbot/client";
import type { Conversation, ConversationId } from "@moltbot/contracts";
import type { Hit } from "../elements/message-search.ts";
import type { State } from "../state/state.ts";
import { conversationsOf, pendingApprovals } from "../state/select.ts";
import { honestText } from "../text/honest-text.ts";
import { nameText } from "../words-of-people.ts";
import { momentText } from "../words.ts";
import { icon, mark } from "./icons.ts";

export interface SideWish {
  readonly state: State;
  readonly now: number;
  readonly open: (id: ConversationId | null) => void;
  /** Asks the gateway; null while nothing is connected. */
  readonly call: Client["call"] | null;
  readonly openHit: (hit: Hit) => void;
}

const conversation = (
  { id, title }: Conversation,
  { state, open }: SideWish,
  says: TemplateResult | string,
): TemplateResult =>
  html`<li>
    <button
      type="button"
      class="conversation"
      aria-current=${id === state.conversationId ? "page" : nothing}
      @click=${() => open(id)}
    >
      <span class="conversation-title">${title === "" ? "Conversation" : honestText(title)}</span>
      <span class="conversation-when">${says}</span>
    </button>
  </li>`;

/** What others show, with whose it is. */
const sharedView = (shared: readonly Conversation[], wish: SideWish): TemplateResult | typeof nothing =>
  shared.length === 0
    ? nothing
    : html`<nav aria-label="Conversations that others show you" class="shared">
        <h2>Shared with you</h2>
        <ul class="conversations" role="list">
          ${repeat(
            shared,
            ({ id }) => id,
            (item) => conversation(item, wish, nameText(item.ownerId, wish.state.people, null)),
          )}
        </ul>
      </nav>`;

/** The list of conversations; it stands beside the chat on wide screens and in a drawer on narrow ones. */
export const sideView = (wish: SideWish): TemplateResult => {
  const { state, now, open, call, openHit } = wish;
  const { own, shared } = conversationsOf(state);
  const sharedOnes = new Set(state.shares.flatMap(({ object }) => (object.type === "conversation" ? [object.id] : [])));
  const asking = new Set(pendingApprovals(state).map(({ conversationId }) => conversationId));
  return html`<p class="brand">${mark()}<span>Moltbot</span></p>
    <button type="button" class="button wide new" @click=${() => open(null)}>${icon("plus")}New conversation</button>
    <message-search .erased=${state.erased} .now=${now} .call=${call} .open=${openHit}></message-search>
    <nav aria-label="Conversations">
      ${
        own.length === 0
          ? html`<p class="quiet none">Your conversations will be listed here.</p>`
          : html`<ul class="conversations" role="list">
              ${repeat(
                own,
                ({ id }) => id,
                (item) =>
                  conversation(
                    item,
                    wish,
                    asking.has(item.id)
                      ? html`<span class="asks">asks you</span>`
                      : sharedOnes.has(item.id)
                        ? html`<span title="Others read it">${icon("people")}</span
                            ><span class="visually-hidden">Others read it. </span>${momentText(item.updatedAt, now)}`
                        : momentText(item.updatedAt, now),
                  ),
              )}
            </ul>`
      }
    </nav>
    ${sharedView(shared, wish)}`;
};
