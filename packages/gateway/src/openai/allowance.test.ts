import { describe, expect, it } from "vitest";
import { PrincipalId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { AuditQuery, AuditRecord, Instant } from "@moltbot/contracts";
import { ANSWERED, MOST_AT_ONCE, createAllowance } from "./allowance.ts";

const DAY = 86_400_000;
const ann = { id: PrincipalId.parse("01930000-0000-7000-8000-000000000001") };
const bob = { id: PrincipalId.parse("01930000-0000-7000-8000-000000000002") };

/** A log of completions, newest first as the real one gives them, and a clock that a test moves. */
const logOf = (answers: readonly { readonly by: string; readonly at: Instant; readonly tokens: number }[]) => {
  const asked: AuditQuery[] = [];
  let now = Date.UTC(2026, 10, 23, 12);
  const records = answers
    .map(({ by, at, tokens }, sequence): AuditRecord => ({
      sequence,
      at,
      event: ANSWERED,
      actor: by,
      fields: { inputTokens: tokens, outputTokens: 0 },
      commitments: {},
    }))
    .toReversed();
  let broken = false;
  const house = {
    clock: { now: () => instantOf(now), monotonic: () => 0 },
    audit: {
      query: async (query: AuditQuery, limit: number, before = Number.POSITIVE_INFINITY) => {
        asked.push(query);
        if (broken) return err(moltbotError("AUDIT_UNWRITABLE"));
        const fits = ({ at, actor, sequence }: AuditRecord): boolean =>
          sequence < before && actor === query.person && (query.from === undefined || at >= query.from);
        return ok(records.filter(fits).slice(0, limit));
      },
    },
  } as unknown as Parameters<typeof createAllowance>[0]; // what an allowance reads of a house
  return {
    house,
    asked,
    tomorrow: () => {
      now += DAY;
    },
    break: () => {
      broken = true;
    },
  };
};
const today = instantOf(Date.UTC(2026, 10, 23, 1));
const yesterday = instantOf(Date.UTC(2026, 10, 22, 23));

describe("what one person's programs may use", () => {
  it("is a few answers at a time, of each person apart", async () => {
    const { house } = logOf([]);
    const allowance = createAllowance(house, () => 100);
    const entered = await Promise.all(Array.from({ length: MOST_AT_ONCE }, () => allowance.enter(ann)));
    expect(entered.every((one) => one.ok)).toBe(true);
    expect(await allowance.enter(ann)).toMatchObject({
      error: { code: "BUDGET_EXHAUSTED", context: { retryAfter: 1 } },
    });
    expect((await allowance.enter(bob)).ok).toBe(true);
    const [first] = entered;
    if (first?.ok === true) first.value.leave();
    expect((await allowance.enter(ann)).ok).toBe(true);
  });

  it("is so many tokens a day, as the log has them from before a restart, page by page", async () => {
    const many = Array.from({ length: 1_500 }, () => ({ by: ann.id, at: today, tokens: 1 }));
    const log = logOf([
      { by: ann.id, at: yesterday, tokens: 9_999 },
      { by: bob.id, at: today, tokens: 9_999 },
      ...many,
    ]);
    const allowance = createAllowance(log.house, () => 1_502);
    const first = await allowance.enter(ann);
    if (!first.ok) throw new Error(first.error.message);
    first.value.used(2);
    first.value.leave();
    expect(log.asked).toHaveLength(2);
    const refused = await allowance.enter(ann);
    expect(refused).toMatchObject({ error: { code: "BUDGET_EXHAUSTED", context: { limit: 1_502 } } });
    expect(log.asked).toHaveLength(2);
    log.tomorrow();
    expect((await allowance.enter(ann)).ok).toBe(true);
  });

  it("gives back the place of whoever was refused", async () => {
    const log = logOf([{ by: ann.id, at: today, tokens: 5 }]);
    let most = 5;
    const allowance = createAllowance(log.house, () => most);
    for (let times = 0; times <= MOST_AT_ONCE; times += 1)
      expect(await allowance.enter(ann)).toMatchObject({ error: { context: { limit: 5 } } });
    most = 6;
    expect((await allowance.enter(ann)).ok).toBe(true);
  });

  it("is nothing while the log cannot say what was used", async () => {
    const log = logOf([]);
    log.break();
    expect(await createAllowance(log.house, () => 100).enter(ann)).toMatchObject({
      error: { code: "AUDIT_UNWRITABLE" },
    });
  });

  it("unplug: without a limit of tokens the same person goes on, so the limit is what refused", async () => {
    const log = logOf([{ by: ann.id, at: today, tokens: 1_000_000 }]);
    expect((await createAllowance(log.house, () => 10).enter(ann)).ok).toBe(false);
    expect((await createAllowance(log.house, () => Number.POSITIVE_INFINITY).enter(ann)).ok).toBe(true);
  });
});
