import { describe, expect, it } from "vitest";
import { instantOf, millisecondsOf } from "@moltbot/contracts";
import type { Approval, Constraint, DecisionRecord, GrantPreview, JsonObject } from "@moltbot/contracts";
import { DecisionId, CallId } from "@moltbot/contracts";
import { AGENT, buildHouse, callOf, OTHER_AGENT, OWNER, STRANGER } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { idText, START } from "../testing/ports.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const toOne = (...values: readonly string[]): Constraint => ({ kind: "one-of", argument: "to", values });

const preview = async (house: House, approval: Approval, constraints: readonly Constraint[]): Promise<GrantPreview> => {
  const shown = await house.guard.preview(OWNER, approval.id, constraints);
  if (!shown.ok) throw new Error(shown.error.message);
  return shown.value;
};

const mailTo = (to: string): JsonObject => ({ to, text: "x" });

/** Ann was allowed, Bob's question is open, Cas was denied; all on record. */
const withPast = async (): Promise<{ house: House; card: Approval }> => {
  const house = buildHouse();
  const allowed = callOf("mail.send", mailTo("ann@example.org"));
  await house.answer(await house.parked(allowed));
  await house.attempt(allowed);
  house.clock.advance(1_000);
  await house.attempt(callOf("mail.send", mailTo("bob@example.org")));
  house.clock.advance(1_000);
  const denied = callOf("mail.send", mailTo("cas@example.org"));
  await house.answer(await house.parked(denied), { answer: "deny" });
  await house.attempt(denied);
  house.clock.advance(1_000);
  await house.attempt(callOf("memory.search", { query: "bob@example.org" }));
  return { house, card: await house.parked(callOf("mail.send", MAIL)) };
};

/** A recorded decision like the card's own, of another call. */
const pastOf = (house: House, n: number, given: JsonObject, change: Partial<DecisionRecord> = {}): void => {
  const [pattern] = house.rows.decisions.values();
  if (pattern === undefined) throw new Error("nothing is on record");
  const id = DecisionId.parse(idText(0x10 + n));
  const callId = CallId.parse(idText(0x20_000_000 + n));
  const call = { ...pattern.input.call, id: callId, arguments: given };
  house.rows.decisions.set(id, { ...pattern, id, callId, input: { ...pattern.input, call }, ...change });
};

describe("the preview of a grant", () => {
  it("tells each recorded call once, the newest first, with what happened then", async () => {
    const { house, card } = await withPast();
    const shown = await preview(house, card, [toOne("ann@example.org", "bob@example.org", "cas@example.org")]);
    expect(shown).toMatchObject({ fits: true, problem: null, considered: 3, allowed: 3 });
    expect(shown.examples.map(({ arguments: given, was }) => [given["to"], was])).toEqual([
      ["cas@example.org", "denied"],
      ["bob@example.org", "asked"],
      ["ann@example.org", "allowed by an answer"],
    ]);
    expect(Object.keys(shown.examples[0] ?? {}).toSorted()).toEqual(["arguments", "at", "callId", "was"]);
  });

  it("counts only what every limit fits, and treats uses as unspent", async () => {
    const { house, card } = await withPast();
    const shown = await preview(house, card, [
      toOne("ann@example.org", "bob@example.org"),
      { kind: "count", limit: 1 },
      { kind: "rate", limit: 1, seconds: 60 },
    ]);
    expect(shown).toMatchObject({ fits: true, considered: 3, allowed: 2 });
    expect(house.world).toHaveLength(1);
  });

  it("says why limits do not fit the card, and still counts", async () => {
    const { house, card } = await withPast();
    expect(await preview(house, card, [toOne("ann@example.org")])).toMatchObject({
      fits: false,
      problem: 'the limit "one-of" on to does not fit the call on the card',
      allowed: 1,
    });
    expect(await preview(house, card, [])).toMatchObject({ fits: false, allowed: 3 });
    house.dials.policy = { version: "next", forbids: () => [] };
    expect(await preview(house, card, [toOne("bob@example.org")])).toMatchObject({
      fits: false,
      problem: "the call is no longer the one that the question shows",
    });
  });

  it("fits exactly when the same limits would be taken as an answer", async () => {
    const tried: readonly (readonly Constraint[])[] = [
      [],
      [toOne("bob@example.org")],
      [toOne("eve@evil.test")],
      [{ kind: "matches", argument: "to", pattern: "*" }],
      [toOne("bob@example.org"), { kind: "bytes", limit: 2 }],
    ];
    for (const constraints of tried) {
      const house = buildHouse();
      const card = await house.parked(callOf("mail.send", MAIL));
      const { fits } = await preview(house, card, constraints);
      expect((await house.answer(card, { scope: "always", constraints })).ok).toBe(fits);
    }
  });

  it("counts nothing that no grant could have allowed", async () => {
    const house = buildHouse();
    const card = await house.parked(callOf("mail.send", MAIL));
    const [own] = house.rows.decisions.values();
    if (own === undefined) throw new Error("nothing is on record");
    const { input } = own;
    const refused = { argument: "to", kind: "recipient", value: "x", refusal: "ADDRESS_REFUSED" } as const;
    const as = (change: Partial<DecisionRecord["input"]>) => ({ input: { ...input, ...change } });
    pastOf(house, 1, MAIL, as({ manifest: undefined }));
    pastOf(house, 2, MAIL, as({ problem: { path: "to", problem: "no" } }));
    pastOf(house, 3, MAIL, as({ resources: [refused] }));
    pastOf(house, 4, MAIL, as({ policy: { version: "p", forbidden: ["never"] } }));
    pastOf(house, 5, MAIL);
    expect(await preview(house, card, [toOne(MAIL.to)])).toMatchObject({ considered: 5, allowed: 1 });
  });

  it("counts of programs those whose hosts the limits name, and none that started nothing", async () => {
    const house = buildHouse();
    const clone = { argv: ["git", "clone"], network: ["a.test"] };
    const card = await house.parked(callOf("exec.run", { argv: ["git", "log"] }));
    await house.parked(callOf("exec.run", clone));
    await house.parked(callOf("exec.run", { argv: ["git", "status"] }));
    const own = [...house.rows.decisions.values()].at(-1);
    if (own === undefined) throw new Error("nothing is on record");
    pastOf(house, 1, { argv: ["git", "gone"] }, { input: { ...own.input, resources: [] } });
    const onlyGit = { kind: "program-in", argument: "argv", programs: ["git"] } as const;
    const toHost = { kind: "host-in", argument: "network", hosts: ["a.test:443"] } as const;
    expect(await preview(house, card, [])).toMatchObject({ fits: true, considered: 3, allowed: 1 });
    expect(await preview(house, card, [onlyGit])).toMatchObject({ fits: true, considered: 3, allowed: 1 });
    expect(await preview(house, card, [onlyGit, toHost])).toMatchObject({ fits: true, considered: 3, allowed: 2 });
  });

  it("shows at most five examples, and no hidden character of theirs", async () => {
    const house = buildHouse();
    const card = await house.parked(callOf("mail.send", MAIL));
    for (let n = 0; n < 7; n += 1)
      pastOf(house, n, { to: MAIL.to, text: `\u202E${n}` }, { kind: "allow", rule: "send.capability" });
    const shown = await preview(house, card, [toOne(MAIL.to)]);
    expect(shown.allowed).toBe(7);
    expect(shown.examples).toHaveLength(5);
    expect(shown.examples[0]).toMatchObject({ arguments: { text: "⟨U+202E⟩6" }, was: "allowed by a grant" });
  });

  it("leaves out other agents, and looks at the newest five thousand, however old", async () => {
    const house = buildHouse();
    const card = await house.parked(callOf("mail.send", MAIL));
    pastOf(house, 9_000_000, MAIL, { agentId: OTHER_AGENT });
    const daysAgo = (days: number) => instantOf(millisecondsOf(START) - days * 86_400_000);
    pastOf(house, 1, MAIL, { at: daysAgo(400) });
    expect(await preview(house, card, [toOne(MAIL.to)])).toMatchObject({ considered: 1 });
    for (let n = 2; n < 12_002; n += 1)
      pastOf(house, n, mailTo(n < 7_002 ? "old@example.org" : MAIL.to), { at: daysAgo(1) });
    const shown = await preview(house, card, [toOne(MAIL.to, "old@example.org")]);
    expect(shown).toMatchObject({ considered: 5_000, allowed: 5_000 });
    expect(await preview(house, card, [toOne(MAIL.to)])).toMatchObject({ considered: 5_000, allowed: 5_000 });
    expect(card.agentId).toBe(AGENT);
  });

  it("is for those who may answer, of a question that exists", async () => {
    const { house, card } = await withPast();
    expect(await house.guard.preview(STRANGER, card.id, [])).toMatchObject({
      error: { code: "APPROVAL_NOT_ANSWERABLE" },
    });
    house.rows.approvals.clear();
    expect(await house.guard.preview(OWNER, card.id, [])).toMatchObject({ error: { code: "NOT_FOUND" } });
  });

  it("changes nothing and hands on what fails", async () => {
    const { house, card } = await withPast();
    const before = house.audit.events.length;
    await preview(house, card, [toOne(MAIL.to)]);
    expect(house.rows.approvals.get(card.id)).toEqual(card);
    expect(house.rows.capabilities.size).toBe(0);
    expect(house.audit.events).toHaveLength(before);
    for (let operation = 1; ; operation += 1) {
      house.store.failAt(operation, {
        name: "StorageError",
        code: "DATABASE_UNAVAILABLE",
        message: "",
        next: "",
        context: {},
        recoverable: true,
      });
      const shown = await house.guard.preview(OWNER, card.id, []);
      if (shown.ok) {
        expect(operation).toBeGreaterThan(5);
        break;
      }
      expect(shown.error.code).toBe("DATABASE_UNAVAILABLE");
    }
  });
});
