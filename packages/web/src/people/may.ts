import type { OperationName, Principal, Role } from "@moltbot/contracts";

/** The roles that the gateway demands; a test compares them with the registry. */
export const NEEDS = {
  "agents.create": "member",
  "agents.reading": "member",
  "agents.tools": "member",
  "attachments.create": "member",
  "contacts.add": "member",
  "files.changes": "viewer",
  "files.undo": "member",
  "messages.send": "member",
  "capabilities.revoke": "member",
  "memories.remove": "member",
  "reminders.cancel": "member",
  "people.invite": "admin",
  "privacy.export": "member",
  "privacy.certificates": "viewer",
  "packages.inspect": "member",
  "plugins.accept": "owner",
  "plugins.change": "owner",
  "plugins.install": "owner",
  "plugins.list": "viewer",
  "plugins.remove": "owner",
  "plugins.update": "owner",
  "prompts.create": "member",
  "prompts.list": "viewer",
  "config.list": "admin",
  "provenance.remove": "member",
  "decisions.explain": "viewer",
  "roles.create": "owner",
  "secrets.list": "member",
  "secrets.set": "member",
  "shares.set": "member",
  "signers.list": "member",
  "signers.remove": "owner",
  "signers.trust": "owner",
  "skills.change": "member",
  "skills.install": "owner",
  "skills.list": "viewer",
  "skills.remove": "owner",
  "system.resume": "owner",
  "system.stop": "admin",
  "teams.create": "admin",
  "tokens.create": "member",
  "usage.show": "viewer",
  "flows.report": "member",
  "vault.status": "owner",
} as const satisfies Partial<Record<OperationName, Role>>;

/** The one who is signed in; `covers`: the only operations that a role of the house's own leaves them. */
export type Me = Principal & { readonly covers?: readonly string[] };

const RANK: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** Whether `role` is at least `required`. */
export const suffices = (role: Role, required: Role): boolean => RANK[role] >= RANK[required];

/** Whether one of the patterns covers the operation, as the contracts have it. */
export const covers = (patterns: readonly string[], operation: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === "*" ||
      pattern === operation ||
      (pattern.endsWith(".*") && operation.startsWith(pattern.slice(0, -1))),
  );

/** Whether the page offers it: what one's role may not do is no button. The gateway decides all the same. */
export const may = (me: Pick<Me, "role" | "covers"> | null, operation: keyof typeof NEEDS): boolean =>
  me !== null && suffices(me.role, NEEDS[operation]) && (me.covers === undefined || covers(me.covers, operation));

/** The roles up to this one, weakest first. */
export const rolesUpTo = (role: Role): readonly Role[] =>
  (["viewer", "member", "admin", "owner"] as const).filter((one) => suffices(role, one));
