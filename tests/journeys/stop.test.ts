import { afterEach, describe, expect, it } from "vitest";
import type { TurnReport } from "@moltbot/contracts";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import type { Script, ScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { newPlace, settingsFor, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("the stop gesture, in a real gateway", { timeout: 90_000 }, () => {
  const open: { readonly place: Place; readonly model: ScriptedServer }[] = [];
  const running: GatewayProcess[] = [];
  afterEach(async () => {
    for (const gateway of running.splice(0)) await gateway.kill("SIGKILL");
    for (const { place, model } of open.splice(0)) {
      await model.close();
      place.remove();
    }
  });

  const start = async (place: Place): Promise<GatewayProcess> => {
    const gateway = await startGatewayProcess(place);
    running.push(gateway);
    return gateway;
  };
  const house = async (script: Script): Promise<{ readonly place: Place; readonly gateway: GatewayProcess }> => {
    const model = await startScriptedServer(script);
    const place = newPlace(settingsFor(model.origin));
    open.push({ place, model });
    return { place, gateway: await start(place) };
  };
  const send = async (gateway: GatewayProcess, content: string, more: object = {}): Promise<TurnReport> => {
    const agents = await gateway.client.call("agents.list", {});
    if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
    const sent = await gateway.client.call("messages.send", {
      agentId: agents.value[0].id,
      content,
      conversationId: "new",
      ...more,
    });
    if (!sent.ok) throw new Error(sent.error.code);
    return sent.value;
  };
  const reminding: Script = (messages) =>
    messages.at(-1)?.role === "tool"
      ? { text: "So be it." }
      : { calls: [{ tool: "reminder.create", arguments: { minutes: 1, text: "stretch" } }] };

  it("ends a turn in the middle of its model's answer, without waiting for the model", async () => {
    const { gateway } = await house(() => ({ text: "slowly ".repeat(50), delayMs: 20_000 }));
    const sent = await send(gateway, "tell me everything", { wait: false });
    await wait(500);
    const began = performance.now();
    const stopped = await gateway.client.call("system.stop", { reason: "enough" });
    expect(stopped).toMatchObject({
      ok: true,
      value: { turnsStopped: 1, stop: { reason: "enough", surface: "command" } },
    });
    const ended = await gateway.client.call("turns.get", { turnId: sent.turnId, wait: "true" });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(ended).toMatchObject({ ok: true, value: { state: "stopped" } });
  });

  it("kills the question, refuses what comes, and survives kill -9", async () => {
    const { place, gateway } = await house(reminding);
    const sent = await send(gateway, "remind me");
    const [approval] = sent.approvals;
    if (approval === undefined) throw new Error("nothing was asked");
    await gateway.client.call("system.stop", {});
    const late = await gateway.client.call("approvals.answer", { approvalId: approval.id, answer: "allow" });
    expect(late).toMatchObject({ ok: false });
    await gateway.kill("SIGKILL");

    const again = await start(place);
    expect(await again.client.call("system.status", {})).toMatchObject({ ok: true, value: { stopped: { epoch: 1 } } });
    await expect(send(again, "remind me")).rejects.toThrow("EVERYTHING_STOPPED");
    const resumed = await again.client.call("system.resume", {});
    expect(resumed).toMatchObject({ ok: true, value: { capabilitiesEnded: [] } });
    expect(resumed.ok && resumed.value.capabilitiesRestored.length).toBeGreaterThan(3);
    // The old question is dead for good; a new one is asked and works.
    expect(await again.client.call("approvals.get", { approvalId: approval.id })).toMatchObject({
      value: { state: "cancelled" },
    });
    const fresh = await send(again, "remind me");
    expect(fresh.approvals).toHaveLength(1);
    expect(await again.client.call("reminders.list", {})).toMatchObject({ value: [] });
  });

  it("is the owner's word in chat too, which no model ever sees", async () => {
    const seen: string[] = [];
    const { gateway } = await house((messages) => {
      seen.push(JSON.stringify(messages));
      return { text: "hello" };
    });
    for (const word of ["stop", "/stop", "Stop!", "stop everything"]) {
      const said = await send(gateway, word);
      expect(said.state).toBe("done");
      expect(await gateway.client.call("system.status", {})).toMatchObject({ value: { stopped: { surface: "chat" } } });
      await expect(send(gateway, "hello")).rejects.toThrow("EVERYTHING_STOPPED");
      await send(gateway, "/resume");
      expect(await gateway.client.call("system.status", {})).toMatchObject({ value: { stopped: null } });
    }
    expect(seen).toEqual([]);
    // A sentence with the word in it is only a sentence, and quoting the word stops nothing.
    for (const sentence of ["how do I stop a watch?", "> stop", "please stop by tomorrow"]) {
      expect((await send(gateway, sentence)).state).toBe("done");
    }
    expect(seen).toHaveLength(3);
  });
});
