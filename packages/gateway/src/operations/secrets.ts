import { millisecondsOf, ok } from "@moltbot/contracts";
import type { EventBus, Instant, OperationHandlers, PrincipalId, SecretInfo, TenantId } from "@moltbot/contracts";
import type { OperationPorts, SecretStore } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "secrets.list" | "secrets.set" | "secrets.remove">;

const DAY = 86_400_000;
/** How long before a secret ends its owner is told. */
const TOLD_BEFORE = 7 * DAY;

/** Secrets: names go into the log's sealed part, values nowhere. */
export const secretOperations = ({ house: { audit }, secrets }: OperationPorts): Handlers => ({
  "secrets.list": async () => ok(secrets.list()),
  "secrets.set": async ({ principal }, wish) => {
    const { kind = null, expiresAt = null, rotateEveryDays = null } = wish;
    const recorded = await audit.record({
      event: "secret:set",
      actor: principal.id,
      fields: { kind, expiresAt, rotateEveryDays },
      details: { name: wish.name, hosts: wish.hosts.join(" ") },
    });
    return recorded.ok ? secrets.set({ ...wish, ownerId: principal.id }) : recorded;
  },
  "secrets.remove": async ({ principal }, { name }) => {
    const recorded = await audit.record({
      event: "secret:removed",
      actor: principal.id,
      fields: {},
      details: { name },
    });
    if (!recorded.ok) return recorded;
    const removed = await secrets.remove(name);
    return removed.ok ? ok({}) : removed;
  },
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
