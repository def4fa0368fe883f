import { canonicalAddress, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Contact,
  DecisionInput,
  JsonValue,
  ManifestFacts,
  PlanFacts,
  Repositories,
  Result,
  ToolCall,
} from "@moltbot/contracts";
import { argumentOf, criticalArguments } from "./critical-arguments.ts";

/** More addresses than this in one call are no list that an owner named. */
const MOST_ADDRESSES = 100;

/** Whether anything of the call, or of what it was chosen from, may come from outside; judged exactly by the decision. */
const mayBeUntrusted = ({ label, values, planned }: ToolCall): boolean =>
  label.integrity !== "authority" || values !== undefined || planned !== undefined;

/** The plan that a call says it is of, and who took the step; null where it names none, or none is kept under that id. */
const planFacts = async (
  { plans }: Pick<Repositories, "plans">,
  scope: AccessScope,
  { planned }: ToolCall,
): Promise<Result<PlanFacts | null>> => {
  if (planned === undefined) return ok(null);
  const plan = await plans.find(scope, planned.planId);
  if (!plan.ok) return plan.error.code === "NOT_FOUND" ? ok(null) : plan;
  const takenBy = await plans.takenBy(scope, planned.planId, planned.step);
  return takenBy.ok ? ok({ plan: plan.value, takenBy: takenBy.value }) : takenBy;
};

/** Whether the call's turn began with a plan. That a plan has expired gives no call outside it more room. */
const hasPlan = async (
  { plans }: Pick<Repositories, "plans">,
  scope: AccessScope,
  { turnId }: ToolCall,
  { effect }: ManifestFacts,
): Promise<Result<boolean>> => {
  if (effect === "read") return ok(false);
  const known = await plans.ofTurn(scope, turnId);
  return known.ok ? ok(known.value.length > 0) : known;
};

const textsOf = (value: JsonValue): readonly string[] => {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item: JsonValue) => typeof item === "string") : [];
};

const plainName = (name: string): string => name.normalize("NFKC").trim().toLowerCase();

/** A name with two addresses says of neither that it is meant. */
const isOnlyOne = ({ name, address }: Contact, all: readonly Contact[]): boolean =>
  all.every((other) => other.address === address || plainName(other.name) !== plainName(name));

/** What the owner's directory holds of the recipients in a call. */
const directoryOf = async (
  { contacts }: Pick<Repositories, "contacts">,
  scope: AccessScope,
  call: ToolCall,
  manifest: ManifestFacts,
): Promise<Result<readonly Pick<Contact, "name" | "address">[]>> => {
  const addresses = criticalArguments(manifest, call.arguments)
    .filter((name) => manifest.roles !== undefined && Object.hasOwn(manifest.roles, name))
    .filter((name) => manifest.roles?.[name] === "recipient")
    .flatMap((name) => textsOf(argumentOf(call.arguments, name)).map(canonicalAddress));
  if (addresses.length === 0 || addresses.length > MOST_ADDRESSES) return ok([]);
  const known = await contacts.ofAddresses(scope, [...new Set(addresses)]);
  if (!known.ok || known.value.length === 0) return known;
  const all = await contacts.list(scope);
  if (!all.ok) return all;
  return ok(
    known.value.filter((contact) => isOnlyOne(contact, all.value)).map(({ name, address }) => ({ name, address })),
  );
};

/** What was there before the call: the plan that it says it is of, whether its turn has one, whom its addresses belong to. */
export const knownBefore = async (
  repositories: Pick<Repositories, "plans" | "contacts">,
  scope: AccessScope,
  call: ToolCall,
  manifest: ManifestFacts | undefined,
): Promise<Result<Pick<DecisionInput, "plan" | "turnIsPlanned" | "directory">>> => {
  const plan = await planFacts(repositories, scope, call);
  if (!plan.ok) return plan;
  const kept = plan.value === null ? {} : { plan: plan.value };
  if (manifest === undefined || !mayBeUntrusted(call)) return ok({ ...kept, turnIsPlanned: plan.value !== null });
  const turnIsPlanned = await hasPlan(repositories, scope, call, manifest);
  if (!turnIsPlanned.ok) return turnIsPlanned;
  const directory = await directoryOf(repositories, scope, call, manifest);
  if (!directory.ok) return directory;
  return ok({
    ...kept,
    turnIsPlanned: turnIsPlanned.value,
    ...(directory.value.length === 0 ? {} : { directory: directory.value }),
  });
};
