import { err, millisecondsOf, moltbotError, ok, roleSuffices } from "@moltbot/contracts";
import type {
  AccessScope,
  AuditEvent,
  EventBus,
  Instant,
  OperationHandlers,
  OperationInput,
  Principal,
  PrincipalId,
  Result,
  SecretInfo,
  TenantId,
} from "@moltbot/contracts";
import { secretFor, secretsFor } from "../object-access.ts";
import { recordedChange } from "../recorded-change.ts";
import type { OperationPorts, SecretStore } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "secrets.list" | "secrets.set" | "secrets.remove">;
type SetInput = OperationInput<"secrets.set">;
type Of = SetInput["of"];

const DAY = 86_400_000;
/** How long before a secret ends its owner is told. */
const TOLD_BEFORE = 7 * DAY;

/** The one that a wish is about. `before`: null where it is new. `own`: whether it is whoever asks who decides where it goes. */
interface Aim {
  readonly ownerId: PrincipalId | null;
  readonly before: SecretInfo | null;
  readonly own: boolean;
}

const missing = (name: string): Result<never> => err(moltbotError("SECRET_NOT_FOUND", { name }));

/** The house's are its owner's alone to set and to remove. */
const ofTheHouse = (by: Principal, before: SecretInfo | null): Result<Aim> =>
  by.role === "owner"
    ? ok({ ownerId: null, before, own: true })
    : err(moltbotError("ROLE_INSUFFICIENT", { required: "owner", role: by.role }));

/** Which secret is meant, for whoever may do this with it; nothing else of it is said to anybody. */
const aimAt = async (
  { house: { store }, secrets }: OperationPorts,
  by: Principal,
  { name, of }: { readonly name: string; readonly of: Of },
  right: "edit" | "delete",
): Promise<Result<Aim>> => {
  if (of === "house") return ofTheHouse(by, secrets.named(null, name));
  if (of === "me") return ok({ ownerId: by.id, before: secrets.named(by.id, name), own: true });
  const known = secrets.find(of);
  if (known !== null && known.ownerId === null && roleSuffices(by.role, "admin"))
    return known.name === name ? ofTheHouse(by, known) : missing(name);
  const found = await secretFor({ store, secrets }, by, of, right);
  if (!found.ok) return found;
  if (found.value.name !== name) return missing(name);
  return ok({ ownerId: found.value.ownerId, before: found.value, own: found.value.ownerId === by.id });
};

/** Of a person's own the house's keepers see no record: `secret` is for the house. Names and hosts are sealed, values nowhere. */
const recordOf = (
  by: Principal,
  what: "set" | "removed",
  { ownerId, before }: Aim,
  { fields = {}, details }: Pick<Partial<AuditEvent>, "fields"> & Pick<Required<AuditEvent>, "details">,
): AuditEvent =>
  ownerId === null
    ? { event: `secret:${what}`, actor: by.id, fields, details }
    : {
        event: `own-secret:${what}`,
        actor: by.id,
        fields: { ...fields, ownerId, secretId: before?.id ?? null },
        details,
        subject: `person:${ownerId}`,
      };

const set = async (ports: OperationPorts, by: Principal, wish: SetInput): Promise<Result<SecretInfo>> => {
  const { house, secrets } = ports;
  const aim = await aimAt(ports, by, wish, "edit");
  if (!aim.ok) return aim;
  const { name, of, ...change } = wish;
  const { kind = null, expiresAt = null, rotateEveryDays = null } = wish;
  const { ownerId, before, own } = aim.value;
  const isNamed = before === null || of === "house" || of === "me";
  return recordedChange(house, {
    event: recordOf(by, "set", aim.value, {
      fields: { kind, expiresAt, rotateEveryDays },
      details: {
        name,
        hosts: wish.hosts.join(" "),
        ...(typeof wish.header === "string" ? { header: wish.header } : {}),
      },
    }),
    widens: true,
    change: () => (isNamed ? secrets.set({ ...change, name, ownerId }) : secrets.replace(before.id, change, own)),
  });
};

/** Its shares go with it; what is left of them reaches nothing. */
const endShares = async (
  { house }: OperationPorts,
  { tenantId }: Principal,
  { id, ownerId }: SecretInfo,
): Promise<void> => {
  if (ownerId === null) return;
  const scope: AccessScope = { tenantId, principalId: ownerId, reach: "own" };
  const ended = await house.store.shares.endAll(scope, { type: "secret", id });
  if (!ended.ok) house.log.error("shares of a removed secret are still there", { code: ended.error.code });
};

const remove = async (
  ports: OperationPorts,
  by: Principal,
  wish: OperationInput<"secrets.remove">,
): Promise<Result<Record<string, never>>> => {
  const { house, secrets } = ports;
  const aim = await aimAt(ports, by, wish, "delete");
  if (!aim.ok) return aim;
  const { before } = aim.value;
  if (before === null) return missing(wish.name);
  const removed = await recordedChange(house, {
    event: recordOf(by, "removed", aim.value, { details: { name: wish.name } }),
    widens: true,
    change: () => secrets.remove(before.id),
  });
  if (!removed.ok) return removed;
  await endShares(ports, by, before);
  return ok({});
};

/** Secrets of the house and of people: names go into the log's sealed part, values nowhere. */
export const secretOperations = (ports: OperationPorts): Handlers => ({
  "secrets.list": async ({ principal }) =>
    ok(await secretsFor({ store: ports.house.store, secrets: ports.secrets }, principal)),
  "secrets.set": async ({ principal }, wish) => set(ports, principal, wish),
  "secrets.remove": async ({ principal }, wish) => remove(ports, principal, wish),
});

/** Those that need a new value: their rotation is due, or they end within a week, or have ended. */
export const dueSecrets = (secrets: Pick<SecretStore, "list">, now: Instant): readonly SecretInfo[] =>
  secrets.list().filter(({ rotateEveryDays, rotatedAt, expiresAt }) => {
    const age = millisecondsOf(now) - millisecondsOf(rotatedAt);
    const left = expiresAt === null ? Infinity : millisecondsOf(expiresAt) - millisecondsOf(now);
    return (rotateEveryDays !== null && age >= rotateEveryDays * DAY) || left <= TOLD_BEFORE;
  });

/** The work of `secrets:check`: tells the owner of each that is due, by name. Returns how many there are. */
export const checkSecrets = (
  secrets: Pick<SecretStore, "list">,
  events: Pick<EventBus, "publish">,
  owner: { readonly id: PrincipalId; readonly tenantId: TenantId },
  now: Instant,
): number => {
  const due = dueSecrets(secrets, now);
  for (const { name, ownerId } of due)
    events.publish("secret:due", { tenantId: owner.tenantId, audience: [ownerId ?? owner.id] }, { name });
  return due.length;
};
