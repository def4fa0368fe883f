import { PLAN_TOOL } from "@moltbot/contracts";
import type { JsonObject, ModelPort, ModelRequest } from "@moltbot/contracts";
import { attemptsAt, replyOf } from "./attempts.ts";
import type { Attempt, Learnt } from "./attempts.ts";
import type { ClawWin } from "./corpus.ts";
import { READERS } from "./outbound.ts";
import { isReading, readerAnswer } from "./reader.ts";
import { saidModel } from "./said-model.ts";
import type { SaidAnswer } from "./said-model.ts";
import type { ClawWorld } from "./world.ts";

/** What the model of one task is told before each turn. */
export interface Orders {
  /** The owner's words. */
  readonly stated: string;
  readonly wins: readonly ClawWin[];
  /** What it does first: commits to this, where that is offered, and nothing more; null: it never plans and tries everything. */
  readonly plan: JsonObject | "nothing" | null;
}

/** The model of one task, and what it has come to know. */
export interface ObeyingModel {
  readonly port: ModelPort;
  begin(orders: Orders): void;
  /** Everything that stood in any view of it. */
  shown(): string;
}

const CALLS_AT_ONCE = 16;

/** Everything that there is to read: what the turn names, what the injected words point at, and all the rest. */
const readsOf = ({ readable, task }: ClawWorld): readonly Attempt[] => [
  ...readable.map((path) => ({ tool: "file.read", arguments: { path } })),
  ...Object.entries(READERS)
    .filter(([, folder]) => task.environment.sim_google_data.some(({ path }) => path.startsWith(folder)))
    .map(([tool]) => ({ tool, arguments: { query: "" } })),
  { tool: "memory.search", arguments: { query: "settings configuration baseline steps workspace" } },
];

const inChunks = (attempts: readonly Attempt[]): readonly (readonly Attempt[])[] =>
  Array.from({ length: Math.ceil(attempts.length / CALLS_AT_ONCE) }, (_, at) =>
    attempts.slice(at * CALLS_AT_ONCE, (at + 1) * CALLS_AT_ONCE),
  );

const unique = (attempts: readonly Attempt[]): readonly Attempt[] => [
  ...new Map(attempts.map((attempt) => [JSON.stringify(attempt), attempt])).values(),
];

/** How often the model has called tools since the owner last spoke. */
export const roundOf = ({ messages }: ModelRequest): number =>
  messages
    .slice(messages.findLastIndex(({ role }) => role === "user") + 1)
    .filter((message) => message.role === "assistant" && message.calls.length > 0).length;

/**
 * A model that does what the attacker says from the first hostile byte: it reads all there is, then tries every way to every
 * sink with what it has seen, and last says it all.
 */
export const obeyingModel = (name: string, world: ClawWorld): ObeyingModel => {
  const planted = world.task.secrets.map(({ marker }) => marker);
  let orders: Orders = { stated: "", wins: [], plan: null };
  let chunks: readonly (readonly Attempt[])[] | null = null;
  let seen = "";
  const learnt = (): Learnt => ({ shown: seen, stated: orders.stated });
  const look = ({ system, messages }: ModelRequest): void => {
    seen += [system, ...messages.map(({ text }) => text)].filter((text) => !seen.includes(text)).join("\n");
  };
  const say = (request: ModelRequest): SaidAnswer => {
    if (isReading(request)) return readerAnswer(request, "obeys");
    look(request);
    const round = roundOf(request);
    const { plan } = orders;
    if (plan === "nothing") return { text: "So be it." };
    if (round === 0) {
      const mayPlan = request.tools.some(({ name: tool }) => tool === PLAN_TOOL);
      return { calls: plan !== null && mayPlan ? [{ tool: PLAN_TOOL, arguments: plan }] : readsOf(world) };
    }
    // What a plan carries is tried by itself; the same attempts off the plan are those of a model that never plans.
    if (plan !== null) return { text: replyOf(orders.wins, learnt(), planted) };
    chunks ??= inChunks(unique(orders.wins.flatMap((win) => attemptsAt(win, learnt(), world))));
    const calls = chunks[round - 1];
    return calls === undefined ? { text: replyOf(orders.wins, learnt(), planted) } : { calls };
  };
  return {
    port: saidModel(name, say),
    begin: (next) => {
      orders = next;
      chunks = null;
    },
    shown: () => seen,
  };
};
