import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result, StoredToken, TenantId, TokenId, UsageEntry, UsageRepository } from "@moltbot/contracts";

type Token = Pick<StoredToken, "id" | "tokensPerDay" | "moneyPerDay">;

const keyOf = ({ tenantId, day, subject, unit }: Omit<UsageEntry, "ownerId" | "amount">): string =>
  JSON.stringify([tenantId, day, subject.kind, subject.id, unit]);

/** Rows of usage in memory that a test can make slow or unreachable; it outlives the budgets over it, as a database does. */
export const memoryUsage = () => {
  const rows = new Map<string, UsageEntry>();
  const tokens = new Map<TokenId, readonly Token[]>();
  const asked = { reads: 0, writes: 0 };
  let broken: "reads" | "writes" | "begins" | null = null;
  let pause = async (): Promise<void> => undefined;
  const down = (): Result<never> => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "a test" }));

  const begun = new Map<number, readonly UsageEntry[]>();
  let number = 0;
  const put = (entries: readonly UsageEntry[]): void => {
    for (const entry of entries) {
      const before = rows.get(keyOf(entry));
      rows.set(keyOf(entry), { ...entry, ...before, amount: (before?.amount ?? 0) + entry.amount });
    }
  };

  const usage: Pick<UsageRepository, "begin" | "add" | "used" | "recover" | "tokenLimits"> = {
    begin: async (entries) => {
      if (broken === "begins") return down();
      begun.set((number += 1), entries);
      return ok(number);
    },
    recover: async () => {
      const left = [...begun.values()];
      begun.clear();
      for (const entries of left) put(entries);
      return ok(left.length);
    },
    add: async (entries, number) => {
      asked.writes += 1;
      await pause();
      if (broken === "writes") return down();
      if (number !== undefined) begun.delete(number);
      put(entries);
      return ok(undefined);
    },
    used: async (tenantId, day, subjects) => {
      asked.reads += 1;
      await pause();
      if (broken === "reads") return down();
      return ok(
        subjects.flatMap((subject) =>
          (["tokens", "money"] as const).flatMap((unit) => rows.get(keyOf({ tenantId, day, subject, unit })) ?? []),
        ),
      );
    },
    tokenLimits: async (id) => (broken === "reads" ? down() : ok(tokens.get(id) ?? [])),
  };
  return {
    usage,
    asked,
    underWay: (): number => begun.size,
    rows: (): readonly UsageEntry[] => [...rows.values()],
    amount: (tenantId: TenantId, day: string, subject: UsageEntry["subject"], unit: UsageEntry["unit"] = "tokens") =>
      rows.get(keyOf({ tenantId, day, subject, unit }))?.amount ?? 0,
    /** The token first, and then those that it was made with. */
    addToken: (...chain: readonly [Token, ...Token[]]) => void tokens.set(chain[0].id, chain),
    breakDown: (what: typeof broken) => {
      broken = what;
    },
    slowDown: (wait: () => Promise<void>) => {
      pause = wait;
    },
  };
};
