import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { may } from "../people/may.ts";
import { openShared } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { nameText } from "../words-of-people.ts";
import { momentText } from "../words.ts";

/** Why nothing can be written here, where a conversation is shown. */
export const whyNotView = (state: State, now: number): TemplateResult | typeof nothing => {
  const { agent, agents, conversationId, conversations, principal } = state;
  if (conversationId === null) return nothing;
  const shared = openShared(state);
  if (shared !== null)
    return html`<p class="quiet why-not">
      ${nameText(shared.ownerId, state.people, null)} shows you this much of it, since
      ${momentText(shared.updatedAt, now)}. You read it; writing and what comes later is theirs.
    </p>`;
  if (!may(principal, "messages.send"))
    return html`<p class="quiet why-not">You are here as a viewer, who reads and does not write.</p>`;
  const known = conversations.some(({ id }) => id === conversationId);
  return agent !== null || !known || agents.length === 0
    ? nothing
    : html`<p class="quiet why-not">The agent of this conversation is no longer there for you.</p>`;
};
