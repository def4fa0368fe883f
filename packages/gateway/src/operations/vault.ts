import { ok } from "@moltbot/contracts";
import type { AuditEvent, OperationHandlers, RequestContext, Result } from "@moltbot/contracts";
import { peopleOf } from "../keep-house.ts";
import { inPerson } from "./in-person.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "vault.status" | "vault.lock" | "vault.passphrase" | "vault.recovery" | "vault.rotate"
>;

const placeOf = ({ surface }: RequestContext): "local" | "remote" => (surface === "local" ? "local" : "remote");

/** How the vault is sealed, locking it, and sealing it otherwise. Each change is on record before it is made, and how it ended after it. */
export const vaultOperations = ({ house, vault }: Pick<OperationPorts, "house" | "vault">): Handlers => {
  const recorded = async <T>(
    { principal }: RequestContext,
    event: string,
    fields: AuditEvent["fields"],
    change: () => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const intended = await house.audit.record({ event: `${event}-intended`, actor: principal.id, fields });
    if (!intended.ok) return intended;
    const changed = await change();
    const outcome = changed.ok ? { outcome: "done" } : { outcome: "refused", code: changed.error.code };
    const ended = await house.audit.record({ event, actor: principal.id, fields: { ...fields, ...outcome } });
    return changed.ok && !ended.ok ? ended : changed;
  };

  /** What opens the vault from then on outlives every token: whoever stole one would keep the owner out, or come back with the disk. */
  const sealedAnew = async <T>(
    context: RequestContext,
    operation: "vault.passphrase" | "vault.recovery",
    change: () => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const allowed = inPerson(context, operation);
    return allowed.ok ? change() : allowed;
  };

  return {
    "vault.status": async () => ok(vault.status()),
    "vault.lock": async ({ principal }) => {
      const record = await house.audit.record({
        event: "vault:locked",
        actor: principal.id,
        fields: { reason: "person" },
      });
      if (!record.ok) return record;
      house.events.publish(
        "vault:locked",
        { tenantId: principal.tenantId, audience: await peopleOf(house.store, principal, "everybody") },
        { reason: "person" },
      );
      vault.lock();
      return ok({});
    },
    "vault.passphrase": (context, { current, next }) =>
      sealedAnew(context, "vault.passphrase", () =>
        recorded(context, "vault:passphrase-changed", { sealedBy: next === null ? "key-file" : "passphrase" }, () =>
          vault.changePassphrase(placeOf(context), current, next),
        ),
      ),
    "vault.recovery": (context, { current }) =>
      sealedAnew(context, "vault.recovery", () =>
        recorded(context, "vault:recovery-made", {}, async () => {
          const made = await vault.makeRecoveryCode(placeOf(context), current);
          return made.ok ? ok({ code: made.value }) : made;
        }),
      ),
    "vault.rotate": (context, { keys, current }) =>
      recorded(context, "vault:rotated", { keys }, () => vault.rotate(placeOf(context), keys, current)),
  };
};
