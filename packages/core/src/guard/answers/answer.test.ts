import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { APPROVAL_TRANSITIONS, PrincipalId, StopId, TenantId } from "@moltbot/contracts";
import type {
  Approval,
  ApprovalAnswer,
  ApprovalState,
  JsonObject,
  Principal,
  Stop,
  ToolCall,
} from "@moltbot/contracts";
import { buildHouse, callOf, CONVERSATION, OWNER, STRANGER, TENANT } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { idText, START } from "../testing/ports.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const CHANGED = { to: "ann@example.org", text: "hi" };
const SECOND: Principal = { ...OWNER, id: PrincipalId.parse(idText(0x42)), name: "Grace" };

const rowOf = (house: House, { id }: Approval): Approval => {
  const row = house.rows.approvals.get(id);
  if (row === undefined) throw new Error("the question is gone");
  return row;
};

/** Grace belongs to the conversation too, and her answers count as little as those of Eve, who does not. */
const sharedHouse = (): House => {
  const house = buildHouse();
  const conversation = house.rows.conversations.get(CONVERSATION);
  if (conversation === undefined) throw new Error("no conversation");
  house.rows.conversations.set(CONVERSATION, { ...conversation, audience: [OWNER.id, SECOND.id] });
  return house;
};

const stopOf = (house: House): Stop => ({
  id: StopId.parse(idText(0x77)),
  tenantId: TENANT,
  by: OWNER.id,
  surface: "api",
  reason: null,
  epoch: house.rows.epoch,
  at: START,
  resumedAt: null,
  resumedBy: null,
});

describe("who answers", () => {
  it.each<readonly [string, Principal]>([
    ["an agent of the house", { ...OWNER, kind: "agent" }],
    ["a server", { ...OWNER, kind: "server" }],
    ["a viewer", { ...OWNER, role: "viewer" }],
    ["another person, an owner of something else", STRANGER],
    [
      "an owner of another tenant",
      { ...OWNER, id: PrincipalId.parse(idText(0x43)), tenantId: TenantId.parse(idText(0x44)) },
    ],
  ])("is never %s, whatever the answer is", async (_, by) => {
    const answers: readonly Partial<ApprovalAnswer>[] = [
      {},
      { answer: "deny" },
      { scope: "always" },
      { arguments: CHANGED },
      { answer: "deny", stop: true },
    ];
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    for (const given of answers) {
      expect(await house.answer(approval, given, by)).toMatchObject({ error: { code: "APPROVAL_NOT_ANSWERABLE" } });
    }
    expect(await house.guard.preview(by, approval.id, [])).toMatchObject({
      error: { code: "APPROVAL_NOT_ANSWERABLE" },
    });
    expect(rowOf(house, approval)).toEqual(approval);
    expect(house.rows.capabilities.size).toBe(0);
    expect(await house.attempt(call)).toBe("asked");
  });
});

describe("a member", () => {
  it("answers what their own turn asks, and somebody else in the conversation never does", async () => {
    const house = sharedHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    expect(await house.answer(approval, {}, SECOND)).toMatchObject({ error: { code: "APPROVAL_NOT_ANSWERABLE" } });
    expect(await house.guard.preview(SECOND, approval.id, [])).toMatchObject({
      error: { code: "APPROVAL_NOT_ANSWERABLE" },
    });
    expect((await house.answer(approval, {}, { ...OWNER, role: "member" })).ok).toBe(true);
    expect(await house.attempt(call)).toBe("ran");
  });
});

describe("while everything is stopped", () => {
  it("nothing can be allowed, only denied", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    house.rows.stops.set(idText(0x77), stopOf(house));
    for (const given of [{}, { scope: "always" }, { arguments: CHANGED }] as const) {
      expect(await house.answer(approval, given)).toMatchObject({
        error: { code: "EVERYTHING_STOPPED", context: { since: START } },
      });
    }
    expect(rowOf(house, approval)).toEqual(approval);
    expect((await house.answer(approval, { answer: "deny" })).ok).toBe(true);
    expect(house.world).toHaveLength(0);
  });

  it("the stop of this process counts before any row does", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    house.permits.halt();
    expect(await house.answer(approval)).toMatchObject({ error: { code: "EVERYTHING_STOPPED" } });
    house.permits.release(house.permits.halts());
    expect((await house.answer(approval)).ok).toBe(true);
  });

  it("an answer that was being recorded when the stop came is void", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    house.audit.during = ({ event }) => {
      if (event === "approval:answered") house.rows.stops.set(idText(0x77), stopOf(house));
    };
    expect(await house.answer(approval, { scope: "always" })).toMatchObject({ error: { code: "EVERYTHING_STOPPED" } });
    expect(rowOf(house, approval).state).toBe("pending");
    expect(house.rows.capabilities.size).toBe(0);
    expect(house.eventNames()).toContain("approval:answer-void");
  });

  it("a grant that was being recorded when the epoch rose is void", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    house.audit.during = ({ event }) => {
      if (event === "capability:granted") house.rows.epoch += 1;
    };
    expect(await house.answer(approval, { scope: "always" })).toMatchObject({ error: { code: "CAPABILITY_INVALID" } });
    expect(rowOf(house, approval).state).toBe("pending");
    expect(house.rows.capabilities.size).toBe(0);
  });
});

describe("a question that has drifted", () => {
  it.each<readonly [string, (house: House) => void]>([
    [
      "the policy is another",
      (house) => {
        house.dials.policy = { version: "next", forbids: () => [] };
      },
    ],
    [
      "the epoch rose",
      (house) => {
        house.rows.epoch += 1;
      },
    ],
    [
      "the tool is another version",
      (house) => {
        house.tools.manifests = house.tools.manifests.map((one) => ({ ...one, version: one.version + 1 }));
      },
    ],
    [
      "something else stands where it points",
      (house) => {
        const { resolving } = house.tools;
        house.tools.resolving = (call) => {
          const resolved = resolving(call);
          return resolved.ok
            ? { ...resolved, value: resolved.value.map((one) => ({ ...one, identity: "2:7" })) }
            : resolved;
        };
      },
    ],
  ])("grants nothing when %s", async (_, drift) => {
    const house = buildHouse();
    const call = callOf("file.append", { path: "a/b.txt", text: "x" });
    const approval = await house.parked(call);
    drift(house);
    for (const given of [{ scope: "always" }, { scope: "task", constraints: [] }] as const) {
      expect(await house.answer(approval, given)).toMatchObject({ error: { code: "CAPABILITY_INVALID" } });
    }
    expect(house.rows.capabilities.size).toBe(0);
    // Allowing it for once moves the question, but it is not this call any more that was allowed.
    expect((await house.answer(approval)).ok).toBe(true);
    expect(await house.attempt(call)).toBe("asked");
    expect(house.world).toHaveLength(0);
  });
});

describe("an answer that comes too late", () => {
  it("changes nothing when it expired while it was recorded, also as a changed call", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    house.audit.during = ({ event }) => event === "approval:answered" && house.clock.advance(15 * 60_000);
    expect(await house.answer(approval, { arguments: CHANGED, scope: "always" })).toMatchObject({
      error: { code: "APPROVAL_EXPIRED" },
    });
    expect(rowOf(house, approval)).toEqual(approval);
    expect(house.rows.capabilities.size).toBe(0);
    expect(house.audit.events.at(-1)).toMatchObject({
      event: "approval:answer-void",
      fields: { code: "APPROVAL_EXPIRED" },
    });
  });

  it("is no second answer: a replayed one, changed or not, meets the first", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    expect((await house.answer(approval, { arguments: CHANGED })).ok).toBe(true);
    const answered = rowOf(house, approval);
    for (const given of [
      {},
      { arguments: CHANGED },
      { arguments: MAIL },
      { answer: "deny" },
      { scope: "always" },
    ] as const) {
      expect(await house.answer(approval, given)).toMatchObject({ error: { code: "APPROVAL_ALREADY_ANSWERED" } });
    }
    expect(rowOf(house, approval)).toEqual(answered);
    expect(await house.attempt(call)).toBe("ran");
    expect(await house.answer(approval, { arguments: MAIL })).toMatchObject({
      error: { code: "APPROVAL_ALREADY_ANSWERED", context: { state: "consumed" } },
    });
    expect(house.world).toHaveLength(1);
  });
});

type Step =
  | { readonly kind: "answer"; readonly by: Principal; readonly given: Partial<ApprovalAnswer> }
  | { readonly kind: "attempt" | "expire" | "wait" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      by: fc.constantFrom(OWNER, SECOND, STRANGER, { ...OWNER, kind: "agent" as const }),
      given: fc.constantFrom<Partial<ApprovalAnswer>>(
        {},
        { answer: "deny" },
        { answer: "deny", stop: true, reason: "no" },
        { arguments: CHANGED },
        { arguments: { to: 5 } },
        { scope: "task", constraints: [] },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: "attempt" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "expire" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "wait" }) },
);

const take = async (house: House, call: ToolCall, approval: Approval, { kind, ...rest }: Step): Promise<void> => {
  if ("given" in rest) await house.answer(approval, rest.given, rest.by);
  else if (kind === "attempt") await house.attempt(call);
  else if (kind === "expire") await house.guard.expire();
  else house.clock.advance(8 * 60_000);
};

const reachable = (from: ApprovalState): ReadonlySet<ApprovalState> => {
  const reached = new Set<ApprovalState>([from]);
  for (const state of reached) for (const next of APPROVAL_TRANSITIONS[state]) reached.add(next);
  return reached;
};

describe("any sequence of answers, attempts and expiries, several at a time", () => {
  it("moves only forward: the first answer stands, nothing dead rises, and the world sees at most what it allowed", async () => {
    const ends = new Set<ApprovalState>();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 8 }), async (rounds) => {
        const house = sharedHouse();
        const call = callOf("mail.send", MAIL);
        const approval = await house.parked(call);
        let before = approval;
        for (const round of rounds) {
          await Promise.all(round.map((one) => take(house, call, approval, one)));
          const now = rowOf(house, approval);
          expect(reachable(before.state)).toContain(now.state);
          if (before.answeredBy !== null) {
            const { state: _, ...answered } = before;
            expect(now).toMatchObject(answered);
          }
          before = now;
        }
        ends.add(before.state);
        expect([null, OWNER.id]).toContain(before.answeredBy);
        expect(house.rows.capabilities.size).toBe(0);
        const allowed: JsonObject = before.edited ?? MAIL;
        expect(house.world.length).toBeLessThanOrEqual(before.state === "consumed" ? 1 : 0);
        for (const happened of house.world) expect(happened.arguments).toEqual(allowed);
      }),
      { numRuns: 120 },
    );
    expect([...ends].toSorted()).toEqual(
      expect.arrayContaining(["allowed", "consumed", "denied", "expired", "pending"]),
    );
  });

  it("records one answer that counts for eight that race", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const given: readonly Partial<ApprovalAnswer>[] = [
      {},
      { answer: "deny" },
      { arguments: CHANGED },
      { scope: "task" },
    ];
    const answers = await Promise.all([...given, ...given].map((one) => house.answer(approval, one)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(house.eventNames().filter((name) => name === "approval:answered")).toHaveLength(1);
    await Promise.all([house.attempt(call), house.attempt(call), house.attempt(call)]);
    expect(house.world.length).toBeLessThanOrEqual(1);
  });
});
