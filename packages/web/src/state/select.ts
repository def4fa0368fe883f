import type { Approval, Conversation } from "@moltbot/contracts";
import type { State } from "./state.ts";
import { toldRows } from "./told-rows.ts";
import type { Row } from "./told-rows.ts";

/** Whether this page saw the question wait and somebody answered it in another place. */
export const answeredElsewhere = (state: State, { id }: Approval): boolean =>
  state.waited[id] === true && state.answered[id] !== true;

const oldestFirst = (approvals: readonly Approval[]): readonly Approval[] =>
  approvals.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));

/** Whether a conversation is somebody else's, shown to the one who is signed in. */
export const isForeign = (
  { principal }: Pick<State, "principal">,
  { ownerId }: Pick<Conversation, "ownerId">,
): boolean => principal !== null && ownerId !== principal.id;

/** The conversations of somebody, and those that others show them. */
export const conversationsOf = (
  state: Pick<State, "conversations" | "principal">,
): {
  readonly own: readonly Conversation[];
  readonly shared: readonly Conversation[];
} => ({
  own: state.conversations.filter((one) => !isForeign(state, one)),
  shared: state.conversations.filter((one) => isForeign(state, one)),
});

/** The open conversation, when it is somebody else's. */
export const openShared = (state: State): Conversation | null =>
  state.conversations.find((one) => one.id === state.conversationId && isForeign(state, one)) ?? null;

/** The questions that wait for an answer, oldest first. */
export const pendingApprovals = (state: State): readonly Approval[] =>
  oldestFirst(Object.values(state.approvals).filter(({ state: now }) => now === "pending"));

/** The turn that runs in the open conversation and waits for nobody; null when there is none. */
export const runningTurn = (state: State): string | null => {
  const turnId = state.conversationId === null ? undefined : state.turns[state.conversationId];
  if (turnId === undefined) return null;
  return pendingApprovals(state).some((approval) => approval.turnId === turnId) ? null : turnId;
};

/** The open conversation as rows: messages, plans, quiet lines for other results, questions in their place, what is on its way. */
export const transcript = (state: State): readonly Row[] => {
  const id = state.conversationId;
  const messages = id === null ? [] : (state.messages[id] ?? []);
  const rows: Row[] = [
    ...toldRows({
      messages,
      questions: oldestFirst(Object.values(state.approvals).filter((approval) => approval.conversationId === id)),
      heard: id === null ? [] : (state.plans[id] ?? []),
    }),
  ];
  if (state.sending !== null)
    rows.push({ kind: "sending", key: "sending", text: state.sending, blocks: state.sendingBlocks });
  const live = id === null ? undefined : state.live[id];
  if (live !== undefined && live.text.trim() !== "") rows.push({ kind: "live", key: "live", live });
  else if (runningTurn(state) !== null || state.sending !== null) rows.push({ kind: "working", key: "working" });
  return rows;
};
