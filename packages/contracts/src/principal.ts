import { z } from "zod";
import { Instant, PrincipalId, TenantId } from "./ids.ts";

export const PRINCIPAL_KINDS = ["person", "device", "agent", "plugin", "workflow", "server"] as const;
/**
 * What a person may do through the API, weakest first: a viewer reads what is shared with them, a member has agents and
 * conversations of their own, an admin keeps the house and its people, the one owner decides about keys, policy and ownership.
 */
export const ROLES = ["viewer", "member", "admin", "owner"] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Who acts. It exists only after `identity` has verified a session, a token or the local socket. */
export const Principal = z.strictObject({
  id: PrincipalId,
  tenantId: TenantId,
  kind: z.enum(PRINCIPAL_KINDS),
  name: z.string(),
  role: Role,
});
export type Principal = Readonly<z.infer<typeof Principal>>;

/**
 * How far a repository call may reach. `own`: rows the principal owns or belongs to the audience of; `tenant`: every row of
 * the tenant; `system`: every row, for recovery and schedules alone. Every repository method takes one first.
 */
export interface AccessScope {
  readonly tenantId: TenantId;
  readonly principalId: PrincipalId;
  readonly reach: "own" | "tenant" | "system";
}

/** The scope of what a principal may see as itself. */
export const ownScope = (principal: Pick<Principal, "id" | "tenantId">): AccessScope =>
  Object.freeze({ tenantId: principal.tenantId, principalId: principal.id, reach: "own" });

/** Whether `role` is at least `required`. */
export const roleSuffices = (role: Role, required: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(required);

export const PROOF_KINDS = ["local", "token", "session", "device"] as const;

/** Operations by name: `messages.send`, all of a noun (`messages.*`) or all (`*`). */
export const OperationPattern = z.string().regex(/^(\*|[a-z]+\.(\*|[a-zA-Z]+))$/);
export type OperationPattern = z.infer<typeof OperationPattern>;

/** How a request showed whose it is: resolved anew for every request. */
export interface Proof {
  readonly kind: (typeof PROOF_KINDS)[number];
  /** Id of the token, session or device; null for the local socket. */
  readonly id: string | null;
  /** Bound to a key that the request was signed with, or to the machine itself: a copy of what it carries is worth nothing. */
  readonly strong: boolean;
  /** When the person last showed that they are there: the sign-in, the pairing, the making of the token. */
  readonly at: Instant;
  /** The only operations this credential is for; null: whatever its role may. */
  readonly scopes: readonly OperationPattern[] | null;
  /** The only operations that the person's own role covers, whatever they come in by; absent: all that their role may. */
  readonly roleCovers?: readonly OperationPattern[];
  /** The role of the person themselves, where the credential may be for less. */
  readonly personRole?: Role;
  /** What the words that come with it count as: the person's own, or anybody's (a program that passes on what others wrote). */
  readonly integrity: "authority" | "untrusted";
}

/** Whether one of the patterns covers the operation. */
export const covers = (patterns: readonly OperationPattern[], operation: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === "*" ||
      pattern === operation ||
      (pattern.endsWith(".*") && operation.startsWith(pattern.slice(0, -1))),
  );

/** What no role leaves out, so that nobody is locked in: knowing who one is, signing out, and leaving the house (of others it takes a role that covers it). */
export const NEVER_LEFT_OUT = ["sessions.current", "sessions.end", "people.remove"] as const;

/** Whether who showed this proof may ask for the operation at all: neither their credential nor a role of the house's own leaves it out. */
export const proofCovers = ({ scopes, roleCovers }: Pick<Proof, "scopes" | "roleCovers">, operation: string): boolean =>
  (scopes === null || covers(scopes, operation)) && (roleCovers === undefined || covers(roleCovers, operation));
