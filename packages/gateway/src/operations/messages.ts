import { err, moltbotError, ownScope, proofCovers } from "@moltbot/contracts";
import type {
  DomainEvent,
  MoltbotError,
  OperationHandlers,
  OperationInput,
  Proof,
  RequestContext,
  Result,
  TurnId,
  TurnReport,
} from "@moltbot/contracts";
import { cameBy } from "../came-by.ts";
import type { House } from "../house.ts";
import { beginWithPrompt } from "../begin-with-prompt.ts";
import type { Words } from "../begin-with-prompt.ts";
import { receive } from "../spine.ts";
import { obstacle } from "./loosening.ts";
import { obey, ownersWord } from "./owners-word.ts";
import type { Word } from "./owners-word.ts";
import type { OperationPorts } from "./ports.ts";
import { stopTurn } from "./stop-turn.ts";
import { reportOf, settledReport } from "./turn-report.ts";

type Handlers = Pick<OperationHandlers, "messages.send" | "turns.get" | "turns.stop">;

const LONGEST_MESSAGE = 32_000;
/** All blocks of one message together. */
const LONGEST_BLOCKS = 100_000;

const turnOf = (event: DomainEvent): TurnId | null => {
  if ("turnId" in event.payload) return event.payload.turnId;
  if ("message" in event.payload) return event.payload.message.turnId;
  if ("approval" in event.payload) return event.payload.approval.turnId;
  return null;
};

/** Hands the events of one turn to the caller while `work` runs. Events that come before the turn's id is known are kept. */
const streaming = async <T>(
  house: House,
  context: RequestContext,
  work: (follow: (id: TurnId) => void) => Promise<T>,
): Promise<T> => {
  const { emit } = context;
  if (emit === undefined) return work(() => undefined);
  let turnId: TurnId | null = null;
  const early: DomainEvent[] = [];
  const stop = house.events.subscribe((event) => {
    if (!event.audience.includes(context.principal.id)) return;
    if (turnId === null) early.push(event);
    else if (turnOf(event) === turnId) emit(event);
  });
  try {
    return await work((id) => {
      turnId = id;
      early.filter((event) => turnOf(event) === id).forEach(emit);
    });
  } finally {
    stop();
  }
};

/** A message on its way in, whichever surface it came through. */
export interface Sending extends OperationInput<"messages.send"> {
  /** As in an arrival: the named conversation begins where it is not there. */
  readonly begins?: boolean;
}

const tooLong = (length: number, limit: number): MoltbotError | null =>
  length > limit ? moltbotError("MESSAGE_TOO_LONG", { length, limit }) : null;

/** Why a message is not taken; null when it is. */
const unsendable = ({ content, blocks }: Words): MoltbotError | null => {
  if (content.trim() === "" && blocks.length === 0) return moltbotError("MESSAGE_EMPTY");
  const quoted = blocks.reduce((sum, { text }) => sum + text.length, 0);
  return tooLong(content.length, LONGEST_MESSAGE) ?? tooLong(quoted, LONGEST_BLOCKS);
};

/** Words are the person's own only where a credential says so: one that passes on what others wrote gives no orders. */
const integrityOf = ({ proof }: RequestContext): Proof["integrity"] =>
  proof?.integrity === "authority" ? "authority" : "untrusted";

/** The operation that a gesture is, by another way; to go on brings grants back, which loosens. */
const GESTURES = Object.freeze({
  stop: { operation: "system.stop", loosens: false },
  resume: { operation: "system.resume", loosens: true },
} as const) satisfies Readonly<Record<Word, unknown>>;

/** What somebody's message does by itself; null for who may not call the operation this way: then it is a message like any other. */
const gestureIn = (ports: OperationPorts, context: RequestContext, input: Sending): Word | null => {
  // A gesture is typed and nothing else: no text that was kept makes one.
  if (integrityOf(context) !== "authority" || input.promptId !== undefined) return null;
  const said = ownersWord(context.principal, input);
  if (said === null || context.proof === undefined) return null;
  const { operation, loosens } = GESTURES[said];
  const machine = { audit: ports.house.audit, stepUp: () => ports.settings.current().approvals.stepUp };
  return proofCovers(context.proof, operation) && obstacle(machine, context, operation, loosens) === undefined
    ? said
    : null;
};

/** A key is its credential's own: another program of the same person neither hears what came of it nor is there first. */
const withOwnKey = ({ proof }: RequestContext, sent: Sending): Sending => {
  const by = cameBy(proof);
  return by === undefined || sent.idempotencyKey === undefined
    ? sent
    : { ...sent, idempotencyKey: `${by.kind} ${by.id} ${sent.idempotencyKey}` };
};

/** Takes a message in and gives the report of its turn: `messages.send`, and whatever else people speak through. */
export const sendMessage = (
  ports: OperationPorts,
  context: RequestContext,
  sent: Sending,
): Promise<Result<TurnReport>> =>
  streaming(ports.house, context, async (follow): Promise<Result<TurnReport>> => {
    const { house } = ports;
    const input = withOwnKey(context, sent);
    const integrity = integrityOf(context);
    const said = gestureIn(ports, context, input);
    if (said !== null) return obey(ports, context.principal, said, input, follow);
    const words = await beginWithPrompt(house.store, context.principal, input.promptId, input);
    if (!words.ok) return words;
    const fault = unsendable(words.value);
    if (fault !== null) return err(fault);
    const { content: text, blocks } = words.value;
    const { agentId, begins } = input;
    const arrival = {
      agentId,
      conversationId: input.conversationId ?? null,
      begins,
      text,
      blocks,
      integrity,
      cameBy: cameBy(context.proof),
    };
    const accepted = await receive(house, context.principal, arrival, input.idempotencyKey ?? null);
    if (!accepted.ok) return accepted;
    const { turn, conversation, message, fresh } = accepted.value;
    const scope = ownScope(context.principal);
    if (fresh)
      house.events.publish(
        "message:received",
        { tenantId: scope.tenantId, audience: conversation.audience },
        { conversationId: conversation.id, message },
      );
    follow(turn.id);
    return input.wait
      ? settledReport(house, scope, turn.id, context.signal, message)
      : reportOf(house, scope, turn, message);
  });

export const messageOperations = (ports: OperationPorts): Handlers => {
  const { house, workers } = ports;
  return {
    "messages.send": (context, input) => sendMessage(ports, context, input),
    "turns.get": async ({ principal, signal }, { turnId, wait }) => {
      const scope = ownScope(principal);
      if (wait) return settledReport(house, scope, turnId, signal);
      const turn = await house.store.turns.find(scope, turnId);
      return turn.ok ? reportOf(house, scope, turn.value) : turn;
    },
    "turns.stop": async ({ principal, signal }, { turnId }) => {
      const scope = ownScope(principal);
      const turn = await house.store.turns.find(scope, turnId);
      if (!turn.ok) return turn;
      const recorded = await house.audit.record({ event: "turn:stopped", actor: principal.id, fields: { turnId } });
      if (!recorded.ok) return recorded;
      const stopped = await stopTurn({ house, workers }, scope, turnId);
      if (!stopped.ok) return stopped;
      return settledReport(house, scope, turnId, signal);
    },
  };
};
