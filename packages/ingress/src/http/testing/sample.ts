import {
  moltbotError,
  err,
  ok,
  instantOf,
  PrincipalId,
  TenantId,
  AgentId,
  ConversationId,
  EventId,
  MessageId,
  TurnId,
  TokenId,
  NEUTRAL_LABEL,
} from "@moltbot/contracts";
import type { DomainEvent, EventBus, IdentityPort, Message, Principal, Role, TurnReport } from "@moltbot/contracts";

let count = 0;
/** Canonical UUIDv7 text, counted up. */
export const nextId = (): string => `01900000-0000-7000-8000-${(count += 1).toString(16).padStart(12, "0")}`;
export const NOW = instantOf(1_763_800_000_000);
export const tenantId = TenantId.parse(nextId());

export const person = (role: Role, tenant = tenantId): Principal =>
  Object.freeze({ id: PrincipalId.parse(nextId()), tenantId: tenant, kind: "person", name: role, role });
export const OWNER = person("owner");
export const MEMBER = person("member");
export const VIEWER = person("viewer");
export const STRANGER = person("owner", TenantId.parse(nextId()));
export const TOKENS: Readonly<Record<string, Principal>> = {
  "owner-token": OWNER,
  "member-token": MEMBER,
  "viewer-token": VIEWER,
  "stranger-token": STRANGER,
};

const agentId = AgentId.parse(nextId());
const conversationId = ConversationId.parse(nextId());
export const message = (text: string): Message => ({
  id: MessageId.parse(nextId()),
  conversationId,
  parentId: null,
  role: "user",
  author: OWNER.id,
  turnId: null,
  parts: [{ type: "text", text }],
  label: NEUTRAL_LABEL,
  state: "complete",
  model: null,
  createdAt: NOW,
});
export const report = (text: string): TurnReport => ({
  turnId: TurnId.parse(nextId()),
  conversationId,
  state: "done",
  message: message(text),
  reply: null,
  approvals: [],
});
export const delta = (text: string, to: Principal = OWNER): DomainEvent => ({
  id: EventId.parse(nextId()),
  name: "message:delta",
  version: 1,
  at: NOW,
  tenantId: to.tenantId,
  audience: [to.id],
  payload: { conversationId, agentId, turnId: TurnId.parse(nextId()), text },
});
export const sent = (text: string, to: Principal = OWNER): DomainEvent => ({
  id: EventId.parse(nextId()),
  name: "message:sent",
  version: 1,
  at: NOW,
  tenantId: to.tenantId,
  audience: [to.id],
  payload: { conversationId, message: message(text) },
});
export const AGENT_ID = agentId;

/** A bus whose events tests push in. */
export const createTestBus = (): EventBus & { push(event: DomainEvent): void } => {
  const listeners = new Set<(event: DomainEvent) => void>();
  return {
    publish: () => undefined,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    push: (event) => listeners.forEach((listener) => listener(event)),
  };
};

/** Knows four tokens, one cookie ("good-cookie") and one code; `revoked` takes credentials away. */
export const createTestIdentity = (): IdentityPort & {
  readonly revoked: Set<string>;
  readonly addresses: string[];
  /** While true, nobody can tell a token from a guess. */
  lockedOut: boolean;
} => {
  const revoked = new Set<string>();
  const addresses: string[] = [];
  const identity = {
    revoked,
    addresses,
    lockedOut: false,
  };
  return Object.assign(identity, {
    byToken: async (token, address) => {
      addresses.push(address);
      if (token === "locked-token" || identity.lockedOut) return err(moltbotError("LOCKED_OUT", { retryAfter: 30 }));
      const found = TOKENS[token];
      return found === undefined || revoked.has(token) ? err(moltbotError("TOKEN_INVALID")) : ok(found);
    },
    bySession: async (cookie) =>
      cookie === "good-cookie" && !revoked.has(cookie) ? ok(OWNER) : err(moltbotError("NOT_SIGNED_IN")),
    local: async () => ok(OWNER),
    createSignInCode: async () => ok({ code: "a-code-of-sixteen-or-more", expiresAt: NOW }),
    signIn: async (code) =>
      code === "a-code-of-sixteen-or-more"
        ? ok({ cookie: "good-cookie", principal: OWNER, expiresAt: instantOf(1_763_800_000_000 + 2_592_000_000) })
        : err(moltbotError("SIGN_IN_LINK_INVALID")),
    prove: async (_, code) =>
      code === "a-code-of-sixteen-or-more" ? ok(undefined) : err(moltbotError("SIGN_IN_LINK_INVALID")),
    signOut: async (cookie) => {
      revoked.add(cookie);
      return ok(undefined);
    },
    createToken: async () => ok({ id: TokenId.parse(nextId()), token: "mb_new", expiresAt: NOW }),
  } satisfies IdentityPort);
};
