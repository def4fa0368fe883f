import type { OperationName, Principal, Role } from "@moltbot/contracts";

/** The roles that the gateway demands; a test compares them with the registry. */
export const NEEDS = {
  "agents.create": "member",
  "agents.reading": "member",
  "attachments.create": "member",
  "contacts.add": "member",
  "messages.send": "member",
  "capabilities.revoke": "member",
  "memories.remove": "member",
  "reminders.cancel": "member",
  "people.invite": "admin",
  "people.transfer": "owner",
  "privacy.export": "member",
  "privacy.certificates": "viewer",
  "config.list": "admin",
  "provenance.remove": "member",
  "decisions.explain": "viewer",
  "shares.set": "member",
  "system.resume": "owner",
  "system.stop": "admin",
  "teams.create": "admin",
  "tokens.create": "member",
  "vault.status": "owner",
} as const satisfies Partial<Record<OperationName, Role>>;

const RANK: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** Whether `role` is at least `required`. */
export const suffices = (role: Role, required: Role): boolean => RANK[role] >= RANK[required];

/** Whether the page offers it: what one's role may not do is no button. The gateway decides all the same. */
export const may = (me: Pick<Principal, "role"> | null, operation: keyof typeof NEEDS): boolean =>
  me !== null && suffices(me.role, NEEDS[operation]);

/** The roles up to this one, weakest first. */
export const rolesUpTo = (role: Role): readonly Role[] =>
  (["viewer", "member", "admin", "owner"] as const).filter((one) => suffices(role, one));
