import { afterEach, describe, expect, it } from "vitest";
import { runCrashRound } from "./crash-round.ts";
import { newPlace, settingsFor, startGatewayProcess } from "../support/gateway-process.ts";
import type { Place } from "../support/gateway-process.ts";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";

describe("a gateway killed with signal 9", { timeout: 120_000 }, () => {
  const places: Place[] = [];
  afterEach(() => places.splice(0).forEach((place) => place.remove()));

  it.each([1, 15, 40, 50])(
    "in the middle of 50 messages, after %i were accepted, ends each accepted one once",
    async (killAfter) => {
      const round = await runCrashRound({ messages: 50, killAfter });
      expect(round.accepted).toBeGreaterThanOrEqual(killAfter);
      expect(round.lost).toEqual([]);
      expect(round.twice).toEqual([]);
      expect(round.ended + round.unknown).toBe(round.accepted);
      expect(round.audit).toBe(true);
    },
  );

  it("keeps a pending approval, which then works once", async () => {
    const model = await startScriptedServer((messages) =>
      messages.some(({ role }) => role === "tool")
        ? { text: "It is set." }
        : { calls: [{ tool: "reminder.create", arguments: { minutes: 10, text: "stretch" } }] },
    );
    const place = newPlace(settingsFor(model.origin));
    places.push(place);
    const first = await startGatewayProcess(place);
    const agents = await first.client.call("agents.list", {});
    if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
    const sent = await first.client.call("messages.send", {
      agentId: agents.value[0].id,
      content: "remind me in 10 minutes to stretch",
    });
    if (!sent.ok) throw new Error(sent.error.code);
    const [approval] = sent.value.approvals;
    if (approval === undefined) throw new Error("nothing was asked");
    await first.kill("SIGKILL");

    const second = await startGatewayProcess(place);
    const pending = await second.client.call("approvals.list", {});
    expect(pending.ok && pending.value.map(({ id }) => id)).toEqual([approval.id]);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        second.client.call("approvals.answer", { approvalId: approval.id, answer: "allow" }),
      ),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const turn = await second.client.call("turns.get", { turnId: sent.value.turnId, wait: "true" });
    expect(turn.ok && turn.value.state).toBe("done");
    const reminders = await second.client.call("reminders.list", {});
    expect(reminders.ok && reminders.value).toHaveLength(1);
    await second.kill("SIGTERM");
    await model.close();
  });

  it("fires a reminder once that came due while it was dead", async () => {
    const model = await startScriptedServer((messages) =>
      messages.some(({ role }) => role === "tool")
        ? { text: "It is set." }
        : { calls: [{ tool: "reminder.create", arguments: { minutes: 1, text: "stretch" } }] },
    );
    const place = newPlace(settingsFor(model.origin));
    places.push(place);
    const first = await startGatewayProcess(place);
    const agents = await first.client.call("agents.list", {});
    if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
    const sent = await first.client.call("messages.send", { agentId: agents.value[0].id, content: "remind me" });
    if (!sent.ok || sent.value.approvals[0] === undefined) throw new Error("nothing was asked");
    await first.client.call("approvals.answer", { approvalId: sent.value.approvals[0].id, answer: "allow" });
    await first.client.call("turns.get", { turnId: sent.value.turnId, wait: "true" });
    await first.kill("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 61_000));

    for (let start = 0; start < 2; start += 1) {
      const again = await startGatewayProcess(place);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const messages = await again.client.call("conversations.messages", { conversationId: sent.value.conversationId });
      const fired = messages.ok
        ? messages.value.filter(({ parts }) => parts.some(({ type }) => type === "reminder"))
        : [];
      expect(fired).toHaveLength(1);
      await again.kill("SIGKILL");
    }
    await model.close();
  });
});
