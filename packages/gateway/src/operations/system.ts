import { ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type { WallState } from "@moltbot/execution/sandbox";
import type {
  AccessScope,
  Check,
  OperationHandlers,
  RequestContext,
  Result,
  Status,
  Stop,
  VaultStatus,
} from "@moltbot/contracts";
import { resumeEverything } from "../resume-everything.ts";
import { houseScope, peopleOf } from "../keep-house.ts";
import { stopEverything } from "../stop-everything.ts";
import { check } from "./check.ts";
import { networkChecks } from "./check-network.ts";
import { pluginsCheck } from "./check-plugins.ts";
import { toolsCheck } from "./check-tools.ts";
import { leftOver, workCheck } from "./check-work.ts";
import { inPerson } from "./in-person.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "system.status" | "system.stop" | "system.resume" | "system.doctor" | "config.list" | "config.set"
>;

/** Which door a request came through, in the words of a stop. */
const STOP_SURFACE = {
  local: "command",
  session: "web",
  token: "api",
  device: "api",
  none: "api",
} as const satisfies Record<RequestContext["surface"], Stop["surface"]>;

/** Where links to sign in lead, and under which names: whoever sets it gets the next way in that somebody opens, so no token does. */
const OF_DOORS = "gateway.";

/** A result as a check: the error's own words when it failed. */
const checked = <T>(name: string, result: Result<T>, says: (value: T) => Check): Check =>
  result.ok ? says(result.value) : check(name, "fault", result.error.message, result.error.next);

const databaseCheck = async ({ checkDatabase }: OperationPorts): Promise<Check> =>
  checked("database", await checkDatabase(), (faults) =>
    faults.length === 0
      ? check("database", "ok", "Encrypted, and every page reads well.")
      : check("database", "fault", faults.join("; "), "Restore a backup."),
  );

const auditCheck = async ({ house }: OperationPorts): Promise<Check> =>
  checked("audit", await house.audit.verify(), (report) =>
    report.ok
      ? check("audit", "ok", `${report.records} records verify against hashes, signatures and the database.`)
      : check(
          "audit",
          "fault",
          report.faults[0]?.problem ?? "It does not verify.",
          "Keep the log as evidence and compare it with a head held elsewhere.",
        ),
  );

/** A house without it is whole: programs are refused there, and nothing else is. */
const wallCheck = async ({ checkWall }: OperationPorts): Promise<Check> => {
  const state = await checkWall();
  return state.kind === "ready"
    ? check("sandbox", "ok", "Programs are run behind a wall that holds.")
    : check("sandbox", "warning", `Programs cannot be run: ${state.problem}.`, state.next);
};

const sandboxOf = (state: WallState): Status["sandbox"] =>
  state.kind === "ready" ? { ready: true, problem: null } : { ready: false, problem: state.problem };

const vaultCheck = ({ facts }: OperationPorts): Check =>
  facts.sealedBy.startsWith("passphrase")
    ? check("vault", "ok", `Sealed by ${facts.sealedBy}.`)
    : check("vault", "warning", `Sealed by ${facts.sealedBy}.`, "Seal it by a passphrase: ./moltbot vault passphrase");

const modelCheck = ({ facts }: OperationPorts): Check => {
  const model = facts.model();
  return model.demonstration
    ? check(
        "model",
        "warning",
        `Uses the ${model.says}.`,
        'Connect another: ./moltbot config set models.providers.NAME \'{ baseUrl: "http://127.0.0.1:11434/v1", model: "MODEL" }\'',
      )
    : check("model", "ok", `Uses ${model.says}.`);
};

const policyCheck = ({ policy }: OperationPorts): Check => {
  const fault = policy.fault();
  const { version } = policy.overlay();
  if (fault === null)
    return check(
      "policy",
      "ok",
      version === "none" ? "There is no operator policy." : "The operator policy is in force.",
    );
  return version === "failed"
    ? check(
        "policy",
        "fault",
        `Every call is refused: ${fault}`,
        "Put policy.cedar right, or take it away: `./moltbot policy remove`.",
      )
    : check(
        "policy",
        "warning",
        `policy.cedar was changed and is not in force; the one before it stays. ${fault}`,
        "Put it right and save it again: at the next start a policy that is not valid refuses every call.",
      );
};

const stopCheck = async ({ house }: OperationPorts, scope: AccessScope): Promise<Check> =>
  checked("stop", await house.store.stops.current(scope), (stop) =>
    stop === null
      ? check("stop", "ok", "Nothing is stopped.")
      : check("stop", "warning", `Everything is stopped since ${stop.at}.`, "`./moltbot resume` goes on."),
  );

const KINDS: Readonly<Record<VaultStatus["openers"][number], string>> = {
  passphrase: "a passphrase",
  keychain: "this machine's keychain",
  "key-file": "a key file",
  "recovery-code": "a recovery code",
};
/** How the vault is sealed, without where anything lies. */
const kindsOf = ({ openers }: VaultStatus): string => openers.map((kind) => KINDS[kind]).join(", or ");

export const systemOperations = (ports: OperationPorts): Handlers => {
  const { house, facts, settings } = ports;
  return {
    "system.status": async ({ principal }) => {
      const scope = ownScope(principal);
      const [agents, turns, approvals, reminders, stopped, left] = await Promise.all([
        house.store.agents.list(scope),
        house.store.turns.counts(scope),
        house.store.approvals.list(scope, "pending", 500),
        house.store.reminders.list(scope, { state: "scheduled" }),
        house.store.stops.current(scope),
        leftOver(house.store, scope, house.clock.now()),
      ]);
      if (!agents.ok) return agents;
      if (!turns.ok) return turns;
      if (!approvals.ok) return approvals;
      if (!reminders.ok) return reminders;
      if (!stopped.ok) return stopped;
      if (!left.ok) return left;
      const keeps = roleSuffices(principal.role, "admin");
      return ok({
        version: facts.version,
        address: facts.address(),
        home: keeps ? facts.home : null,
        startedAt: facts.startedAt,
        sealedBy: keeps ? facts.sealedBy : kindsOf(ports.vault.status()),
        model: facts.model(),
        agents: agents.value.length,
        turns: { ...turns.value },
        pendingApprovals: approvals.value.length,
        scheduledReminders: reminders.value.length,
        ...left.value,
        auditRecords: keeps ? facts.auditSize() : null,
        residentBytes: process.memoryUsage.rss(),
        sandbox: sandboxOf(ports.wallState()),
        stopped: stopped.value,
      });
    },
    "system.stop": ({ principal, surface }, { reason }) =>
      stopEverything(ports, principal, { surface: STOP_SURFACE[surface], reason: reason ?? null }),
    "system.resume": ({ principal }, { grants }) => resumeEverything(ports, principal, grants),
    "system.doctor": async ({ principal }) =>
      ok([
        await databaseCheck(ports),
        await auditCheck(ports),
        vaultCheck(ports),
        await wallCheck(ports),
        modelCheck(ports),
        toolsCheck(house, principal.id, await house.store.agents.list(ownScope(principal))),
        pluginsCheck(await ports.packages.plugins(principal)),
        ...networkChecks({ place: settings.current().gateway, address: facts.address(), now: house.clock.now() }),
        policyCheck(ports),
        workCheck(await leftOver(house.store, houseScope(principal), house.clock.now())),
        await stopCheck(ports, ownScope(principal)),
      ]),
    "config.list": async () => ok(settings.list()),
    "config.set": async (context, { key, value }) => {
      const { principal } = context;
      const here = key.startsWith(OF_DOORS) ? inPerson(context, "config.set") : ok(undefined);
      if (!here.ok) return here;
      const recorded = await house.audit.record({ event: "config:set", actor: principal.id, fields: { key } });
      if (!recorded.ok) return recorded;
      const set = await settings.set(key, value);
      if (set.ok)
        house.events.publish(
          "config:changed",
          { tenantId: principal.tenantId, audience: await peopleOf(house.store, principal, "keepers") },
          { keys: [key] },
        );
      return set;
    },
  };
};
