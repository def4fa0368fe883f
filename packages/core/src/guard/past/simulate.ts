import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  Capability,
  CapabilityId,
  CapabilityWish,
  DecisionInput,
  DecisionRecord,
  Instant,
  PolicyOverlay,
  Principal,
  Result,
  SimulationReport,
} from "@moltbot/contracts";
import { capabilityOfWish } from "../grant.ts";
import type { GuardPorts } from "../guard-ports.ts";
import { replay } from "./replay.ts";
import type { Change } from "./replay.ts";
import { visitDecisions } from "./visit-decisions.ts";

const PAGE = 50;
/** A policy takes about half a millisecond for each. */
const PAGE_UNDER_POLICY = 20;
const EXAMPLES = 20;

/** What would be different; a null policy leaves what was forbidden as it was. */
export interface SimulationWish {
  readonly overlay: PolicyOverlay | null;
  readonly grant: readonly CapabilityWish[];
  readonly revoke: readonly CapabilityId[];
  readonly since: Instant | null;
}

const forbiddenUnder =
  (overlay: PolicyOverlay) =>
  (input: DecisionInput): readonly string[] => {
    const { call, manifest, resources, now } = input;
    return manifest === undefined ? [] : overlay.forbids({ call, manifest, resources, now });
  };

const grantsOf = async (
  ports: GuardPorts,
  scope: AccessScope,
  by: Principal,
  wishes: readonly CapabilityWish[],
): Promise<Result<readonly Capability[]>> => {
  const epoch = await ports.store.capabilities.epoch(scope);
  if (!epoch.ok) return epoch;
  const granted: Capability[] = [];
  for (const wish of wishes) {
    const capability = capabilityOfWish(ports, by, wish, epoch.value);
    if (!capability.ok) return capability;
    granted.push(capability.value);
  }
  return ok(granted);
};

/** Counts what differs and keeps the newest examples. */
const createTally = () => {
  const changes: Record<string, number> = {};
  const examples: SimulationReport["examples"][number][] = [];
  let replayed = 0;
  let same = 0;
  return {
    add: (record: DecisionRecord, change: Change): void => {
      replayed += 1;
      const would = replay(record, change);
      if (would.kind === record.kind) {
        same += 1;
        return;
      }
      const transition = `${record.kind} → ${would.kind}`;
      changes[transition] = (changes[transition] ?? 0) + 1;
      examples.push({
        decisionId: record.id,
        callId: record.callId,
        at: record.at,
        tool: record.input.call.tool,
        was: record.kind,
        would: would.kind,
        rule: would.rule,
      });
      if (examples.length > EXAMPLES) examples.shift();
    },
    report: (): SimulationReport => ({ replayed, same, changes, examples: examples.toReversed() }),
  };
};

const replayPast = async (
  ports: GuardPorts,
  by: Principal,
  wish: SimulationWish,
): Promise<Result<SimulationReport>> => {
  const scope = ownScope(by);
  const granted = await grantsOf(ports, scope, by, wish.grant);
  if (!granted.ok) return err(granted.error);
  const change: Change = {
    grant: granted.value,
    revoke: new Set(wish.revoke),
    forbidden: wish.overlay === null ? null : forbiddenUnder(wish.overlay),
  };
  const tally = createTally();
  const filter = wish.since === null ? {} : { since: wish.since };
  const read = await visitDecisions(
    (after, limit) => ports.store.decisions.page(scope, filter, after, limit),
    wish.overlay === null ? PAGE : PAGE_UNDER_POLICY,
    (record) => {
      tally.add(record, change);
      return true;
    },
  );
  return read.ok ? ok(tally.report()) : read;
};

/**
 * Replays what was recorded under changed grants or another policy; nothing is changed and nobody is asked. One at a time:
 * while one runs, CONFLICT.
 */
export const createSimulation = (ports: GuardPorts) => {
  let running = false;
  return async (by: Principal, wish: SimulationWish): Promise<Result<SimulationReport>> => {
    if (running) return err(moltbotError("CONFLICT", { kind: "simulation" }));
    running = true;
    try {
      return await replayPast(ports, by, wish);
    } finally {
      running = false;
    }
  };
};
