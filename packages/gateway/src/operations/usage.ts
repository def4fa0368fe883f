import { err, instantOf, millisecondsOf, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  OperationHandlers,
  OperationInput,
  Principal,
  Result,
  TokenId,
  Usage,
  UsageEntry,
  UsageReport,
} from "@moltbot/contracts";
import { dayOf, dayText, firstOf } from "../budgets.ts";
import { houseScope } from "../keep-house.ts";
import { limitsOf } from "../model-budget.ts";
import { priceOf } from "../model-price.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "usage.show">;
type Limits = Usage["limit"];

/** Sums that whoever keeps the house needs; what somebody's tokens, devices and agents do is theirs to see. */
const OF_HOUSE: ReadonlySet<Usage["subject"]["kind"]> = new Set(["house", "person", "model"] as const);

/** What is shown although nothing was used yet: the budgets that hold one today. */
const standing = (
  of: "me" | "house",
  { id, tenantId }: Principal,
  day: string,
): readonly Omit<UsageEntry, "ownerId">[] => {
  const subject: Usage["subject"] = of === "me" ? { kind: "person", id } : { kind: "house", id: tenantId };
  return (["tokens", "money"] as const).map((unit) => ({ tenantId, day, subject, unit, amount: 0 }));
};

const placeOf = ({ day, subject, unit }: Pick<UsageEntry, "day" | "subject" | "unit">): string =>
  `${day} ${subject.kind} ${subject.id} ${unit}`;
/** The newest day first, then what is of one kind together. */
const newestFirst = (a: UsageEntry | Omit<UsageEntry, "ownerId">, b: typeof a): number =>
  a.day === b.day ? (placeOf(a) < placeOf(b) ? -1 : 1) : a.day < b.day ? 1 : -1;

/** Says the limit of a row; each token is looked up once, however many days and units it has. */
const limitsReader = ({ house, settings }: OperationPorts) => {
  const ofTokens = new Map<string, Awaited<ReturnType<typeof house.store.usage.tokenLimits>>>();
  return async ({ subject, unit }: Pick<UsageEntry, "subject" | "unit">): Promise<Result<Limits>> => {
    if (subject.kind !== "token") return ok(limitsOf(settings.current().limits)[subject.kind][unit]);
    const found = ofTokens.get(subject.id) ?? (await house.store.usage.tokenLimits(subject.id as TokenId)); // a row of a token names one
    ofTokens.set(subject.id, found);
    if (!found.ok) return found;
    const own = found.value.find(({ id }) => id === subject.id);
    return ok((unit === "tokens" ? own?.tokensPerDay : own?.moneyPerDay) ?? null);
  };
};

/** Models whose money nobody counts: of the house those that answered, of oneself those that are set up. */
const unpricedOf = (
  { house, settings }: OperationPorts,
  of: "me" | "house",
  entries: readonly UsageEntry[],
): readonly string[] => {
  const known = house.models.list();
  const local = new Set(known.filter((model) => model.local).map(({ name }) => name));
  const answered = entries.flatMap(({ subject }) => (subject.kind === "model" ? [subject.id] : []));
  const names = of === "me" ? known.map(({ name }) => name) : answered;
  return [...new Set(names)]
    .filter((name) => !local.has(name) && priceOf(settings.current().models, name) === undefined)
    .toSorted();
};

const show = async (
  ports: OperationPorts,
  principal: Principal,
  { days, of }: OperationInput<"usage.show">,
): Promise<Result<UsageReport>> => {
  if (of === "house" && !roleSuffices(principal.role, "admin"))
    return err(moltbotError("ROLE_INSUFFICIENT", { required: "admin", role: principal.role }));
  const { house, settings } = ports;
  const today = dayOf(millisecondsOf(house.clock.now()));
  const scope = of === "me" ? ownScope(principal) : houseScope(principal);
  const listed = await house.store.usage.list(scope, dayText(today - days + 1));
  if (!listed.ok) return listed;
  const seen = of === "me" ? listed.value : listed.value.filter(({ subject }) => OF_HOUSE.has(subject.kind));
  const places = new Set(seen.map(placeOf));
  const begun = standing(of, principal, dayText(today)).filter((row) => !places.has(placeOf(row)));
  const limitFor = limitsReader(ports);
  const rows: Usage[] = [];
  for (const row of [...seen, ...begun].toSorted(newestFirst)) {
    const limit = await limitFor(row);
    if (!limit.ok) return limit;
    rows.push({ day: row.day, subject: row.subject, unit: row.unit, used: row.amount, limit: limit.value });
  }
  return ok({
    rows,
    currency: settings.current().limits.currency,
    unpriced: unpricedOf(ports, of, seen),
    renewsAt: instantOf(firstOf(today + 1)),
  });
};

/** What was used of the budgets: everybody their own; whoever keeps the house the sums of each person, of the house and of its models. */
export const usageOperations = (ports: OperationPorts): Handlers => ({
  "usage.show": ({ principal }, input) => show(ports, principal, input),
});
