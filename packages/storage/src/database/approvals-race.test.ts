import { APPROVAL_STATES, APPROVAL_TRANSITIONS, CallId, Digest, PrincipalId } from "@moltbot/contracts";
import type { ApprovalState } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Database } from "./index.ts";
import {
  aConversation,
  anApproval,
  codeOf,
  later,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "./testing/world.ts";
import { onEveryEngine } from "./testing/engines.ts";

onEveryEngine((engine) => {
  const ada = person();
  const me = scopeOf(ada);
  const home = aConversation(ada);
  let db: Database;
  beforeAll(async () => {
    db = await openTest(engine.options());
    must(await db.conversations.create(me, home));
  });
  afterAll(async () => {
    await db.close();
    removeFolders();
  });

  it("the first answer wins, however many come at once and whichever way they come", async () => {
    const answers = fc.array(
      fc.record({
        to: fc.constantFrom<ApprovalState>("allowed", "denied", "cancelled", "superseded"),
        together: fc.boolean(),
      }),
      { minLength: 2, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), answers, async (scheduler, storm) => {
        const approval = anApproval(home);
        must(await db.approvals.create(me, approval));
        const move = scheduler.scheduleFunction(async (to: ApprovalState, together: boolean) =>
          together
            ? db.atomically((inside) => inside.approvals.move(me, approval.id, "pending", to, { answeredBy: ada.id }))
            : db.approvals.move(me, approval.id, "pending", to, { answeredBy: ada.id }),
        );
        const all = Promise.all(storm.map(({ to, together }) => move(to, together)));
        await scheduler.waitFor(all);
        const results = await all;
        const won = results.flatMap((result) => (result.ok ? [result.value.state] : []));
        expect(won).toHaveLength(1);
        expect(must(await db.approvals.find(me, approval.id)).state).toBe(won[0]);
        expect(results.filter((result) => codeOf(result) === "APPROVAL_ALREADY_ANSWERED")).toHaveLength(
          storm.length - 1,
        );
      }),
      { numRuns: 40 },
    );
  });

  it("of eight that answer at once, each with an edit of its own, one wins with all of its own and nothing of the others", async () => {
    for (let round = 0; round < 25; round += 1) {
      const approval = anApproval(home, { callId: next(CallId) });
      must(await db.approvals.create(me, approval));
      const answers = Array.from({ length: 8 }, (_, at) => ({
        answeredBy: next(PrincipalId),
        answeredAt: later(at),
        scope: at % 2 === 0 ? ("once" as const) : ("task" as const),
        reason: `because of ${String(at)}`,
        edited: { text: `edit ${String(at)}` },
        digest: Digest.parse(`${String(at)}a`.repeat(32)),
        question: { ...approval.question, consequence: `Sets ${String(at)}.` },
      }));
      const results = await Promise.all(
        answers.map((answer, at) =>
          (at + round) % 2 === 0
            ? db.atomically((inside) => inside.approvals.move(me, approval.id, "pending", "allowed", answer))
            : db.approvals.move(me, approval.id, "pending", "allowed", answer),
        ),
      );
      const winner = results.findIndex((result) => result.ok);
      expect(results.filter((result) => codeOf(result) === "APPROVAL_ALREADY_ANSWERED")).toHaveLength(7);
      const stored = must(await db.approvals.find(me, approval.id));
      expect(stored).toStrictEqual({ ...approval, state: "allowed", ...answers[winner] });
      expect(results[winner]).toEqual({ ok: true, value: stored });
    }
  });

  it("moves exactly along the state machine", async () => {
    const state = fc.constantFrom(...APPROVAL_STATES);
    await fc.assert(
      fc.asyncProperty(state, state, state, async (actual, from, to) => {
        const approval = anApproval(home, { state: actual });
        must(await db.approvals.create(me, approval));
        const moved = await db.approvals.move(me, approval.id, from, to, {});
        const allowed = actual === from && APPROVAL_TRANSITIONS[from].includes(to);
        expect(codeOf(moved)).toBe(allowed ? "ok" : "APPROVAL_ALREADY_ANSWERED");
        expect(must(await db.approvals.find(me, approval.id)).state).toBe(allowed ? to : actual);
      }),
      { numRuns: 80 },
    );
  });
});
