import type { AgentId, Prompt, TurnId } from "@moltbot/contracts";
import type { Behind } from "./behind.ts";
import { problemOf } from "./refusals.ts";
import type { Block } from "./state.ts";

/** A prompt that a message begins with; `own`: it counts as one's own words. */
export interface BegunWith {
  readonly prompt: Prompt;
  readonly own: boolean;
}

/** What a person says to an agent, and how they stop its answer. */
export interface Talk {
  /** Begins a new conversation with this agent; one that was just made is found first. */
  talkTo(agentId: AgentId): Promise<void>;
  /** False: it was not sent, and the text belongs back in the composer. */
  send(text: string, blocks?: readonly Block[], prompt?: BegunWith | null): Promise<boolean>;
  stop(turnId: TurnId): Promise<void>;
}

/** An idempotency key tells a repeated request from a second one; it guards nothing, so plain chance is enough. */
const freshKey = (): string => `web-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;

/** Sends messages and stops turns. */
export const talk = ({ client, store, load, fail }: Behind): Talk => ({
  async talkTo(agentId) {
    if (!store.state.agents.some(({ id }) => id === agentId)) await load.status();
    store.dispatch({ type: "talk-to", agentId });
  },

  async send(text, blocks = [], begun = null) {
    const { agent, conversationId } = store.state;
    if (agent === null) return false;
    const quoted: readonly Block[] =
      begun === null || begun.own ? blocks : [{ kind: "pasted", text: begun.prompt.text }, ...blocks];
    const shown = begun?.own !== true ? text : text === "" ? begun.prompt.text : `${begun.prompt.text}\n\n${text}`;
    store.dispatch({ type: "sending", text: shown, blocks: quoted });
    const sent = await client.call("messages.send", {
      agentId: agent.id,
      content: text,
      ...(begun === null ? {} : { promptId: begun.prompt.id }),
      ...(blocks.length === 0 ? {} : { blocks: [...blocks] }),
      wait: false,
      idempotencyKey: freshKey(),
      conversationId: conversationId ?? "new",
    });
    if (!sent.ok) {
      if (sent.error.code === "NOT_SIGNED_IN") fail(sent.error);
      else store.dispatch({ type: "not-sent", problem: problemOf(sent.error) });
      if (sent.error.code === "EVERYTHING_STOPPED") void load.status();
      return false;
    }
    store.dispatch({ type: "sent", report: sent.value, fresh: conversationId === null });
    if (conversationId === null) await load.conversations();
    return true;
  },

  async stop(turnId) {
    const stopped = await client.call("turns.stop", { turnId });
    if (stopped.ok) store.dispatch({ type: "turn", report: stopped.value });
    else fail(stopped.error);
  },
});
