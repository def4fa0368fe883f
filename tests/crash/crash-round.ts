import type { Agent, TurnId, TurnReport } from "@moltbot/contracts";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { newPlace, settingsFor, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";

export interface CrashWish {
  readonly messages: number;
  /** The process is killed as soon as so many messages were acknowledged. */
  readonly killAfter: number;
}

/** What one round found after the restart. */
export interface CrashRound {
  /** Messages whose acceptance the gateway had acknowledged before it died. */
  readonly accepted: number;
  readonly ended: number;
  readonly unknown: number;
  /** Accepted turns without an end. */
  readonly lost: readonly string[];
  /** Accepted turns with more than one reply in their conversation. */
  readonly twice: readonly string[];
  /** Whether the audit log verified after the restart. */
  readonly audit: boolean;
}

const firstAgent = async (gateway: GatewayProcess): Promise<Agent> => {
  const agents = await gateway.client.call("agents.list", {});
  if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
  return agents.value[0];
};

/** Sends all messages at once, each in a conversation of its own, and collects what was acknowledged. */
const sendAll = (
  gateway: GatewayProcess,
  agent: Agent,
  count: number,
  mark: number,
): { readonly accepted: TurnReport[]; readonly sent: Promise<unknown>; readonly reached: Promise<void> } => {
  const accepted: TurnReport[] = [];
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const sent = Promise.all(
    Array.from({ length: count }, async (_unused, at) => {
      const report = await gateway.client.call("messages.send", {
        agentId: agent.id,
        content: `append line ${String(at)}`,
        conversationId: "new",
        idempotencyKey: `crash-message-${String(at)}`,
        wait: false,
      });
      if (report.ok) accepted.push(report.value);
      if (accepted.length >= mark) reach();
    }),
  );
  return { accepted, sent, reached };
};

const endedTurn = async (gateway: GatewayProcess, turnId: TurnId): Promise<TurnReport | null> => {
  const report = await gateway.client.call(
    "turns.get",
    { turnId, wait: "true" },
    { signal: AbortSignal.timeout(30_000) },
  );
  return report.ok ? report.value : null;
};

/** Replies and final notices of a turn: exactly one is right. */
const endsInConversation = async (gateway: GatewayProcess, report: TurnReport): Promise<number> => {
  const messages = await gateway.client.call("conversations.messages", { conversationId: report.conversationId });
  if (!messages.ok) return 0;
  return messages.value.filter(
    ({ turnId, role, parts }) =>
      turnId === report.turnId &&
      (role === "notice" || (role === "assistant" && parts.every(({ type }) => type === "text"))),
  ).length;
};

/** One round: a model that uses a tool and then answers; kill -9 while many turns run; restart; look at every accepted one. */
export const runCrashRound = async ({ messages, killAfter }: CrashWish): Promise<CrashRound> => {
  const model = await startScriptedServer((seen) =>
    seen.some(({ role }) => role === "tool")
      ? { text: "It is written.", delayMs: 5 }
      : { calls: [{ tool: "memory.save", arguments: { text: "one more thing to know" } }], delayMs: 5 },
  );
  const place = newPlace(settingsFor(model.origin));
  try {
    const first = await startGatewayProcess(place);
    const agent = await firstAgent(first);
    const { accepted, sent, reached } = sendAll(first, agent, messages, killAfter);
    await reached;
    await first.kill("SIGKILL");
    await sent;

    const second = await startGatewayProcess(place);
    const reports = await Promise.all(
      accepted.map(async (before) => ({ before, after: await endedTurn(second, before.turnId) })),
    );
    const counts = await Promise.all(
      accepted.map(async (before) => ({ id: before.turnId, ends: await endsInConversation(second, before) })),
    );
    const verified = await second.client.call("audit.verify", {});
    await second.kill("SIGTERM");
    return {
      accepted: accepted.length,
      ended: reports.filter(({ after }) => after !== null && after.reply !== null && after.state !== "unknown").length,
      unknown: reports.filter(({ after }) => after?.state === "unknown").length,
      lost: reports
        .filter(({ after }) => after === null || (after.reply === null && after.state !== "unknown"))
        .map(({ before }) => before.turnId),
      twice: counts.filter(({ ends }) => ends > 1).map(({ id }) => id),
      audit: verified.ok && verified.value.ok,
    };
  } finally {
    await model.close();
    place.remove();
  }
};
