import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AgentId,
  CallId,
  ConversationId,
  MessageId,
  PrincipalId,
  TenantId,
  TurnId,
  err,
  label,
  moltbotError,
  ok,
  ownScope,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Integrity,
  JsonObject,
  PolicyOverlay,
  Principal,
  Result,
  StoredAgent,
  ToolCall,
  ToolExecutor,
  ToolManifest,
} from "@moltbot/contracts";
import { NO_POLICY, createGuard, createPermitBook } from "@moltbot/core/guard";
import type { Guard, GuardPorts } from "@moltbot/core/guard";
import { createCrypto, createIds } from "@moltbot/storage/crypto";
import { placesOf, prepareHome } from "../../packages/gateway/src/home.ts";
import { openMemory } from "../../packages/gateway/src/open-memory.ts";
import type { Memory } from "../../packages/gateway/src/open-memory.ts";

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** Adds one line of JSON to a file of a folder. */
export const note = (folder: string, file: string, line: object): void =>
  appendFileSync(join(folder, file), `${JSON.stringify(line)}\n`);

/** The whole lines that `note` wrote; one that a kill cut off is left out. */
export const notes = <T>(folder: string, file: string): readonly T[] => {
  const path = join(folder, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as T); // written by `note`
};

interface Ground {
  readonly owner: Principal;
  readonly agent: StoredAgent;
  readonly conversationId: ConversationId;
}

/** The guard over a real vault, database and audit log; the tools alone are the test's own. */
export interface GuardHouse extends Ground {
  readonly memory: Memory;
  readonly guard: Guard;
  readonly scope: AccessScope;
  readonly manifest: ToolManifest;
  /** What a test may turn while it runs. */
  readonly dials: { settings: GuardPorts["settings"]; policy: PolicyOverlay };
  callOf(given: JsonObject, integrity: Integrity): ToolCall;
  /** Puts the turn of a call into the queue, where answers look for it. */
  queueTurn(call: ToolCall): Promise<void>;
  /** consider → admit → run → settle, or what came instead, in one word or code; what runs is what a person may have changed. */
  attempt(asked: ToolCall): Promise<string>;
}

export interface GuardHouseWish {
  readonly folder: string;
  readonly manifest: ToolManifest;
  /** What happens when a permit was redeemed. */
  readonly act: (call: ToolCall) => Promise<void>;
}

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** One person, one agent, one conversation, made once for a folder. */
const layGround = async (folder: string, { database: store, clock }: Memory, tool: string): Promise<Ground> => {
  const [known] = notes<Ground>(folder, "ground.jsonl");
  if (known !== undefined) return known;
  const ids = createIds();
  const tenantId = ids.next(TenantId);
  const ownerId = ids.next(PrincipalId);
  const agentId = ids.next(AgentId);
  const conversationId = ids.next(ConversationId);
  const owner: Principal = { id: ownerId, tenantId, kind: "person", name: "Ada", role: "owner" };
  const now = clock.now();
  const agent: StoredAgent = {
    id: agentId,
    tenantId,
    ownerId,
    name: "Agent",
    model: "default",
    capabilities: [tool],
    reading: "auto",
    createdAt: now,
  };
  must(await store.identity.createPerson(owner));
  must(await store.agents.create(ownScope(owner), agent));
  must(
    await store.conversations.create(ownScope(owner), {
      id: conversationId,
      agentId,
      ownerId,
      audience: [ownerId],
      title: "",
      heads: { main: null },
      activeHead: "main",
      createdAt: now,
      updatedAt: now,
    }),
  );
  note(folder, "ground.jsonl", { owner, agent, conversationId });
  return { owner, agent, conversationId };
};

/** Opens the house in a folder, or opens it again after a kill. */
export const openGuardHouse = async ({ folder, manifest, act }: GuardHouseWish): Promise<GuardHouse> => {
  const home = placesOf(join(folder, "home"), join(folder, "keys"), null);
  must(prepareHome(home));
  const memory = must(await openMemory({ home, passphrase: null, acceptLoss: false, log: silent }));
  const { database: store, audit, clock, vault } = memory;
  const ground = await layGround(folder, memory, manifest.name);
  const { owner, agent, conversationId } = ground;
  const ids = createIds();
  const crypto = createCrypto(vault.key("mac"));
  const permits = createPermitBook({ clock, crypto, ids });
  const scope = ownScope(owner);
  const tools: ToolExecutor = {
    catalog: () => [manifest],
    resolve: () => Promise.resolve(ok([])),
    describe: () => manifest.title,
    preview: () => Promise.resolve(null),
    run: async (permit, call) => {
      const redeemed = permits.redeem(permit, call);
      if (!redeemed.ok) return redeemed;
      await act(call);
      return ok({ text: "ok", summary: "ok", label: call.label });
    },
  };
  const dials: GuardHouse["dials"] = {
    settings: {
      approvalMinutes: 15,
      ask: true,
      stepUp: false,
      callsPerTurn: 1e9,
      callsPerHour: 1e9,
      planMinutes: 1_440,
    },
    policy: NO_POLICY,
  };
  const guard = createGuard({
    store,
    audit,
    crypto,
    clock,
    ids,
    tools,
    permits,
    log: silent,
    policy: () => dials.policy,
    stepUp: () => Promise.resolve(err(moltbotError("STEP_UP_REQUIRED", { problem: "nobody asked for it" }))),
    get settings() {
      return dials.settings;
    },
  });

  const attempt = async (asked: ToolCall): Promise<string> => {
    const answered = await guard.asAnswered(scope, asked);
    if (!answered.ok) return answered.error.code;
    const call = answered.value;
    const verdict = await guard.consider(scope, call, []);
    if (!verdict.ok) return verdict.error.code;
    switch (verdict.value.kind) {
      case "deny":
        await guard.refuse(scope, call, verdict.value);
        return verdict.value.error.code;
      case "ask":
        return "asked";
      case "allow": {
        const permit = await guard.admit(scope, call, verdict.value, []);
        if (!permit.ok) return permit.error.code;
        const ran = await tools.run(permit.value, call, scope, AbortSignal.timeout(1_000));
        await guard.settle(scope, call, ran.ok ? "done" : "failed", ran.ok ? null : ran.error.code);
        return ran.ok ? "ran" : ran.error.code;
      }
    }
  };
  return {
    ...ground,
    memory,
    guard,
    scope,
    manifest,
    dials,
    attempt,
    queueTurn: async (call) => {
      const now = clock.now();
      must(
        await store.turns.enqueue(
          scope,
          {
            id: call.turnId,
            tenantId: owner.tenantId,
            ownerId: owner.id,
            conversationId,
            agentId: agent.id,
            authority: owner.id,
            userMessageId: ids.next(MessageId),
            label: call.label,
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
    },
    callOf: (given, integrity) => ({
      id: ids.next(CallId),
      turnId: ids.next(TurnId),
      conversationId,
      agentId: agent.id,
      authority: owner.id,
      agentChain: [agent.id],
      tool: manifest.name,
      arguments: given,
      label: label(integrity, [owner.id]),
    }),
  };
};
