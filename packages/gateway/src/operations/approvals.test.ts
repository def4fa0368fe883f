import { z } from "zod";
import { ApprovalId, CapabilityId, instantOf, ok } from "@moltbot/contracts";
import type { JsonObject, ModelPort } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { idOf, manifest, until } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;

const PAY = manifest("pay.now", "commit", {
  input: z.strictObject({ amount: z.int(), to: z.string() }),
  critical: ["amount", "to"],
});
const open: RealHouse[] = [];

/** A house whose agent pays Eve a hundred in every turn and then says what it was told. */
const start = async () => {
  const ran: JsonObject[] = [];
  const told: string[] = [];
  const paying: ModelPort = {
    describe: () => ({ name: "m", says: "m", demonstration: true, local: true, tools: true }),
    stream: async function* ({ messages }) {
      const answers = messages.filter(({ role }) => role === "tool");
      told.push(...answers.map((message) => message.text));
      if (answers.length === 0)
        yield ok({ type: "call", call: { id: "m", tool: "pay.now", arguments: '{"amount":100,"to":"eve"}' } });
      else yield ok({ type: "text", text: "as you wish" });
      yield ok({ type: "finish", reason: "stop", inputTokens: 1, outputTokens: 1 });
    },
  };
  const house = await openRealHouse({
    catalog: [PAY, manifest("note.write", "write")],
    model: paying,
    run: async (call) => {
      ran.push(call.arguments);
      return ok({ text: "paid", summary: "paid", label: call.label });
    },
  });
  open.push(house);
  const ask = async () => {
    const turnId = await house.begin();
    await until(async () => (await house.turn(turnId)).state === "waiting");
    const [approvalId] = (await house.turn(turnId)).waitingFor;
    if (approvalId === undefined) throw new Error("it asks");
    return { turnId, approvalId };
  };
  const ended = async (turnId: Awaited<ReturnType<RealHouse["begin"]>>) => {
    await until(async () => (await house.turn(turnId)).end !== null);
    return (await house.turn(turnId)).end;
  };
  return { house, ran, told, ask, ended };
};
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

describe("answering", () => {
  it("with changed arguments runs those and no others, once, and tells the model", async () => {
    const { house, ran, told, ask, ended } = await start();
    const { turnId, approvalId } = await ask();
    const answered = await house.operations["approvals.answer"](house.context(), {
      approvalId,
      answer: "allow",
      scope: "once",
      arguments: { amount: 5, to: "bob" },
    });
    expect(answered).toMatchObject({ ok: true, value: { state: "allowed", edited: { amount: 5, to: "bob" } } });
    expect(await ended(turnId)).toMatchObject({ state: "done" });
    expect(ran).toEqual([{ amount: 5, to: "bob" }]);
    expect(told).toEqual([
      'A person changed the arguments before allowing this call; it ran with {"amount":5,"to":"bob"}.\npaid',
    ]);
  });

  it("as asked runs what was asked, and says nothing of a change", async () => {
    const { house, ran, told, ask, ended } = await start();
    const { turnId, approvalId } = await ask();
    await house.operations["approvals.answer"](house.context(), { approvalId, answer: "allow", scope: "once" });
    await ended(turnId);
    expect(ran).toEqual([{ amount: 100, to: "eve" }]);
    expect(told).toEqual(["paid"]);
  });

  it("no and stop ends the turn without another word to the model", async () => {
    const { house, ran, told, ask, ended } = await start();
    const { turnId, approvalId } = await ask();
    expect(
      await house.operations["approvals.answer"](house.context(), {
        approvalId,
        answer: "deny",
        scope: "once",
        stop: true,
      }),
    ).toMatchObject({ ok: true, value: { state: "denied" } });
    expect(await ended(turnId)).toMatchObject({ state: "stopped", code: "TURN_STOPPED" });
    expect([ran, told]).toEqual([[], []]);
  });

  it("no and stop ends the turn also when whoever answered has gone", async () => {
    const { house, ran, ask, ended } = await start();
    const { turnId, approvalId } = await ask();
    const gone = house.context({ signal: AbortSignal.abort() });
    const no = { approvalId, answer: "deny", scope: "once", stop: true } as const;
    expect(await house.operations["approvals.answer"](gone, no)).toMatchObject({ ok: true });
    expect(await ended(turnId)).toMatchObject({ state: "stopped", code: "TURN_STOPPED" });
    expect(ran).toEqual([]);
  });

  it("all questions of a task at once has its turn go on once, when every answer is there", async () => {
    const ran: JsonObject[] = [];
    const twice: ModelPort = {
      describe: () => ({ name: "m", says: "m", demonstration: true, local: true, tools: true }),
      stream: async function* ({ messages }) {
        if (messages.every(({ role }) => role !== "tool")) {
          yield ok({ type: "call", call: { id: "a", tool: "pay.now", arguments: '{"amount":1,"to":"ada"}' } });
          yield ok({ type: "call", call: { id: "b", tool: "pay.now", arguments: '{"amount":2,"to":"bob"}' } });
        } else yield ok({ type: "text", text: "paid" });
        yield ok({ type: "finish", reason: "stop", inputTokens: 1, outputTokens: 1 });
      },
    };
    const house = await openRealHouse({
      catalog: [PAY],
      model: twice,
      run: async (call) => {
        ran.push(call.arguments);
        return ok({ text: "paid", summary: "paid", label: call.label });
      },
    });
    open.push(house);
    const turnId = await house.begin();
    await until(async () => (await house.turn(turnId)).waitingFor.length === 2);
    const { waitingFor } = await house.turn(turnId);
    const started = () => house.heard.filter(({ name }) => name === "agent:started").length;
    expect(started()).toBe(1);
    await house.operations["approvals.answers"](house.context(), {
      answers: waitingFor.map((approvalId) => ({ approvalId, answer: "allow", scope: "once" })),
    });
    await until(async () => (await house.turn(turnId)).end !== null);
    expect(started()).toBe(2);
    expect(ran).toEqual([
      { amount: 1, to: "ada" },
      { amount: 2, to: "bob" },
    ]);
  });

  it("several at once counts each for itself", async () => {
    const { house, ran, ask, ended } = await start();
    const [first, second, third] = [await ask(), await ask(), await ask()];
    const nobody = idOf(ApprovalId, 999);
    const answered = await house.operations["approvals.answers"](house.context(), {
      answers: [
        { approvalId: first.approvalId, answer: "allow", scope: "once" },
        { approvalId: nobody, answer: "allow", scope: "once" },
        { approvalId: second.approvalId, answer: "deny", scope: "once", reason: "no" },
        { approvalId: first.approvalId, answer: "deny", scope: "once" },
        { approvalId: third.approvalId, answer: "allow", scope: "once", arguments: { amount: "much", to: "x" } },
      ],
    });
    if (!answered.ok) throw new Error(answered.error.code);
    expect(answered.value.map(({ approvalId, approval, code }) => [approvalId, approval?.state ?? null, code])).toEqual(
      [
        [first.approvalId, "allowed", null],
        [nobody, null, "NOT_FOUND"],
        [second.approvalId, "denied", null],
        [first.approvalId, null, "APPROVAL_ALREADY_ANSWERED"],
        [third.approvalId, null, "APPROVAL_EDIT_INVALID"],
      ],
    );
    expect(answered.value.filter(({ code }) => code !== null).every(({ problem }) => problem !== null)).toBe(true);
    await Promise.all([ended(first.turnId), ended(second.turnId)]);
    expect(ran).toEqual([{ amount: 100, to: "eve" }]);
    expect((await house.turn(third.turnId)).state).toBe("waiting");
  });

  it("several at once survives one that fails in a way nobody foresaw", async () => {
    const { house, ask } = await start();
    const { approvalId } = await ask();
    const broken = house.context();
    Object.defineProperty(broken, "surface", {
      get: () => {
        throw new Error("innards");
      },
    });
    const answered = await house.operations["approvals.answers"](broken, {
      answers: [{ approvalId, answer: "allow", scope: "once" }],
    });
    expect(answered).toMatchObject({ ok: true, value: [{ approval: null, code: "INTERNAL" }] });
    expect(JSON.stringify(answered)).not.toContain("innards");
  });

  it("can be tried first, and is measured", async () => {
    const { house, ask } = await start();
    const { approvalId } = await ask();
    const constraints = [
      { kind: "equals" as const, argument: "to", value: "eve" },
      { kind: "at-most" as const, argument: "amount", limit: 100 },
    ];
    expect(await house.operations["approvals.preview"](house.context(), { approvalId, constraints })).toMatchObject({
      ok: true,
      value: { fits: true },
    });
    expect(await house.operations["approvals.measures"](house.context(), { days: 30 })).toMatchObject({
      ok: true,
      value: { questions: 1, answered: 0 },
    });
  });
});

describe("grants", () => {
  it("are listed while they hold: none that was revoked, expired or ended by a stop", async () => {
    const { house } = await start();
    const listed = async () => {
      const all = await house.operations["capabilities.list"](house.context(), {});
      return all.ok ? all.value.map(({ reason }) => reason) : [];
    };
    const [first] = await house.capabilities();
    if (first === undefined) throw new Error("an agent starts with grants");
    const granted = await house.operations["capabilities.grant"](house.context(), {
      holder: house.agent.id,
      tool: first.tool,
      constraints: [],
      release: [],
      rights: ["use"],
      expires: 7,
      reason: "by hand",
    });
    expect(granted).toMatchObject({ ok: true, value: { reason: "by hand" } });
    const past = { ...first, id: house.house.ids.next(CapabilityId), expiresAt: instantOf(1_000), reason: "expired" };
    await house.house.store.capabilities.create(house.scope, past);
    expect((await listed()).toSorted()).toEqual(["by hand", first.reason]);
    await house.operations["capabilities.revoke"](house.context(), { capabilityId: first.id });
    expect(await listed()).toEqual(["by hand"]);
    await house.operations["system.stop"](house.context(), {});
    expect(await listed()).toEqual([]);
  });
});

describe("revoking", () => {
  const revoked = async (house: RealHouse) => {
    const records = await house.operations["audit.list"](house.context(), { limit: 100 });
    return records.ok ? records.value.filter(({ event }) => event === "capability:revoked") : null;
  };

  it("a grant is recorded with its id", async () => {
    const { house } = await start();
    const [first] = await house.capabilities();
    if (first === undefined) throw new Error("an agent starts with grants");
    const done = await house.operations["capabilities.revoke"](house.context(), { capabilityId: first.id });
    expect(done).toMatchObject({ ok: true, value: { id: first.id } });
    expect(await revoked(house)).toMatchObject([{ fields: { capabilityId: first.id } }]);
  });

  it("what does not exist is answered, and nothing is recorded that did not happen", async () => {
    const { house } = await start();
    const capabilityId = idOf(CapabilityId, 999);
    expect(await house.operations["capabilities.revoke"](house.context(), { capabilityId })).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND", context: { kind: "capability" } },
    });
    expect(await revoked(house)).toEqual([]);
  });
});

describe("stopping through the door", () => {
  it.each([
    ["local", "command"],
    ["session", "web"],
    ["token", "api"],
    ["none", "api"],
  ] as const)("by %s is kept as %s, and status shows it until somebody goes on", async (surface, kept) => {
    const { house } = await start();
    const stopped = await house.operations["system.stop"](house.context({ surface }), { reason: "enough" });
    expect(stopped).toMatchObject({ ok: true, value: { stop: { surface: kept, reason: "enough" } } });
    expect(await house.operations["system.status"](house.context(), {})).toMatchObject({
      ok: true,
      value: { stopped: { surface: kept } },
    });
    const checks = await house.operations["system.doctor"](house.context(), {});
    expect(checks.ok && checks.value.find(({ name }) => name === "stop")).toMatchObject({ state: "warning" });
    expect(await house.operations["system.resume"](house.context(), { grants: "starting" })).toMatchObject({
      ok: true,
    });
    expect(await house.operations["system.status"](house.context(), {})).toMatchObject({ value: { stopped: null } });
  });
});
