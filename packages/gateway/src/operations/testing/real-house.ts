import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentId, ConversationId, MessageId, TurnId, err, label, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  Conversation,
  DomainEvent,
  ModelPort,
  PolicyOverlay,
  Principal,
  RequestContext,
  Result,
  StoredAgent,
  ToolExecutor,
  ToolManifest,
  ToolOutcome,
} from "@moltbot/contracts";
import { createGuard, createPermitBook } from "@moltbot/core/guard";
import { createIdentity } from "@moltbot/ingress/identity";
import { createCrypto, createIds, createKeySignatures, sha256, sha256Hex } from "@moltbot/storage/crypto";
import { openUndoFiles } from "@moltbot/storage/database";
import { createBackupDesk } from "../../backup/backup-desk.ts";
import { createCanaries } from "../../canaries.ts";
import { createAgent } from "../../create-agent.ts";
import type { Workspaces } from "../../derived.ts";
import { createEventBus } from "../../event-bus.ts";
import { placesOf, prepareHome } from "../../home.ts";
import type { House } from "../../house.ts";
import { createModelBudget } from "../../model-budget.ts";
import { priceOf } from "../../model-price.ts";
import { createOpenRouterConnections } from "../../models/index.ts";
import type { ConnectionParts } from "../../models/index.ts";
import { openMemory } from "../../open-memory.ts";
import { startReminderClock } from "../../reminder-clock.ts";
import { createPolicyReader, openPolicy } from "../../policy/index.ts";
import { createPackageDesk } from "../../packages/package-desk.ts";
import { createSkillShelf } from "../../packages/skill-shelf.ts";
import { paperHost } from "../../packages/testing/paper-host.ts";
import { openPrivacy } from "../../privacy/index.ts";
import { linkAddress } from "../../public-address.ts";
import { openSettings, policyFileOf } from "../../settings/index.ts";
import { bindOperations } from "../index.ts";
import type { OperationPorts } from "../index.ts";
import { stepUpWith } from "../../step-up.ts";
import { tellArrival } from "../../tell-arrival.ts";
import { createTurnWatch } from "../../turn-watch.ts";
import { startTurnWorkers } from "../../turn-workers.ts";
import { undoDesk } from "../../undo-desk.ts";
import { createUnlockAttempts } from "../../unlock-attempts.ts";
import { useOfSecret } from "../../use-of-secret.ts";
import { createVaultDesk } from "../../vault-desk.ts";
import type { HaltPorts } from "../../stop-everything.ts";
import { model } from "./fake-house.ts";

export interface RealWish {
  readonly root?: string;
  readonly model?: ModelPort;
  readonly catalog: readonly ToolManifest[];
  readonly run?: (call: Parameters<ToolExecutor["run"]>[1], signal: AbortSignal) => Promise<Result<ToolOutcome>>;
  /** What lies in the home as the operator's policy. */
  readonly policy?: string;
  /** Instead of the policy that was read. */
  readonly overlay?: PolicyOverlay;
  /** Hears that the vault is to be locked. */
  readonly onLock?: () => void;
  /** The agents' folders; empty ones unless told. */
  readonly workspaces?: Workspaces;
  /** On which programs run; none unless told. */
  readonly copies?: OperationPorts["copies"];
  /** The way out to vendors; nobody is there unless told. */
  readonly vendor?: Pick<ConnectionParts, "egress" | "origin">;
  /** Stands before the audit log and the database. */
  readonly fails?: { audit: boolean; database: boolean; keys?: boolean; people?: boolean };
}

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** The rooms that remember and decide, as they are, over one temporary home; the model and the tools are a test's. */
export const openRealHouse = async (wish: RealWish) => {
  const root = wish.root ?? mkdtempSync(join(tmpdir(), "moltbot-house-"));
  const home = placesOf(join(root, "home"), join(root, "keys"), null);
  must(prepareHome(home));
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const log = { debug: say, info: say, warn: say, error: say };
  const memory = must(await openMemory({ home, passphrase: null, acceptLoss: false, log }));
  const { clock, audit: sealed, vault, database } = memory;
  const audit: House["audit"] = new Proxy(sealed, {
    get: (target, name): unknown =>
      name === "record" && wish.fails?.audit === true
        ? async () => err(moltbotError("AUDIT_UNWRITABLE"))
        : Reflect.get(target, name),
  });
  const busy = async () => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "busy" }));
  const store: House["store"] = new Proxy(database, {
    get: (target, name): unknown => {
      if (name === "atomically" && wish.fails?.database === true) return busy;
      if (name === "turns" && wish.fails?.keys === true) return { ...target.turns, byKey: busy };
      if (name === "people" && wish.fails?.people === true) return { ...target.people, list: busy };
      return Reflect.get(target, name);
    },
  });
  const ids = createIds();
  const crypto = createCrypto(vault.key("mac"));
  const permits = createPermitBook({ clock, crypto, ids });
  const file = policyFileOf(home.root);
  if (wish.policy !== undefined) must(await file.write(wish.policy));
  const policies = createPolicyReader(crypto);
  const policy = await openPolicy({ reader: policies, file, log, audit });
  const settings = must(
    openSettings({ file: join(home.root, "moltbot.json5"), environment: {}, flags: { gateway: { port: 0 } } }),
  );
  const plugins = paperHost();
  const tools: ToolExecutor = {
    catalog: () => [...wish.catalog, ...plugins.host.tools().map(({ manifest }) => manifest)],
    resolve: async () => ok([]),
    describe: ({ tool }) => `Does ${tool}.`,
    preview: async () => null,
    run: async (permit, call, _scope, signal) => {
      const redeemed = permits.redeem(permit, call);
      if (!redeemed.ok) return redeemed;
      return wish.run === undefined
        ? ok({ text: "did it", summary: "did it", label: call.label })
        : wish.run(call, signal);
    },
  };
  const identity = createIdentity({
    repository: database.identity,
    devices: database.devices,
    crypto,
    signatures: createKeySignatures(),
    clock,
    ids,
    audit,
    log,
    accessKey: new Uint8Array(32).fill(7),
    lifetimes: () => ({ idleDays: 14, days: 30, deviceDays: 365 }),
    arrived: (person) => void tellArrival({ store, events, log }, person),
  });
  const guard = createGuard({
    store,
    audit,
    crypto,
    clock,
    ids,
    tools,
    permits,
    log: { error: () => undefined },
    policy: () => wish.overlay ?? policy.overlay(),
    stepUp: stepUpWith(identity),
    settings: {
      approvalMinutes: 60,
      ask: true,
      get stepUp() {
        return settings.current().approvals.stepUp;
      },
      callsPerTurn: 100,
      callsPerHour: 1_000,
      planMinutes: 60,
    },
  });
  const events = createEventBus({ clock, ids, log });
  const heard: DomainEvent[] = [];
  events.subscribe((event) => void heard.push(event));
  let wake = (): void => undefined;
  const house: House = {
    store,
    audit,
    tools,
    models: {
      find: () => ok(wish.model ?? model()),
      list: () => [],
      close: async () => undefined,
    },
    events,
    clock,
    ids,
    log,
    watch: createTurnWatch(),
    canaries: createCanaries(crypto),
    modelBudget: createModelBudget({
      usage: database.usage,
      clock,
      limits: () => settings.current().limits,
      priceOf: (name) => priceOf(settings.current().models, name),
    }),
    guardOf: () => guard,
    limits: () => ({ steps: 5, viewMessages: 50, outputTokens: 100, readerBits: 256, seconds: 30 }),
    halted: () => permits.halted(),
    wake: () => wake(),
  };
  const owner: Principal = must(await identity.ensureOwner("Owner"));
  vault.secrets.decideBy(useOfSecret(database, () => owner.tenantId));
  const scope = ownScope(owner);
  const agents = must(await database.agents.list(scope));
  const agent: StoredAgent =
    agents[0] ??
    must(
      await createAgent(house, owner, {
        id: ids.next(AgentId),
        name: "A",
        model: "default",
        tools: undefined,
        reading: "auto",
      }),
    );
  const stop = must(await database.stops.current(scope));
  if (stop !== null) permits.halt();
  const workers = startTurnWorkers(house, () => 4);
  wake = () => workers.wake();
  const reminders = startReminderClock(house, { ...scope, reach: "system" });
  const secrets = { lends: stop === null };
  const halt: HaltPorts = {
    house,
    guard,
    workers,
    secrets: {
      stopLending: () => {
        secrets.lends = false;
      },
      resumeLending: () => {
        secrets.lends = true;
      },
    },
    wakeReminders: () => reminders.wake(),
    programs: { endAll: async () => undefined },
    work: { halt: () => undefined, wake: () => undefined },
  };
  const workspaces = wish.workspaces ?? { files: async () => ok([]), setAside: async () => ok(undefined) };
  const system = { ...scope, reach: "system" } as const;
  const { privacy, attachments } = openPrivacy(
    {
      furnished: { house, memory, workspaces, system, owner, copies: { forget: async () => ok(undefined) } },
      home,
      settings,
    },
    workers,
  );
  const shelf = createSkillShelf();
  const packageParts = { signatures: createKeySignatures(), hash: sha256Hex };
  const packages = createPackageDesk({ house, host: plugins.host, ...packageParts, shelf });
  await packages.start(owner);
  const ports: OperationPorts = {
    ...halt,
    privacy,
    attachments,
    backups: createBackupDesk({ home, vault, database, audit, events: house.events, clock, ids, log }),
    guard,
    workers,
    identity,
    vault: createVaultDesk({
      vault,
      attempts: createUnlockAttempts(clock),
      unlockedAt: clock.now(),
      autoLockMinutes: () => settings.current().vault.autoLockMinutes,
      lock: () => wish.onLock?.(),
    }),
    packages,
    secrets: { ...vault.secrets, ...halt.secrets },
    connections: createOpenRouterConnections({
      egress: { send: async () => err(moltbotError("FETCH_FAILED", { host: "nobody", problem: "a test" })) },
      secrets: vault.secrets,
      audit,
      clock,
      randomText: (length) => crypto.randomText(length),
      sha256,
      ...wish.vendor,
    }),
    mac: (purpose, bytes) => crypto.mac(purpose, bytes),
    settings,
    auditDetails: sealed,
    policy,
    policies,
    copies: wish.copies ?? { endHidden: async () => undefined },
    workspaces,
    undo: undoDesk({
      undo: openUndoFiles({ folder: join(home.root, "undo"), sealer: vault.content, clock }),
      agents: database.agents,
      home,
      audit,
      events: house.events,
      clock,
      ids,
      log: house.log,
    }),
    facts: {
      version: "0.0.0",
      home: home.root,
      sealedBy: vault.sealedBy,
      startedAt: clock.now(),
      model: () => (wish.model ?? model()).describe(),
      address: () => "http://127.0.0.1:1",
      linkAddress: () => linkAddress(settings.current().gateway, "http://127.0.0.1:1"),
      auditSize: () => sealed.size(),
    },
    checkDatabase: () => database.check(),
    checkWall: () => Promise.resolve({ kind: "ready" }),
    wallState: () => ({ kind: "ready" }),
  };
  const operations = bindOperations(ports);
  const context = (wishes: Partial<RequestContext> = {}): RequestContext => ({
    principal: owner,
    traceId: "t",
    surface: "local",
    proof: { kind: "local", id: null, strong: true, at: clock.now(), scopes: null, integrity: "authority" },
    signal: new AbortController().signal,
    ...wishes,
  });
  const conversation = (): Conversation => ({
    id: ids.next(ConversationId),
    agentId: agent.id,
    ownerId: owner.id,
    audience: [owner.id],
    title: "t",
    heads: { main: null },
    activeHead: "main",
    createdAt: clock.now(),
    updatedAt: clock.now(),
  });
  /** Puts a turn of its own conversation into the queue and lets the workers know. */
  const begin = async (): Promise<TurnId> => {
    const where = conversation();
    must(await database.conversations.create(scope, where));
    const [turnId, messageId] = [ids.next(TurnId), ids.next(MessageId)];
    const mine = label("authority", [owner.id], [{ kind: "message", ref: messageId }]);
    const now = clock.now();
    must(
      await database.turns.enqueue(
        scope,
        {
          id: turnId,
          tenantId: owner.tenantId,
          ownerId: owner.id,
          conversationId: where.id,
          agentId: agent.id,
          authority: owner.id,
          userMessageId: messageId,
          label: mine,
          state: "queued",
          steps: 0,
          attempts: 0,
          waitingFor: [],
          end: null,
          createdAt: now,
          updatedAt: now,
        },
        null,
      ),
    );
    must(
      await database.conversations.append(scope, "main", {
        id: messageId,
        conversationId: where.id,
        parentId: null,
        role: "user",
        author: owner.id,
        turnId,
        parts: [{ type: "text", text: "do it" }],
        label: mine,
        state: "complete",
        model: null,
        createdAt: now,
      }),
    );
    workers.wake();
    return turnId;
  };
  return {
    root,
    house,
    memory,
    halt,
    guard,
    owner,
    agent,
    scope,
    secrets,
    heard,
    said,
    plugins,
    packageParts,
    shelf,
    policy,
    identity,
    operations,
    ports,
    vault,
    mac: (purpose: string, bytes: string | Uint8Array) => crypto.mac(purpose, bytes),
    begin,
    context,
    turn: async (id: TurnId) => must(await database.turns.find(scope, id)),
    capabilities: async () => must(await database.capabilities.list(scope)),
    currentStop: async () => must(await database.stops.current(scope)),
    close: async (remove = true) => {
      await reminders.close();
      await workers.close(0);
      await memory.close();
      if (remove) rmSync(root, { recursive: true, force: true });
    },
  };
};
