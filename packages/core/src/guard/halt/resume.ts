import { CapabilityId, comesWithInstalled, done, err, moltbotError, ok, STARTING_GRANT } from "@moltbot/contracts";
import type { Capability, Principal, Result, RESUME_GRANTS, Stop, ToolManifest } from "@moltbot/contracts";
import type { GuardPorts } from "../guard-ports.ts";
import { record } from "../record.ts";
import { counts } from "../use-of-call.ts";
import { isOwnerInPerson, tenantScope } from "./owner-in-person.ts";
import { heldUntil } from "./stop.ts";

/** What came back, and what did not. */
export interface Resumed {
  readonly stop: Stop;
  readonly capabilitiesRestored: readonly Capability[];
  readonly capabilitiesEnded: readonly Capability[];
}

type Grants = (typeof RESUME_GRANTS)[number];

/** "starting" is what somebody agreed to once for all: what an agent begins with, and what came with a package that is as it was. */
const mayReturn = (capability: Capability, grants: Grants, catalog: readonly ToolManifest[]): boolean => {
  if (capability.parent !== null || capability.reach.kind !== "always") return false;
  // A new copy starts counting anew, so one that counts its uses would come back with more than it had left.
  if (counts(capability)) return false;
  switch (grants) {
    case "all":
      return true;
    case "starting":
      return capability.reason === STARTING_GRANT || comesWithInstalled(capability, catalog);
    case "none":
      return false;
  }
};

/** What held when everything was stopped, and the copies under the new epoch of what comes back. */
interface Return {
  readonly restored: readonly { readonly from: Capability; readonly again: Capability }[];
  readonly ended: readonly Capability[];
}

const whatReturns = async (ports: GuardPorts, by: Principal, stop: Stop, grants: Grants): Promise<Result<Return>> => {
  const all = await ports.store.capabilities.list(tenantScope(by));
  if (!all.ok) return all;
  const held = all.value.filter((capability) => heldUntil(capability, stop.epoch - 1, ports.clock.now()));
  const catalog = ports.tools.catalog();
  const returns = (one: Capability): boolean => mayReturn(one, grants, catalog);
  const restored = held
    .filter(returns)
    .map((from) => ({ from, again: { ...from, id: ports.ids.next(CapabilityId), epoch: stop.epoch } }));
  return ok({ restored, ended: held.filter((one) => !returns(one)) });
};

const recordReturn = async (
  ports: GuardPorts,
  by: Principal,
  stop: Stop,
  grants: Grants,
  { restored }: Return,
): Promise<Result<void>> => {
  const fields = { stopId: stop.id, epoch: stop.epoch, grants, restored: restored.length };
  const recorded = await record(ports, { event: "system:resumed", actor: by.id, fields });
  if (!recorded.ok) return recorded;
  const each = restored.map(({ from, again }) =>
    record(ports, {
      event: "capability:granted",
      actor: by.id,
      fields: {
        capabilityId: again.id,
        restores: from.id,
        agentId: again.holder,
        tool: again.tool,
        epoch: again.epoch,
      },
    }),
  );
  return (await Promise.all(each)).find(({ ok: written }) => !written) ?? done;
};

const takeEffect = (ports: GuardPorts, by: Principal, stop: Stop, back: Return, halts: number) =>
  ports.store.atomically<Resumed>(async (repositories) => {
    // Somebody stopped again while this was being recorded: theirs is the newer word.
    if (ports.permits.halts() !== halts) return err(moltbotError("EVERYTHING_STOPPED", { since: stop.at }));
    const scope = tenantScope(by);
    const ended = await repositories.stops.end(scope, stop.id, by.id, ports.clock.now());
    if (!ended.ok) return ended;
    for (const { again } of back.restored) {
      const created = await repositories.capabilities.create(scope, again);
      if (!created.ok) return created;
    }
    const capabilitiesRestored = back.restored.map(({ again }) => again);
    return ok({ stop: ended.value, capabilitiesRestored, capabilitiesEnded: back.ended });
  });

/** A stop that reached memory alone, or none: whoever resumes means that one too. */
const releaseMemory = async (ports: GuardPorts, by: Principal, halts: number): Promise<Result<never>> => {
  if (ports.permits.halted()) {
    const fields = { stopId: null, grants: "none" };
    const recorded = await record(ports, { event: "system:resumed", actor: by.id, fields });
    if (!recorded.ok) return err(recorded.error);
    ports.permits.release(halts);
  }
  return err(moltbotError("NOT_STOPPED"));
};

/**
 * Ends the stop in force. Grants come back only as wished, never more than held before, and under the new epoch. A stop that comes
 * meanwhile wins: EVERYTHING_STOPPED.
 */
export const resume = async (ports: GuardPorts, by: Principal, grants: Grants): Promise<Result<Resumed>> => {
  const may = isOwnerInPerson(by);
  if (!may.ok) return err(may.error);
  const halts = ports.permits.halts();
  const current = await ports.store.stops.current(tenantScope(by));
  if (!current.ok) return current;
  const inForce = current.value;
  if (inForce === null) return releaseMemory(ports, by, halts);
  const back = await whatReturns(ports, by, inForce, grants);
  if (!back.ok) return back;
  const recorded = await recordReturn(ports, by, inForce, grants, back.value);
  if (!recorded.ok) return err(recorded.error);
  const resumed = await takeEffect(ports, by, inForce, back.value, halts);
  if (!resumed.ok) return resumed;
  return ports.permits.release(halts) ? resumed : err(moltbotError("EVERYTHING_STOPPED", { since: ports.clock.now() }));
};
