import { join } from "node:path";
import { AgentId, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  LogPort,
  ModelDescription,
  PolicyReader,
  Principal,
  Result,
  Stop,
  StoredAgent,
  TenantId,
} from "@moltbot/contracts";
import { createGuard, createPermitBook } from "@moltbot/core/guard";
import type { Guard, GuardPorts } from "@moltbot/core/guard";
import { createModels } from "@moltbot/execution/models";
import type { ModelSettings, ProviderSettings } from "@moltbot/execution/models";
import { createSandbox, createWall } from "@moltbot/execution/sandbox";
import type { Programs, Wall } from "@moltbot/execution/sandbox";
import { createToolExecutor } from "@moltbot/execution/tools";
import { createIdentity } from "@moltbot/ingress/identity";
import { createCrypto, createIds, createKeySignatures, sha256, sha256Hex } from "@moltbot/storage/crypto";
import { openUndoFiles } from "@moltbot/storage/database";
import type { UndoFiles } from "@moltbot/storage/database";
import { createBackupDesk } from "./backup/backup-desk.ts";
import type { BackupDesk } from "./backup/backup-desk.ts";
import { createCanaries } from "./canaries.ts";
import { createAgent } from "./create-agent.ts";
import type { Closers } from "./closers.ts";
import type { Workspaces } from "./derived.ts";
import { createAsking, openWayOut } from "./egress/index.ts";
import { createEventBus } from "./event-bus.ts";
import { executorTools } from "./fittings.ts";
import type { Fittings } from "./fittings.ts";
import { findProject } from "./home.ts";
import type { Home } from "./home.ts";
import type { House } from "./house.ts";
import { createModelBudget } from "./model-budget.ts";
import { createOpenRouterConnections } from "./models/index.ts";
import type { ModelConnections } from "./models/index.ts";
import { priceOf } from "./model-price.ts";
import type { Memory } from "./open-memory.ts";
import { openPrograms } from "./open-programs.ts";
import { openPackages } from "./packages/index.ts";
import type { OpenPackages, PackageDesk } from "./packages/index.ts";
import { createPolicyReader, openPolicy } from "./policy/index.ts";
import type { PolicyInForce } from "./policy/index.ts";
import { placeFinder, programCopies } from "./program-copies.ts";
import type { ProgramCopies } from "./program-copies.ts";
import { policyFileOf } from "./settings/index.ts";
import type { Settings, SettingsStore } from "./settings/index.ts";
import { stepUpWith } from "./step-up.ts";
import { tellArrival } from "./tell-arrival.ts";
import { contactPort, fileLabelPort, memoryPort, reminderPort } from "./tool-ports.ts";
import { createTakenAway } from "./taken-away.ts";
import { createTurnWatch } from "./turn-watch.ts";
import { undoDesk } from "./undo-desk.ts";
import type { UndoDesk } from "./undo-desk.ts";
import { secretNames, useOfSecret } from "./use-of-secret.ts";
import { workspaceFinder, workspacesOf } from "./workspaces.ts";

/** The rooms that decide, act and listen, wired over the rooms that remember. */
export interface Furnished {
  readonly house: House;
  readonly memory: Memory;
  readonly log: LogPort & { setLevel(level: string): void };
  /** A guard that knows every tool, for answers that people give. */
  readonly guard: Guard;
  readonly identity: ReturnType<typeof createIdentity>;
  readonly owner: Principal;
  /** The operator's policy. */
  readonly policy: PolicyInForce;
  readonly policies: PolicyReader;
  readonly workspaces: Workspaces;
  readonly undo: UndoDesk;
  /** What the undo desk puts back from. */
  readonly undoFiles: Pick<UndoFiles, "sweep">;
  /** Behind which programs run. */
  readonly wall: Wall;
  /** What models have run, each on a copy. */
  readonly programs: Pick<Programs, "endAll">;
  readonly copies: ProgramCopies;
  readonly packages: PackageDesk;
  /** What runs plugins. */
  readonly plugins: Pick<OpenPackages["host"], "endAll">;
  readonly backups: BackupDesk;
  readonly connections: ModelConnections;
  /** The stop that was in force at the start. */
  readonly stopped: Stop | null;
  /** Reaches every row: for recovery and schedules alone. */
  readonly system: AccessScope;
  defaultModel(): ModelDescription;
  newTraceId(): string;
  /** Expires what nobody answered, and wakes turns whose question was answered when nobody could wake them. */
  sweepQuestions(): Promise<void>;
  /** The workers exist after the house does, and hear of new turns through this. */
  bindWake(wake: () => void): void;
  bindReminderWake(wake: () => void): void;
  wakeReminders(): void;
}

export interface FurnishWish {
  readonly memory: Memory;
  readonly settings: SettingsStore;
  readonly home: Home;
  readonly log: Furnished["log"];
  /** Get each thing as it is opened, so that also half a house is closed. */
  readonly closers: Pick<Closers, "add">;
  readonly fittings?: Fittings;
}

/** Read at every use, so that a change of settings applies to the next call. */
const guardSettings = (settings: SettingsStore): GuardPorts["settings"] => ({
  get approvalMinutes() {
    return settings.current().approvals.minutes;
  },
  get ask() {
    return settings.current().approvals.ask;
  },
  get stepUp() {
    return settings.current().approvals.stepUp;
  },
  get callsPerTurn() {
    return settings.current().limits.callsPerTurn;
  },
  get callsPerHour() {
    return settings.current().limits.callsPerHour;
  },
  get planMinutes() {
    return settings.current().agents.planMinutes;
  },
});

/** Characters of base64url: 192 bits. */
const TOKEN_LENGTH = 32;

type Provider = Settings["models"]["providers"][string];

/** The models room takes absent settings as absent. */
const providerSettings = ({
  baseUrl,
  contextTokens,
  timeoutSeconds,
  price: _price,
  ...given
}: Provider): ProviderSettings => ({
  ...given,
  ...(baseUrl === undefined ? {} : { baseUrl }),
  ...(contextTokens === undefined ? {} : { contextTokens }),
  ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
});

const modelSettings = ({ models }: Settings): ModelSettings => ({
  default: models.default,
  fallbacks: models.fallbacks,
  providers: Object.fromEntries(
    Object.entries(models.providers).map(([name, provider]) => [name, providerSettings(provider)]),
  ),
});

/** The first person and the first agent, made at the first start. */
const settle = async (
  house: House,
  identity: Furnished["identity"],
  { owner: { name }, agents: { reading } }: Settings,
): Promise<Result<Principal>> => {
  const owner = await identity.ensureOwner(name);
  if (!owner.ok) return owner;
  const agents = await house.store.agents.list(ownScope(owner.value));
  if (!agents.ok) return agents;
  if (agents.value.length > 0) return owner;
  const created = await createAgent(house, owner.value, {
    id: house.ids.next(AgentId),
    name: "Moltbot",
    model: "default",
    tools: undefined,
    reading,
  });
  return created.ok ? owner : created;
};

/** Wires models, tools, guard and identity over an open memory. */
export const furnish = async (wish: FurnishWish): Promise<Result<Furnished>> => {
  const { memory, settings, home, log, closers, fittings = {} } = wish;
  const { clock, database: store, audit, vault } = memory;
  const ids = createIds();
  const crypto = createCrypto(vault.key("mac"));
  let wake = (): void => undefined;
  let wakeReminders = (): void => undefined;

  const canaries = createCanaries(crypto);
  const asking = createAsking();
  const isCanary = (word: string): boolean => canaries.is(word);
  const wayOut = openWayOut({ secrets: vault, isCanary, audit, asking, settings, log });
  closers.add(() => wayOut.close());
  const egress = fittings.egress ?? wayOut;
  if (egress !== wayOut) closers.add(() => egress.close());
  const project = findProject(import.meta.url);
  const fromSource = import.meta.url.endsWith(".ts");
  const configured = createModels({
    settings: modelSettings(settings.current()),
    egress,
    sandbox: createSandbox(),
    clock,
    log,
    random: Math.random,
    nodePath: process.execPath,
    workerPath: fromSource
      ? join(project, "packages/sandbox-runner/src/model-worker.ts")
      : join(project, "dist/model-worker.mjs"),
    modelsDirectory: join(project, "models"),
    hash: sha256Hex,
  });
  closers.add(() => configured.close());
  const models = fittings.models ?? configured;
  if (models !== configured) closers.add(() => models.close());
  const defaultModel = models.find("default");
  if (!defaultModel.ok) return defaultModel;

  const permits = createPermitBook({ clock, crypto, ids });
  let tenantId: TenantId | null = null;
  vault.secrets.decideBy(useOfSecret(store, () => tenantId));
  const undo = openUndoFiles({ folder: join(home.root, "undo"), sealer: vault.content, clock });
  const wall = createWall();
  const programs = openPrograms({ home, wall, wayOut, insteadOfWayOut: fittings.egress, project, fromSource });
  closers.add(() => programs.close());
  const secrets = secretNames({ store, secrets: vault.secrets, tenant: () => tenantId });
  const signatures = createKeySignatures();
  const packages = openPackages({
    store,
    wall,
    egress,
    secrets,
    signatures,
    hash: sha256Hex,
    newToken: () => crypto.randomText(TOKEN_LENGTH),
    clock,
    log,
    project,
    fromSource,
  });
  closers.add(() => packages.close());
  const skills = fittings.skills ?? packages.skills;
  const workspaceOf = workspaceFinder({ home, agents: store.agents, tenant: () => tenantId });
  const ownTools = executorTools(fittings);
  const tools = createToolExecutor(
    {
      redeemer: permits,
      reminders: reminderPort(memory, ids, () => wakeReminders()),
      memories: memoryPort(memory, ids),
      contacts: contactPort(memory, ids),
      fileLabels: fileLabelPort(memory, crypto),
      egress,
      secrets,
      searchSettings: () => settings.current().web.search,
      clock,
      undo,
      skills,
      workspaceOf,
      programs,
      placeOf: placeFinder({ home, clock, workspaceOf }),
    },
    () => [...ownTools, ...packages.host.tools()],
  );
  const events = createEventBus({ clock, ids, log });
  const identity = createIdentity({
    repository: store.identity,
    devices: store.devices,
    crypto,
    signatures,
    clock,
    ids,
    audit,
    log,
    accessKey: vault.key("identity"),
    lifetimes: () => settings.current().sessions,
    deviceChanged: ({ id, principal }, state) =>
      events.publish(
        "device:changed",
        { tenantId: principal.tenantId, audience: [principal.id] },
        { deviceId: id, state },
      ),
    arrived: (person) => void tellArrival({ store, events, log }, person),
  });
  const policies = createPolicyReader(crypto);
  const policy = await openPolicy({ reader: policies, file: policyFileOf(home.root), log, audit });
  const guardWith = (catalog: typeof tools.catalog): Guard =>
    createGuard({
      store,
      audit,
      crypto,
      clock,
      ids,
      tools: {
        catalog,
        resolve: (call, scope) => tools.resolve(call, scope),
        describe: (call) => tools.describe(call),
        preview: (call, scope) => tools.preview(call, scope),
      },
      permits,
      log,
      policy: () => policy.overlay(),
      stepUp: stepUpWith(identity),
      settings: guardSettings(settings),
    });
  const guard = guardWith(() => tools.catalog());
  const watch = createTurnWatch();
  const takenAway = createTakenAway();
  const house: House = {
    store,
    audit,
    tools,
    models,
    events,
    clock,
    ids,
    log,
    watch,
    takenAway,
    canaries,
    skills,
    asking,
    modelBudget: createModelBudget({
      usage: store.usage,
      clock,
      limits: () => settings.current().limits,
      priceOf: (model) => priceOf(settings.current().models, model),
    }),
    guardOf: (agent: StoredAgent) =>
      guardWith(() =>
        tools.catalog().filter(({ name }) => agent.capabilities.includes(name) && !takenAway.has(agent.id, name)),
      ),
    limits: () => {
      const { turnSteps, turnSeconds, outputTokens, viewMessages, readerBits } = settings.current().agents;
      return { steps: turnSteps, seconds: turnSeconds, outputTokens, viewMessages, readerBits };
    },
    halted: () => permits.halted(),
    wake: () => wake(),
  };
  const owner = await settle(house, identity, settings.current());
  if (!owner.ok) return owner;
  tenantId = owner.value.tenantId;
  const system: AccessScope = { tenantId, principalId: owner.value.id, reach: "system" };
  // Answers that a crash broke off: nobody knows what they took, so they count as the most they could.
  const recovered = await store.usage.recover();
  if (!recovered.ok) return recovered;
  const stopped = await store.stops.current(system);
  if (!stopped.ok) return stopped;
  // A restart does not undo a stop.
  if (stopped.value !== null) {
    permits.halt();
    vault.secrets.stopLending();
  }
  const desk = await packages.introduce(house, owner.value);

  return ok({
    house,
    policy,
    policies,
    undo: undoDesk({ undo, agents: store.agents, home, audit, events, clock, ids, log }),
    undoFiles: undo,
    backups: createBackupDesk({ home, vault, database: store, audit, events, clock, ids, log }),
    connections: createOpenRouterConnections({
      egress,
      secrets: vault.secrets,
      audit,
      clock,
      randomText: (length) => crypto.randomText(length),
      sha256,
    }),
    wall,
    programs,
    packages: desk,
    plugins: packages.host,
    copies: programCopies({
      home,
      programs,
      agents: store.agents,
      conversations: store.conversations,
      system,
      clock,
      log,
    }),
    workspaces: workspacesOf({ home, hash: (bytes) => crypto.hash(bytes), clock, log }),
    stopped: stopped.value,
    memory,
    log,
    guard,
    identity,
    owner: owner.value,
    system,
    defaultModel: () => defaultModel.value.describe(),
    newTraceId: () => ids.next({ parse: (text) => text.replaceAll("-", "") }),
    sweepQuestions: async () => {
      const expired = await guard.expire();
      if (!expired.ok) log.error("questions cannot be expired", { code: expired.error.code });
      const woken = await store.turns.wakeAnswered(clock.now());
      if (!woken.ok) return log.error("turns cannot be woken", { code: woken.error.code });
      if (woken.value.length > 0) wake();
    },
    bindWake: (next) => {
      wake = next;
    },
    bindReminderWake: (next) => {
      wakeReminders = next;
    },
    wakeReminders: () => wakeReminders(),
  });
};
