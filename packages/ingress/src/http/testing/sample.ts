import {
  moltbotError,
  err,
  ok,
  instantOf,
  PrincipalId,
  TenantId,
  AgentId,
  ConversationId,
  DeviceId,
  EventId,
  MessageId,
  TurnId,
  TokenId,
  NEUTRAL_LABEL,
} from "@moltbot/contracts";
import type {
  DeviceTokens,
  DomainEvent,
  DpopRequest,
  EventBus,
  Identified,
  IdentityPort,
  Message,
  Principal,
  Proof,
  Role,
  TurnReport,
} from "@moltbot/contracts";

let count = 0;
/** Canonical UUIDv7 text, counted up. */
export const nextId = (): string => `01900000-0000-7000-8000-${(count += 1).toString(16).padStart(12, "0")}`;
export const NOW = instantOf(1_763_800_000_000);
export const tenantId = TenantId.parse(nextId());

export const person = (role: Role, tenant = tenantId): Principal =>
  Object.freeze({ id: PrincipalId.parse(nextId()), tenantId: tenant, kind: "person", name: role, role });
export const OWNER = person("owner");
export const ADMIN = person("admin");
export const MEMBER = person("member");
export const VIEWER = person("viewer");
export const STRANGER = person("owner", TenantId.parse(nextId()));
export const TOKENS: Readonly<Record<string, Principal>> = {
  "owner-token": OWNER,
  "admin-token": ADMIN,
  "member-token": MEMBER,
  "viewer-token": VIEWER,
  "stranger-token": STRANGER,
};

/** Somebody who showed who they are in this way. */
export const shown = (principal: Principal, kind: Proof["kind"], wish: Partial<Proof> = {}): Identified =>
  Object.freeze({
    principal,
    proof: {
      kind,
      id: kind === "local" ? null : `${kind}-of-${principal.id}`,
      strong: kind === "local" || kind === "device",
      at: NOW,
      scopes: null,
      integrity: "authority" as const,
      ...wish,
    },
  });

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

const DEVICE_TOKENS: DeviceTokens = {
  deviceId: DeviceId.parse(nextId()),
  accessToken: "device-token",
  expiresAt: NOW,
  refreshToken: "another-refresh-token",
};

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

/** Tokens that are for some operations alone, or for words that are nobody's own. */
const NARROWED: Readonly<Record<string, Partial<Proof>>> = {
  "reading-token": { scopes: ["agents.*", "events.stream"] },
  "sending-token": { scopes: ["messages.send"] },
  "narrow-token": { roleCovers: ["agents.list", "events.stream"] },
  "narrow-sending-token": { roleCovers: ["messages.send"] },
  "untrusted-token": { integrity: "untrusted" },
};

/**
 * Knows tokens, one cookie ("good-cookie"), one code, one access token of a device ("device-token", with the proof "good-proof") and
 * tickets ("ticket-1", …), each once; `revoked` takes credentials away.
 */
export const createTestIdentity = (): IdentityPort & {
  readonly revoked: Set<string>;
  readonly addresses: string[];
  /** What proofs were said to be made for. */
  readonly asked: DpopRequest[];
  /** While true, nobody can tell a token from a guess. */
  lockedOut: boolean;
} => {
  const revoked = new Set<string>();
  const addresses: string[] = [];
  const asked: DpopRequest[] = [];
  const tickets = new Map<string, Identified>();
  let made = 0;
  /** By which text each one came in. */
  const cameBy = new WeakMap<Proof, string>();
  const remember = (text: string, who: Identified): Identified => {
    cameBy.set(who.proof, text);
    return who;
  };
  const identity = {
    revoked,
    addresses,
    asked,
    lockedOut: false,
  };
  return Object.assign(identity, {
    byToken: async (token, address) => {
      addresses.push(address);
      if (token === "locked-token" || identity.lockedOut) return err(moltbotError("LOCKED_OUT", { retryAfter: 30 }));
      const narrowed = NARROWED[token];
      const found = narrowed === undefined ? TOKENS[token] : OWNER;
      return found === undefined || revoked.has(token)
        ? err(moltbotError("TOKEN_INVALID"))
        : ok(remember(token, shown(found, "token", { id: token, ...narrowed })));
    },
    checkBody: async () => ok(undefined),
    bySession: async (cookie) =>
      cookie === "good-cookie" && !revoked.has(cookie)
        ? ok(remember(cookie, shown(OWNER, "session")))
        : err(moltbotError("NOT_SIGNED_IN")),
    local: async () => ok(remember("local", shown(OWNER, "local"))),
    byDevice: async (token, request) => {
      asked.push(request);
      if (token !== "device-token" || revoked.has(token)) return err(moltbotError("TOKEN_INVALID"));
      return request.proof === "good-proof"
        ? ok(remember(token, shown(OWNER, "device")))
        : err(moltbotError("PROOF_INVALID", { problem: "it was made for something else" }));
    },
    byTicket: async (ticket) => {
      const found = tickets.get(ticket);
      tickets.delete(ticket);
      return found === undefined ? err(moltbotError("TICKET_INVALID")) : ok(found);
    },
    createTicket: async (who) => {
      const ticket = `ticket-${(made += 1)}`;
      tickets.set(ticket, who);
      return ok({ ticket, expiresAt: NOW });
    },
    stillGood: async ({ proof }) => {
      const text = cameBy.get(proof);
      return text === undefined || revoked.has(text) ? err(moltbotError("NOT_SIGNED_IN")) : ok(undefined);
    },
    createPairing: async () => ok({ code: "ABCD-EFGH", expiresAt: NOW }),
    pairDevice: async ({ code }, request) => {
      asked.push(request);
      return code === "ABCD-EFGH" ? ok(DEVICE_TOKENS) : err(moltbotError("PAIRING_INVALID"));
    },
    refreshDevice: async (refreshToken, request) => {
      asked.push(request);
      return refreshToken === "a-refresh-token-good-once" ? ok(DEVICE_TOKENS) : err(moltbotError("REFRESH_INVALID"));
    },
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
