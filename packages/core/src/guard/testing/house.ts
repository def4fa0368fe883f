import {
  AgentId,
  CallId,
  CapabilityId,
  ConversationId,
  done,
  err,
  label,
  MessageId,
  moltbotError,
  ownScope,
  PrincipalId,
  TenantId,
  ToolName,
  TurnId,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalAnswer,
  Capability,
  Constraint,
  Integrity,
  JsonObject,
  PolicyOverlay,
  Principal,
  Result,
  ToolCall,
  ToolManifest,
  Verdict,
} from "@moltbot/contracts";
import * as guardRoom from "../index.ts";
import { NO_POLICY } from "../guard-ports.ts";
import type { GuardPorts, Surface } from "../guard-ports.ts";
import { fakeTools, MANIFESTS } from "./fake-tools.ts";
import { memoryStore } from "./memory-store.ts";
import type { MemoryStore } from "./memory-store.ts";
import { after, fakeAudit, fakeClock, fakeIds, idText, nodeCrypto, START } from "./ports.ts";

export const TENANT = TenantId.parse(idText(1));
export const OWNER: Principal = {
  id: PrincipalId.parse(idText(2)),
  tenantId: TENANT,
  kind: "person",
  name: "Ada",
  role: "owner",
};
export const STRANGER: Principal = {
  id: PrincipalId.parse(idText(3)),
  tenantId: TENANT,
  kind: "person",
  name: "Eve",
  role: "owner",
};
export const AGENT = AgentId.parse(idText(4));
export const OTHER_AGENT = AgentId.parse(idText(5));
export const CONVERSATION = ConversationId.parse(idText(6));
export const OTHER_CONVERSATION = ConversationId.parse(idText(7));
export const TURN = TurnId.parse(idText(8));
export const OTHER_TURN = TurnId.parse(idText(9));
export const SCOPE = ownScope(OWNER);

let serial = 0x100_000;
const fresh = <T>(kind: { parse(text: string): T }): T => {
  serial += 1;
  return kind.parse(idText(serial));
};

/** A call as the turn loop would make it. */
export const callOf = (tool: string, given: JsonObject, integrity: Integrity = "authority"): ToolCall => ({
  id: fresh(CallId),
  turnId: TURN,
  conversationId: CONVERSATION,
  agentId: AGENT,
  authority: OWNER.id,
  agentChain: [AGENT],
  tool,
  arguments: given,
  label: label(integrity, [OWNER.id]),
});

export const manifestOf = (tool: string): ToolManifest => {
  const manifest = MANIFESTS.find(({ name }) => name === tool);
  if (manifest === undefined) throw new Error(`the tests have no tool ${tool}`);
  return manifest;
};

/** A capability in force for the agent of the tests, with changes. */
export const capabilityOf = (
  tool: string,
  constraints: readonly Constraint[],
  change: Partial<Capability> = {},
): Capability => ({
  id: fresh(CapabilityId),
  tenantId: TENANT,
  holder: AGENT,
  tool: ToolName.parse(tool),
  permissions: manifestOf(tool).permissions,
  constraints,
  rights: ["use"],
  reach: { kind: "always" },
  expiresAt: after(3_600_000),
  parent: null,
  epoch: 1,
  issuedBy: OWNER.id,
  issuedAt: START,
  revokedAt: null,
  reason: "test",
  ...change,
});

const furnish = ({ rows }: MemoryStore): void => {
  const at = { createdAt: START, updatedAt: START };
  rows.conversations.set(CONVERSATION, {
    id: CONVERSATION,
    agentId: AGENT,
    ownerId: OWNER.id,
    audience: [OWNER.id],
    title: "",
    heads: {},
    activeHead: "main",
    ...at,
  });
  rows.agents.set(AGENT, {
    id: AGENT,
    tenantId: TENANT,
    ownerId: OWNER.id,
    name: "Agent",
    model: "default",
    capabilities: MANIFESTS.map(({ name }) => name),
    reading: "auto",
    createdAt: START,
  });
  for (const id of [TURN, OTHER_TURN]) {
    rows.turns.set(id, {
      id,
      tenantId: TENANT,
      ownerId: OWNER.id,
      conversationId: CONVERSATION,
      agentId: AGENT,
      authority: OWNER.id,
      userMessageId: fresh(MessageId),
      state: "running",
      steps: 0,
      attempts: 1,
      label: label("authority", [OWNER.id]),
      waitingFor: [],
      end: null,
      ...at,
    });
  }
};

type Room = Pick<typeof guardRoom, "createGuard" | "createPermitBook">;

interface Dials {
  settings: GuardPorts["settings"];
  policy: PolicyOverlay;
  proof: string;
}

/** The guard with everything around it in memory, and the short ways through it that the tests take. */
export const buildHouse = (room: Room = guardRoom) => {
  const clock = fakeClock();
  const ids = fakeIds();
  const audit = fakeAudit();
  const store = memoryStore();
  furnish(store);
  const permits = room.createPermitBook({ clock, crypto: nodeCrypto, ids });
  const tools = fakeTools(permits);
  /** What a test may turn: the settings, the policy in force, who passes a fresh proof. */
  const dials: Dials = {
    settings: {
      approvalMinutes: 15,
      ask: true,
      stepUp: false,
      callsPerTurn: 1_000,
      callsPerHour: 10_000,
      planMinutes: 1_440,
    },
    policy: NO_POLICY,
    proof: "right",
  };
  const ports = {
    store,
    audit,
    crypto: nodeCrypto,
    clock,
    ids,
    tools,
    permits,
    log: { error: () => undefined },
    get settings() {
      return dials.settings;
    },
    policy: () => dials.policy,
    stepUp: (_by: Principal, surface: Surface, proof: string | undefined) =>
      Promise.resolve(
        surface === "local" || proof === dials.proof
          ? done
          : err(moltbotError("STEP_UP_REQUIRED", { problem: "the code is not right" })),
      ),
  } satisfies GuardPorts;
  const guard = room.createGuard(ports);

  const grant = (...capabilities: readonly Capability[]): void => {
    for (const capability of capabilities) store.rows.capabilities.set(capability.id, capability);
  };
  const verdictOf = async (call: ToolCall, stated: readonly string[] = []): Promise<Verdict> => {
    const verdict = await guard.consider(SCOPE, call, stated);
    if (!verdict.ok) throw new Error(verdict.error.message);
    return verdict.value;
  };
  /** As the turn loop would: consider, then admit and run, ask, or refuse. Returns what happened in one word or code. */
  const attempt = async (
    asked: ToolCall,
    stated: readonly string[] = [],
    scope: AccessScope = SCOPE,
  ): Promise<string> => {
    const answered: Result<ToolCall> = await guard.asAnswered(scope, asked);
    if (!answered.ok) return answered.error.code;
    const call = answered.value;
    const verdict = await guard.consider(scope, call, stated);
    if (!verdict.ok) return verdict.error.code;
    if (verdict.value.kind === "deny") {
      await guard.refuse(scope, call, verdict.value);
      return verdict.value.error.code;
    }
    if (verdict.value.kind === "ask") {
      const parkedNow = await guard.ask(scope, call, verdict.value);
      return parkedNow.ok ? "asked" : parkedNow.error.code;
    }
    const permit = await guard.admit(scope, call, verdict.value, stated);
    if (!permit.ok) return permit.error.code;
    const outcome = await tools.run(permit.value, call, scope, AbortSignal.any([]));
    return outcome.ok ? "ran" : outcome.error.code;
  };
  /** Considers a call that must ask, and parks the question. */
  const parked = async (call: ToolCall): Promise<Approval> => {
    const verdict = await verdictOf(call);
    if (verdict.kind !== "ask") throw new Error(`it does not ask: ${verdict.rule}`);
    const asked = await guard.ask(SCOPE, call, verdict);
    if (!asked.ok) throw new Error(asked.error.message);
    return asked.value;
  };
  const answer = (
    approval: Approval,
    given: Partial<ApprovalAnswer> = {},
    by: Principal = OWNER,
    surface: Surface = "session",
  ) => guard.answer(by, approval.id, { answer: "allow", scope: "once", ...given }, surface);
  const eventNames = () => audit.events.map(({ event }) => event);
  return {
    ...ports,
    ports,
    dials,
    guard,
    grant,
    verdictOf,
    attempt,
    parked,
    answer,
    eventNames,
    world: tools.world,
    rows: store.rows,
  };
};

export type House = ReturnType<typeof buildHouse>;
