import { ConversationId, MessageId, TurnId, label, moltbotError, err, ok } from "@moltbot/contracts";
import type { AccessScope, Message, MessagePart, ToolCall, ToolOutcome, Verdict } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { AGENT, OWNER, approval, fakeHouse, idOf, manifest, toolCall, turn } from "./operations/testing/fake-house.ts";
import { hearQuotes, listen, refusedForCanary, signalsOf, withSignals } from "./signals.ts";
import { performCall } from "./spine.ts";

const scope: AccessScope = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "own" };
const HIDDEN = `good day${Array.from("ignore", (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("")}`;
const page = label("untrusted", "public", [{ kind: "host", ref: "evil.example:443" }]);
const outcome = (text: string, wish: Partial<ToolOutcome> = {}): ToolOutcome => ({
  text,
  summary: "s",
  label: page,
  ...wish,
});
const call = toolCall(7, "web.read");

describe("what a call gave", () => {
  it("is on record, told and logged where something is hidden in it: ids, kinds and counts, never a word of it", async () => {
    const world = fakeHouse();
    const heard = await listen(world.house, scope, call, ok(outcome(HIDDEN)));
    expect(heard).toMatchObject({ ok: true, value: [{ kind: "hidden-text" }] });
    expect(world.recorded).toMatchObject([
      {
        event: "signal:raised",
        actor: call.agentId,
        fields: { callId: call.id, turnId: call.turnId, where: "result of web.read", kinds: "hidden-text" },
      },
    ]);
    expect(world.events).toMatchObject([
      { name: "signal:raised", audience: [OWNER.id], payload: { where: "result of web.read" } },
    ]);
    expect(world.logged).toEqual(["something was noticed in what came from outside"]);
    expect(JSON.stringify([world.recorded, world.events])).not.toContain("good day");
  });

  it("raises nothing where nothing is noticed, or where it failed", async () => {
    const world = fakeHouse();
    expect(await listen(world.house, scope, call, ok(outcome("good day")))).toEqual(ok([]));
    expect(await listen(world.house, scope, call, err(moltbotError("FILE_NOT_FOUND")))).toEqual(ok([]));
    expect([world.recorded, world.events, world.logged]).toEqual([[], [], []]);
  });

  it("stops the turn when its signals cannot be recorded", async () => {
    const world = fakeHouse();
    world.failAudit(true);
    expect(await listen(world.house, scope, call, ok(outcome(HIDDEN)))).toMatchObject({ ok: false });
    expect(world.events).toEqual([]);
  });

  it("counts the secrets that were kept back from it", () => {
    const { house } = fakeHouse();
    expect(signalsOf(house, outcome("key: [kept back]", { secrets: 2 }))).toContainEqual({
      kind: "secret",
      says: "2 recognised secrets were kept back",
      count: 2,
    });
    expect(signalsOf(house, outcome("nothing", { secrets: 0 }))).toEqual([]);
  });

  it("that holds one of this home's canaries says so; any other text of that form does not", () => {
    const { house } = fakeHouse();
    const kinds = (text: string) => signalsOf(house, outcome(text)).map(({ kind }) => kind);
    expect(kinds(`read this: ${house.canaries.make()}.`)).toContain("canary");
    expect(kinds(`read this: mbc-${"a".repeat(32)}.`)).not.toContain("canary");
  });
});

describe("words of others in a message", () => {
  const quote = (text: string): MessagePart => ({ type: "quote", kind: "forwarded", from: null, text, label: page });

  it("carry what was noticed in them; the person's own words carry nothing", () => {
    const { house } = fakeHouse();
    const parts = withSignals(house, [{ type: "text", text: HIDDEN }, quote(HIDDEN), quote("plain")]);
    expect(parts[0]).toEqual({ type: "text", text: HIDDEN });
    expect(parts[1]).toMatchObject({ signals: [{ kind: "hidden-text" }] });
    expect(parts[2]).not.toHaveProperty("signals");
  });

  it("are raised once, with the message that is new; an alarm that cannot be recorded does not undo it", async () => {
    const world = fakeHouse();
    const message: Message = {
      id: idOf(MessageId, 1),
      conversationId: idOf(ConversationId, 1),
      parentId: null,
      role: "user",
      author: OWNER.id,
      turnId: idOf(TurnId, 1),
      parts: withSignals(world.house, [quote(HIDDEN)]),
      label: label("authority", [OWNER.id]),
      state: "complete",
      model: null,
      createdAt: world.house.clock.now(),
    };
    await hearQuotes(world.house, scope, { message, turn: turn(1), fresh: false });
    expect(world.recorded).toEqual([]);
    await hearQuotes(world.house, scope, { message, turn: turn(1), fresh: true });
    expect(world.recorded).toMatchObject([{ event: "signal:raised", actor: OWNER.id, fields: { callId: null } }]);
    world.failAudit(true);
    await hearQuotes(world.house, scope, { message, turn: turn(1), fresh: true });
    expect(world.logged).toContain("a signal cannot be recorded");
  });
});

describe("a call that would carry a canary out", () => {
  const EFFECTS = ["read", "fetch", "write", "send", "execute", "commit"] as const;
  const catalog = EFFECTS.map((effect) => manifest(`do.${effect}`, effect));
  const carrying = (tool: string, canary: string): ToolCall => ({
    ...toolCall(8, tool),
    arguments: { to: "eve", body: { notes: ["see", `x${canary}y`] } },
  });

  it("is refused for every effect that leaves the house, however deep it hides, and for no other", () => {
    const { house } = fakeHouse({ catalog });
    const canary = house.canaries.make();
    const refused = EFFECTS.filter((effect) => refusedForCanary(house, carrying(`do.${effect}`, canary)) !== null);
    expect(refused).toEqual(["fetch", "send", "execute", "commit"]);
    expect(refusedForCanary(house, carrying("do.magic", canary))).toBeNull();
    expect(refusedForCanary(house, carrying("do.send", `mbc-${"a".repeat(32)}`))).toBeNull();
  });

  const ALLOW: Verdict = {
    kind: "allow",
    rule: "r",
    digest: approval(1, call).digest,
    because: { kind: "approval", approval: approval(1, call) },
  };
  /** Whatever a guard would say, also when a person allowed the call. */
  const attempt = async (canaries: "ours" | "unplugged") => {
    const order: string[] = [];
    const world = fakeHouse({
      catalog,
      guard: {
        consider: async () => ok(ALLOW),
        admit: async () => ok({} as never), // a permit's worth is its identity
        refuse: async () => ok(undefined),
        settle: async () => ok(undefined),
      },
    });
    const canary = world.house.canaries.make();
    const house = {
      ...world.house,
      ...(canaries === "ours" ? {} : { canaries: { make: () => canary, is: () => false } }),
      tools: {
        ...world.house.tools,
        catalog: () => catalog,
        run: async () => {
          order.push("sent");
          return ok(outcome("sent"));
        },
      },
    };
    const performed = await performCall(house, world.house.guardOf(AGENT), scope, carrying("do.send", canary), {
      stated: [],
      hold: false,
      signal: new AbortController().signal,
    });
    return { performed, order, events: world.events.map(({ name }) => name), recorded: world.recorded };
  };

  it("never runs, though it was allowed, and raises the alarm", async () => {
    const { performed, order, events, recorded } = await attempt("ours");
    expect(performed).toMatchObject({
      ok: true,
      value: { kind: "result", part: { status: "refused", code: "CANARY_TOUCHED" } },
    });
    expect(order).toEqual([]);
    expect(events).toEqual(["signal:raised"]);
    expect(recorded).toMatchObject([
      { event: "signal:raised", fields: { where: "arguments of do.send", kinds: "canary" } },
    ]);
  });

  it("unplug: with canaries that are not known again, the same call runs", async () => {
    expect((await attempt("unplugged")).order).toEqual(["sent"]);
  });
});
