import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { DomainEvent, RequestContext, Result, StoredAgent, TurnReport } from "@moltbot/contracts";
import type { ChatAnswer, ChatFinish, ChatMessage, ChatPiece, ChatRequest } from "@moltbot/ingress/http";
import { sendMessage } from "../operations/messages.ts";
import { conversationOf } from "./conversation-of.ts";
import type { OpenAiPorts } from "./ports.ts";
import { quoteHistory } from "./quote-history.ts";
import { wordsOfReport } from "./words-of-report.ts";

interface Parted {
  /** The last words of the person: all that counts as said by whoever holds the token. */
  readonly word: string;
  readonly rest: readonly ChatMessage[];
}

/** Behind the person's last words only a client's standing orders may come; anything else is not a person who speaks now. */
const parted = (messages: readonly ChatMessage[]): Result<Parted> => {
  const at = messages.findLastIndex(({ role }) => role !== "system");
  const last = messages[at];
  return last?.role === "user"
    ? ok({ word: last.text, rest: messages.toSpliced(at, 1) })
    : err(moltbotError("REQUEST_INVALID", { path: "messages", problem: "the last message is not a user's" }));
};

/**
 * Says a turn to a client as it goes: the agent's words, with a blank line where it did something in between. An agent that reads in
 * quarantine is heard at the end alone: until then its words hold handles in place of what they stand for.
 */
const speech = (emit: (piece: ChatPiece) => void, live: boolean) => {
  let begun = false;
  let earlier = false;
  let said = "";
  const say = (text: string): void => {
    if (text === "") return;
    emit({ type: "text", text: said === "" && earlier ? `\n\n${text}` : text });
    said += text;
  };
  const pause = (): void => {
    earlier ||= said !== "";
    said = "";
  };
  return {
    hear: (event: DomainEvent): void => {
      if (!begun) emit({ type: "begun" });
      begun = true;
      if (live && event.name === "message:delta") say(event.payload.text);
      if (event.name === "message:sent" && event.payload.message.parts.some(({ type }) => type === "call")) pause();
    },
    /** What was not heard of the last words; they may be others than those that were said while they came. */
    end: (words: string): void => {
      if (!words.startsWith(said)) pause();
      say(words.slice(said.length));
    },
  };
};

const FINISHES: Readonly<Record<string, ChatFinish>> = { MODEL_CUT_OFF: "length", MODEL_BLOCKED: "content_filter" };

const answerOf = async (
  { operations: { house } }: OpenAiPorts,
  { principal }: RequestContext,
  report: TurnReport,
  text: string,
): Promise<Result<ChatAnswer>> => {
  const turn = report.state === "failed" ? await house.store.turns.find(ownScope(principal), report.turnId) : null;
  if (turn !== null && !turn.ok) return turn;
  const code = turn?.value.end?.code ?? null;
  return ok({
    text,
    calls: [],
    finish: FINISHES[code ?? ""] ?? "stop",
    usage: null,
    turn: { id: report.turnId, conversationId: report.conversationId, state: report.state, code },
  });
};

/**
 * A completion as a turn of the agent. Only the person's last words are theirs; whatever else the client sent comes along as quotes
 * when the conversation begins, and is not looked at later. Once the message is durable the answer has no error: it says in words what
 * became of the turn, because a client that tries again would say it twice. A client that goes away leaves the turn running.
 */
export const chatAsTurn = async (
  ports: OpenAiPorts,
  context: RequestContext,
  agent: StoredAgent,
  request: ChatRequest,
  emit: (piece: ChatPiece) => void,
): Promise<Result<ChatAnswer>> => {
  const sent = parted(request.messages);
  if (!sent.ok) return sent;
  const place = await conversationOf(ports, context.principal, agent.id, request.user);
  if (!place.ok) return place;
  const { hear, end } = speech(emit, agent.reading !== "quarantined");
  const report = await sendMessage(
    ports.operations,
    { ...context, emit: hear },
    {
      agentId: agent.id,
      conversationId: place.value.id,
      begins: true,
      content: sent.value.word,
      blocks: place.value.fresh ? [...quoteHistory(sent.value.rest)] : [],
      wait: true,
      ...(request.idempotencyKey === null ? {} : { idempotencyKey: request.idempotencyKey }),
    },
  );
  if (!report.ok) return report;
  const words = wordsOfReport(report.value);
  end(words);
  return answerOf(ports, context, report.value, words);
};
