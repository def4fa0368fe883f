import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Client } from "@moltbot/client";
import type { ConversationId } from "@moltbot/contracts";
import type { Hit } from "../elements/message-search.ts";
import type { State } from "../state/state.ts";
import { pendingApprovals } from "../state/select.ts";
import { honestText } from "../text/honest-text.ts";
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

/** The list of conversations; it stands beside the chat on wide screens and in a drawer on narrow ones. */
export const sideView = ({ state, now, open, call, openHit }: SideWish): TemplateResult => {
  const asking = new Set(pendingApprovals(state).map(({ conversationId }) => conversationId));
  return html`<p class="brand">${mark()}<span>Moltbot</span></p>
    <button type="button" class="button wide new" @click=${() => open(null)}>${icon("plus")}New conversation</button>
    <message-search .erased=${state.erased} .now=${now} .call=${call} .open=${openHit}></message-search>
    <nav aria-label="Conversations">
      ${
        state.conversations.length === 0
          ? html`<p class="quiet none">Your conversations will be listed here.</p>`
          : html`<ul class="conversations" role="list">
              ${repeat(
                state.conversations,
                ({ id }) => id,
                (item) =>
                  html`<li>
                    <button
                      type="button"
                      class="conversation"
                      aria-current=${item.id === state.conversationId ? "page" : nothing}
                      @click=${() => open(item.id)}
                    >
                      <span class="conversation-title"
                        >${item.title === "" ? "Conversation" : honestText(item.title)}</span
                      >
                      <span class="conversation-when">
                        ${asking.has(item.id) ? html`<span class="asks">asks you</span>` : momentText(item.updatedAt, now)}
                      </span>
                    </button>
                  </li>`,
              )}
            </ul>`
      }
    </nav>`;
};
