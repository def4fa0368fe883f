import { expect, it } from "vitest";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { newPlace, settingsFor, startGatewayProcess } from "../support/gateway-process.ts";

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

it("a stop holds a due reminder, also over kill -9, until the owner goes on; then it fires once, as late", async () => {
  const model = await startScriptedServer((messages) =>
    messages.at(-1)?.role === "tool"
      ? { text: "So be it." }
      : { calls: [{ tool: "reminder.create", arguments: { minutes: 1, text: "stretch" } }] },
  );
  const place = newPlace(settingsFor(model.origin));
  const first = await startGatewayProcess(place);
  const agents = await first.client.call("agents.list", {});
  if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
  const sent = await first.client.call("messages.send", { agentId: agents.value[0].id, content: "remind me" });
  if (!sent.ok || sent.value.approvals[0] === undefined) throw new Error("nothing was asked");
  await first.client.call("approvals.answer", { approvalId: sent.value.approvals[0].id, answer: "allow" });
  await first.client.call("turns.get", { turnId: sent.value.turnId, wait: "true" });
  expect(await first.client.call("system.stop", {})).toMatchObject({ value: { remindersHeld: 1 } });
  await first.kill("SIGKILL");
  await wait(62_000);

  const second = await startGatewayProcess(place);
  const fired = async (): Promise<number> => {
    const messages = await second.client.call("conversations.messages", { conversationId: sent.value.conversationId });
    return messages.ok
      ? messages.value.filter(({ parts }) => parts.some(({ type }) => type === "reminder")).length
      : -1;
  };
  await wait(1_000);
  expect(await fired()).toBe(0);
  const resumed = await second.client.call("system.resume", {});
  expect(resumed).toMatchObject({ value: { remindersReleased: 1, remindersLate: 1 } });
  await wait(1_000);
  expect(await fired()).toBe(1);
  await second.kill("SIGTERM");
  await model.close();
  place.remove();
}, 120_000);
