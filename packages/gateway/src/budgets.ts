import { done, err, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type { ClockPort, PrincipalId, Result, TenantId, Usage, UsageEntry, UsageRepository } from "@moltbot/contracts";
import { MILLION } from "./model-price.ts";

const DAY = 86_400_000;

type Unit = Usage["unit"];
export type Amounts = Readonly<Record<Unit, number>>;

/** One of those whose use is counted, and what they may use in a day; what has no limit is counted all the same. */
export interface Account {
  readonly subject: Usage["subject"];
  /** Whose it is to see; null: whoever keeps the house. */
  readonly ownerId: PrincipalId | null;
  /** In the units of `Usage`; null: no limit. */
  readonly limits: Readonly<Record<Unit, number | null>>;
}

/** What is used of budgets, by the day of UTC and by whoever uses it: anybody and anything that has a kind and an id. */
export interface Budgets {
  /**
   * BUDGET_EXHAUSTED when one of the accounts has used up what it may today, named with the seconds until the next day. What is
   * under way is not held against anybody, so whoever asks twice at once is admitted twice.
   */
  admit(tenant: TenantId, accounts: readonly Account[]): Promise<Result<void>>;
  /** Keeps what something takes at most, before it begins: should the process end in between, that is what counts. */
  begin(tenant: TenantId, accounts: readonly Account[], most: Amounts): Promise<Result<number>>;
  /** Adds to all of them at once, in place of what was begun if anything was; ok when it is durable. What could not be kept counts until the next start. */
  count(tenant: TenantId, accounts: readonly Account[], amounts: Amounts, begun?: number): Promise<Result<void>>;
  /** What was begun took nothing. */
  forget(begun: number): Promise<Result<void>>;
}

type Sums = Record<Unit, number>;
interface Entry {
  /** Until the row was read. */
  readonly ready: Promise<Result<void>>;
  readonly sums: Sums;
}
/** What is held of one day. */
interface Book {
  readonly day: number;
  readonly entries: Map<string, Entry>;
}

/** The first millisecond of a day. */
export const firstOf = (day: number): number => day * DAY;
/** `YYYY-MM-DD` */
export const dayText = (day: number): string => new Date(firstOf(day)).toISOString().slice(0, 10);
/** The days since 1970, in UTC. */
export const dayOf = (milliseconds: number): number => Math.floor(milliseconds / DAY);

const UNITS: readonly Unit[] = ["tokens", "money"];
const WHO: Readonly<Record<Usage["subject"]["kind"], string>> = {
  house: "the house",
  person: "one person",
  token: "one token",
  device: "one device",
  sender: "one sender",
  agent: "one agent",
  model: "one model",
};
const keyOf = (tenant: TenantId, { kind, id }: Usage["subject"]): string => `${tenant} ${kind} ${id}`;
const uniqueOf = (accounts: readonly Account[]): readonly Account[] => [
  ...new Map(accounts.map((account) => [`${account.subject.kind} ${account.subject.id}`, account])).values(),
];

const entriesOf = (
  tenantId: TenantId,
  day: string,
  accounts: readonly Account[],
  amounts: Amounts,
): readonly UsageEntry[] =>
  accounts.flatMap(({ subject, ownerId }) =>
    UNITS.filter((unit) => amounts[unit] > 0).map((unit) => ({
      tenantId,
      ownerId,
      day,
      subject,
      unit,
      amount: amounts[unit],
    })),
  );

/**
 * Budgets over their rows: a row is read at its first use of a day, and held from then on, so that admission asks the database
 * nothing. The clock may go back by less than a day without a budget beginning anew.
 */
export const createBudgets = (
  usage: Pick<UsageRepository, "begin" | "add" | "used">,
  clock: Pick<ClockPort, "now">,
  currency: () => string,
): Budgets => {
  let book: Book = { day: -1, entries: new Map() };

  const current = (): { readonly book: Book; readonly secondsLeft: number } => {
    const now = millisecondsOf(clock.now());
    const today = dayOf(now);
    // A clock that was far ahead and was set right must not hold everybody to a day that is years away.
    if (today > book.day || today < book.day - 1) book = { day: today, entries: new Map() };
    return { book, secondsLeft: Math.ceil((firstOf(book.day + 1) - now) / 1000) };
  };

  const read = async (tenant: TenantId, { day, entries }: Book, fresh: readonly Account[]): Promise<Result<void>> => {
    const found = await usage.used(
      tenant,
      dayText(day),
      fresh.map(({ subject }) => subject),
    );
    if (!found.ok) {
      // The next one tries again.
      for (const { subject } of fresh) entries.delete(keyOf(tenant, subject));
      return found;
    }
    for (const { subject, unit, amount } of found.value) {
      const entry = entries.get(keyOf(tenant, subject));
      if (entry !== undefined) entry.sums[unit] += amount;
    }
    return done;
  };

  /** What the accounts used, as the book has it; nothing is added to an entry before its row was read, so no amount is seen twice. */
  const open = async (
    tenant: TenantId,
    of: Book,
    accounts: readonly Account[],
  ): Promise<Result<ReadonlyMap<Account, Sums>>> => {
    const fresh = accounts.filter(({ subject }) => !of.entries.has(keyOf(tenant, subject)));
    if (fresh.length > 0) {
      const ready = Promise.resolve().then(() => read(tenant, of, fresh));
      for (const { subject } of fresh) of.entries.set(keyOf(tenant, subject), { ready, sums: { tokens: 0, money: 0 } });
    }
    const sums = new Map<Account, Sums>();
    for (const account of accounts) {
      const entry = of.entries.get(keyOf(tenant, account.subject));
      if (entry === undefined) continue;
      const ready = await entry.ready;
      if (!ready.ok) return ready;
      sums.set(account, entry.sums);
    }
    return { ok: true, value: sums };
  };

  const exhausted = ({ subject, limits }: Account, unit: Unit, retryAfter: number): Result<never> => {
    const what = unit === "tokens" ? "model tokens" : `money (${currency()})`;
    const limit = limits[unit] ?? 0;
    return err(
      moltbotError("BUDGET_EXHAUSTED", {
        budget: `${what} of ${WHO[subject.kind]} today`,
        limit: unit === "tokens" ? limit : limit / MILLION,
        retryAfter,
      }),
    );
  };

  return {
    async admit(tenant, accounts) {
      const { book: today } = current();
      const opened = await open(tenant, today, uniqueOf(accounts));
      if (!opened.ok) return opened;
      const { secondsLeft } = current();
      for (const [account, sums] of opened.value)
        for (const unit of UNITS) {
          const limit = account.limits[unit];
          if (limit !== null && sums[unit] >= limit) return exhausted(account, unit, secondsLeft);
        }
      return done;
    },
    async begin(tenant, accounts, amounts) {
      const { book: today } = current();
      return usage.begin(entriesOf(tenant, dayText(today.day), uniqueOf(accounts), amounts));
    },
    async count(tenant, accounts, amounts, begun) {
      const { book: today } = current();
      const opened = await open(tenant, today, uniqueOf(accounts));
      if (!opened.ok) return opened;
      // Before it is written: whoever asks meanwhile is held to it already.
      for (const sums of opened.value.values()) for (const unit of UNITS) sums[unit] += amounts[unit];
      return usage.add(entriesOf(tenant, dayText(today.day), [...opened.value.keys()], amounts), begun);
    },
    forget: (begun) => usage.add([], begun),
  };
};
