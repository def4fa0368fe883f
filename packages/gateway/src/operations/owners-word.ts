import { MessageId, TurnId, label, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  AccessScope,
  Message,
  OperationInput,
  Principal,
  Repositories,
  Result,
  ResumeReport,
  StopReport,
  Turn,
  TurnEnd,
  TurnReport,
} from "@moltbot/contracts";
import { route } from "@moltbot/core/routing";
import type { Route } from "@moltbot/core/routing";
import { turnFor } from "../accept-message.ts";
import { noticeWith } from "../end-turn.ts";
import type { House } from "../house.ts";
import { resumeEverything } from "../resume-everything.ts";
import { stopEverything } from "../stop-everything.ts";
import type { OperationPorts } from "./ports.ts";
import { reportOf } from "./turn-report.ts";

type Input = OperationInput<"messages.send"> & { readonly begins?: boolean };
export type Word = "stop" | "resume";

const STOPS: ReadonlySet<string> = new Set(["stop", "/stop", "stop!", "stop everything", "stopp"]);
const RESUMES = "/resume";

/** The gesture that a message is, when it is nothing else and somebody sent it in person who may make it; null otherwise. */
export const ownersWord = (by: Principal, { content, blocks }: Pick<Input, "content" | "blocks">): Word | null => {
  if (by.kind !== "person" || blocks.length > 0) return null;
  const said = content.trim().toLowerCase();
  if (STOPS.has(said)) return roleSuffices(by.role, "admin") ? "stop" : null;
  return said === RESUMES && by.role === "owner" ? "resume" : null;
};

const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

const saysStopped = (report: StopReport): string =>
  [
    "Everything is stopped.",
    `Ended: ${many(report.turnsStopped, "turn", "turns")}, ${many(report.questionsCancelled, "question", "questions")}, ${many(report.capabilitiesEnded, "grant", "grants")}.`,
    `Held: ${many(report.turnsHeld, "message", "messages")}, ${many(report.remindersHeld, "reminder", "reminders")}.`,
    "/resume goes on.",
  ].join(" ");

const saysResumed = (report: ResumeReport): string =>
  [
    "Everything goes on.",
    `Released: ${many(report.turnsReleased, "message", "messages")}, ${many(report.remindersReleased, "reminder", "reminders")}, ${report.remindersLate} of them late.`,
    `Grants: ${report.capabilitiesRestored.length} restored, ${report.capabilitiesEnded.length} not.`,
  ].join(" ");

/** Acts first and gives the words for it. */
const act = async (ports: OperationPorts, by: Principal, word: Word): Promise<Result<string>> => {
  if (word === "stop") {
    const stopped = await stopEverything(ports, by, { surface: "chat", reason: null });
    return stopped.ok ? ok(saysStopped(stopped.value)) : stopped;
  }
  const resumed = await resumeEverything(ports, by, "starting");
  return resumed.ok ? ok(saysResumed(resumed.value)) : resumed;
};

/** The gesture as it stands in the conversation: no model is shown a notice, and no worker a turn that has ended. */
const gestureOf = (house: House, scope: AccessScope, where: Route, input: Input): Message => {
  const id = house.ids.next(MessageId);
  return {
    id,
    conversationId: where.conversation.id,
    parentId: null,
    role: "notice",
    author: scope.principalId,
    turnId: house.ids.next(TurnId),
    parts: [{ type: "text", text: input.content.trim() }],
    label: label("authority", where.conversation.audience, [{ kind: "message", ref: id }]),
    state: "complete",
    model: null,
    createdAt: house.clock.now(),
  };
};

interface Kept {
  readonly turn: Turn;
  readonly messages: readonly Message[];
}

const keepTurn = async (
  house: House,
  repositories: Repositories,
  scope: AccessScope,
  where: Route,
  { input, said }: { readonly input: Input; readonly said: string },
): Promise<Result<Kept>> => {
  if (where.fresh) {
    const created = await repositories.conversations.create(scope, where.conversation);
    if (!created.ok) return created;
  }
  const gesture = gestureOf(house, scope, where, input);
  const turn = turnFor(scope, where, gesture, gesture.turnId ?? house.ids.next(TurnId));
  const queued = await repositories.turns.enqueue(scope, turn, input.idempotencyKey ?? null);
  if (!queued.ok || !queued.value.fresh) return queued.ok ? ok({ turn: queued.value.turn, messages: [] }) : queued;
  const notice = noticeWith(house, turn, "complete", said);
  const end: TurnEnd = { state: "done", messageId: notice.id, code: null };
  const ended = await repositories.turns.cancel(scope, turn.id, end);
  if (!ended.ok) return ended;
  for (const message of [gesture, notice]) {
    const appended = await repositories.conversations.append(scope, where.conversation.activeHead, message);
    if (!appended.ok) return appended;
  }
  return ok({ turn: { ...turn, state: "done", end }, messages: [gesture, notice] });
};

/** What a `/resume` with that key became before; a second one would lift whatever stop came after it. A stop may act twice. */
const obeyedBefore = (house: House, scope: AccessScope, word: Word, key: string | undefined) =>
  word === "resume" && key !== undefined ? house.store.turns.byKey(scope, key) : ok(null);

/**
 * Obeys the owner's word in a conversation. It acts before it looks for the conversation, and goes on only once per key. The word
 * and what came of it are kept as a turn that is over: every surface shows it, and no model ever sees it.
 */
export const obey = async (
  ports: OperationPorts,
  by: Principal,
  word: Word,
  input: Input,
  follow: (id: TurnId) => void,
): Promise<Result<TurnReport>> => {
  const { house } = ports;
  const scope = ownScope(by);
  const before = await obeyedBefore(house, scope, word, input.idempotencyKey);
  if (!before.ok) return before;
  if (before.value !== null) {
    follow(before.value.id);
    return reportOf(house, scope, before.value);
  }
  const said = await act(ports, by, word);
  if (!said.ok) return said;
  const { agentId, begins, content: text } = input;
  const arrival = { agentId, conversationId: input.conversationId ?? null, begins, text };
  const kept = await house.store.atomically(async (repositories) => {
    const where = await route({ ...repositories, clock: house.clock, ids: house.ids }, scope, arrival);
    return where.ok ? keepTurn(house, repositories, scope, where.value, { input, said: said.value }) : where;
  });
  if (!kept.ok) return kept;
  const { turn, messages } = kept.value;
  follow(turn.id);
  const to = { tenantId: by.tenantId, audience: [by.id] };
  for (const message of messages)
    house.events.publish("message:sent", to, { conversationId: turn.conversationId, message });
  return reportOf(house, scope, turn);
};
