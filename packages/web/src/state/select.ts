import type { Approval, Message, MessagePart } from "@moltbot/contracts";
import type { Block, LiveReply, State } from "./state.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;
type CallPart = Extract<MessagePart, { type: "call" }>;

/** One line of the transcript. */
export type Row =
  | { readonly kind: "message"; readonly key: string; readonly message: Message }
  | { readonly kind: "step"; readonly key: string; readonly result: ResultPart; readonly call: CallPart | null }
  /** Questions of one turn that stand together. */
  | { readonly kind: "approval"; readonly key: string; readonly approvals: readonly Approval[] }
  | { readonly kind: "sending"; readonly key: string; readonly text: string; readonly blocks: readonly Block[] }
  | { readonly kind: "live"; readonly key: string; readonly live: LiveReply }
  | { readonly kind: "working"; readonly key: string };

const hasWords = (message: Message): boolean =>
  message.parts.some(
    (part) => part.type === "reminder" || part.type === "quote" || (part.type === "text" && part.text.trim() !== ""),
  );

/** Whether this page saw the question wait and somebody answered it in another place. */
export const answeredElsewhere = (state: State, { id }: Approval): boolean =>
  state.waited[id] === true && state.answered[id] !== true;

/** The questions that wait for an answer, oldest first. */
export const pendingApprovals = (state: State): readonly Approval[] =>
  Object.values(state.approvals)
    .filter(({ state: now }) => now === "pending")
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));

/** The turn that runs in the open conversation and waits for nobody; null when there is none. */
export const runningTurn = (state: State): string | null => {
  const turnId = state.conversationId === null ? undefined : state.turns[state.conversationId];
  if (turnId === undefined) return null;
  return pendingApprovals(state).some((approval) => approval.turnId === turnId) ? null : turnId;
};

/** The open conversation as rows: messages, quiet lines for tool results, questions in their place, what is on its way. */
export const transcript = (state: State): readonly Row[] => {
  const id = state.conversationId;
  const messages = id === null ? [] : (state.messages[id] ?? []);
  const calls = new Map(
    messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === "call" ? [[part.callId, part] as const] : [])),
    ),
  );
  const questions = Object.values(state.approvals)
    .filter((approval) => approval.conversationId === id)
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const rows: Row[] = [];
  let asked = 0;
  const askUntil = (instant: string): void => {
    for (let next = questions[asked]; next !== undefined && next.createdAt < instant; next = questions[asked]) {
      const last = rows.at(-1);
      if (last?.kind === "approval" && last.approvals[0]?.turnId === next.turnId)
        rows[rows.length - 1] = { ...last, approvals: [...last.approvals, next] };
      else rows.push({ kind: "approval", key: next.id, approvals: [next] });
      asked += 1;
    }
  };
  for (const message of messages) {
    askUntil(message.createdAt);
    if (hasWords(message)) rows.push({ kind: "message", key: message.id, message });
    for (const part of message.parts) {
      if (part.type !== "result") continue;
      rows.push({
        kind: "step",
        key: `${message.id}/${part.callId}`,
        result: part,
        call: calls.get(part.callId) ?? null,
      });
    }
  }
  askUntil("~");
  if (state.sending !== null)
    rows.push({ kind: "sending", key: "sending", text: state.sending, blocks: state.sendingBlocks });
  const live = id === null ? undefined : state.live[id];
  if (live !== undefined && live.text.trim() !== "") rows.push({ kind: "live", key: "live", live });
  else if (runningTurn(state) !== null || state.sending !== null) rows.push({ kind: "working", key: "working" });
  return rows;
};
