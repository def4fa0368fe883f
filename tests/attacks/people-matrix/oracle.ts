import type { OperationName, Role } from "@moltbot/contracts";

/** Who asks. Each is a person of the house with things of their own, or brings less than they are. */
export const ACTORS = [
  "viewer",
  "member",
  "admin",
  "owner",
  "demoted",
  "scoped",
  "weak",
  "suspended",
  "left",
  "stranger",
] as const;
export type ActorName = (typeof ACTORS)[number];

/**
 * Whose the thing is that is asked for: `own`, or somebody else's, who lets everyone use it (`shared`), use and edit it (`edited`), lets
 * everyone and keeps it from a team that all are in (`kept`), or has it for themselves (`foreign`).
 */
export const RELATIONS = ["own", "shared", "edited", "kept", "foreign"] as const;
export type Relation = (typeof RELATIONS)[number] | "none";

/** By which way. `local` is the socket of this machine, which speaks for the owner. */
export const SURFACES = ["token", "browser", "socket", "client", "local"] as const;
export type Surface = (typeof SURFACES)[number];

/** `hidden`: it does not exist for them; `denied`: they see it and may not; `absent`: that way does not have the operation at all. */
export type Outcome = "yes" | "role" | "scope" | "nobody" | "hidden" | "denied" | "absent";

/**
 * Whose things an operation reaches. `house`: nothing of anybody's; `own`: one's own alone; `use`, `edit`: also what is shared, for who
 * was given that right; `share`: for the owner of the thing alone; `person`: another person, by who manages whom; `strangers`: nobody need
 * be known.
 */
export type Whose = "house" | "own" | "use" | "edit" | "share" | "person" | "strangers";

export interface Rule {
  readonly role: Role | null;
  readonly whose: Whose;
  /** A way in: a token, which may be for less than its person, never makes one. */
  readonly inPerson?: true;
  /** It lives in cookies or headers, and a socket has neither. */
  readonly notOnSocket?: true;
}

const rule = (role: Role | null, whose: Whose, more: Partial<Rule> = {}): Rule => ({ role, whose, ...more });

/**
 * The rules, one row for every operation: the least role, and whose things it reaches. Written from what is promised (a viewer reads, a
 * member has things of their own, an admin keeps the house and its people, the owner decides about keys, policy and ownership; and nobody
 * sees another's), never from the code.
 */
export const RULES: Readonly<Record<OperationName, Rule>> = {
  "agents.list": rule("viewer", "house"),
  "agents.create": rule("member", "house"),
  "agents.get": rule("viewer", "use"),
  "agents.reading": rule("member", "edit"),
  "messages.send": rule("member", "use"),
  "turns.get": rule("viewer", "own"),
  "turns.stop": rule("member", "own"),
  "conversations.list": rule("viewer", "house"),
  "conversations.get": rule("viewer", "own"),
  "conversations.messages": rule("viewer", "own"),
  "approvals.list": rule("viewer", "house"),
  "approvals.get": rule("viewer", "own"),
  "approvals.answer": rule("member", "own"),
  "approvals.answers": rule("member", "own"),
  "approvals.preview": rule("member", "own"),
  "approvals.measures": rule("viewer", "house"),
  "capabilities.grant": rule("member", "use"),
  "capabilities.list": rule("viewer", "house"),
  "capabilities.revoke": rule("member", "own"),
  "contacts.list": rule("viewer", "house"),
  "contacts.add": rule("member", "house"),
  "contacts.remove": rule("member", "own"),
  "provenance.show": rule("viewer", "own"),
  "provenance.remove": rule("member", "own"),
  "canaries.create": rule("member", "house"),
  "reminders.list": rule("viewer", "house"),
  "reminders.cancel": rule("member", "own"),
  "memories.list": rule("viewer", "house"),
  "memories.remove": rule("member", "own"),
  "decisions.explain": rule("viewer", "own"),
  "policy.get": rule("owner", "house"),
  "policy.set": rule("owner", "house"),
  "policy.simulate": rule("owner", "house"),
  "audit.list": rule("viewer", "house"),
  "audit.head": rule("viewer", "house"),
  "audit.proof": rule("viewer", "house"),
  "audit.verify": rule("owner", "house"),
  "audit.export": rule("owner", "house"),
  "tokens.create": rule("member", "house"),
  "tokens.list": rule("viewer", "house"),
  "tokens.revoke": rule("viewer", "own"),
  "links.create": rule("viewer", "house", { inPerson: true }),
  "sessions.create": rule(null, "strangers", { notOnSocket: true }),
  "sessions.current": rule("viewer", "house"),
  "sessions.end": rule("viewer", "house", { notOnSocket: true }),
  "sessions.list": rule("viewer", "house"),
  "sessions.revoke": rule("viewer", "own"),
  "sessions.ticket": rule("viewer", "house", { notOnSocket: true }),
  "devices.invite": rule("viewer", "house", { inPerson: true }),
  "devices.pair": rule(null, "strangers", { notOnSocket: true }),
  "devices.refresh": rule(null, "strangers", { notOnSocket: true }),
  "devices.list": rule("viewer", "house"),
  "devices.revoke": rule("viewer", "own"),
  "people.list": rule("viewer", "house"),
  "people.invite": rule("admin", "house", { inPerson: true }),
  "people.link": rule("admin", "person", { inPerson: true }),
  "people.change": rule("admin", "person"),
  "people.remove": rule("viewer", "person"),
  "people.transfer": rule("owner", "person", { inPerson: true }),
  "teams.list": rule("viewer", "house"),
  "teams.create": rule("admin", "house"),
  "teams.change": rule("admin", "house"),
  "teams.remove": rule("admin", "house"),
  "shares.list": rule("viewer", "house"),
  "shares.set": rule("member", "share"),
  "shares.remove": rule("member", "own"),
  "access.explain": rule("viewer", "use"),
  "config.list": rule("admin", "house"),
  "config.set": rule("owner", "house"),
  "secrets.list": rule("admin", "house"),
  "secrets.set": rule("owner", "house"),
  "secrets.remove": rule("owner", "house"),
  "search.messages": rule("viewer", "own"),
  "attachments.create": rule("member", "own"),
  "attachments.list": rule("viewer", "own"),
  "attachments.get": rule("viewer", "own"),
  "attachments.remove": rule("member", "own"),
  "vault.status": rule("owner", "house"),
  "vault.lock": rule("owner", "house"),
  "vault.passphrase": rule("owner", "house"),
  "vault.recovery": rule("owner", "house"),
  "vault.rotate": rule("owner", "house"),
  "privacy.inventory": rule("viewer", "house"),
  "privacy.export": rule("member", "own"),
  "privacy.erase": rule("member", "own"),
  "privacy.certificates": rule("viewer", "house"),
  "backups.create": rule("owner", "house"),
  "backups.list": rule("admin", "house"),
  "backups.verify": rule("owner", "house"),
  "jobs.list": rule("admin", "house"),
  "jobs.retry": rule("admin", "house"),
  "schedules.list": rule("admin", "house"),
  "schedules.firings": rule("admin", "house"),
  "outbox.list": rule("admin", "house"),
  "imports.take": rule("owner", "house"),
  "models.list": rule("viewer", "house"),
  "models.connect": rule("owner", "house"),
  "models.connected": rule("owner", "house"),
  "system.status": rule("viewer", "house"),
  "system.stop": rule("admin", "house"),
  "system.resume": rule("owner", "house"),
  "system.doctor": rule("admin", "house"),
};

/** What a scoped token of the matrix is for. */
export const SCOPES = [
  "agents.list",
  "agents.get",
  "conversations.*",
  "search.messages",
  "tokens.create",
  "shares.set",
] as const;

const HEIGHT: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** The role that counts; null for whoever is nobody here (any more). */
export const ROLE_OF: Readonly<Record<ActorName, Role | null>> = {
  viewer: "viewer",
  member: "member",
  admin: "admin",
  owner: "owner",
  // With everything that was made as an admin.
  demoted: "member",
  suspended: null,
  left: null,
  scoped: "member",
  weak: "viewer",
  stranger: null,
};

const isFor = (name: OperationName): boolean =>
  SCOPES.some((scope) => scope === name || (scope.endsWith(".*") && name.startsWith(scope.slice(0, -1))));

/** What must come of it. People of the matrix's targets: `own` is oneself, `shared` a member, `foreign` somebody whom nobody changes. */
export const outcomeOf = (
  name: OperationName,
  { actor, relation, surface }: { readonly actor: ActorName; readonly relation: Relation; readonly surface: Surface },
  row: Rule | null = RULES[name] ?? null,
): Outcome => {
  if (row === null) throw new Error(`the oracle has no row for ${name}`);
  // A frame is held against the scopes before anything else is said about it.
  if (surface === "socket" && row.notOnSocket === true) return actor === "scoped" && !isFor(name) ? "scope" : "absent";
  if (row.role === null) return "yes";
  const role = ROLE_OF[actor];
  if (role === null) return "nobody";
  if (HEIGHT[role] < HEIGHT[row.role]) return "role";
  if (actor === "scoped" && !isFor(name)) return "scope";
  if (row.inPerson === true && surface !== "browser" && surface !== "local") return "scope";
  switch (row.whose) {
    case "house":
    case "strangers":
      return "yes";
    case "own":
      return relation === "own" ? "yes" : "hidden";
    case "use":
      return relation === "foreign" || relation === "kept" ? "hidden" : "yes";
    case "edit":
      if (relation === "own" || relation === "edited") return "yes";
      return relation === "shared" ? "denied" : "hidden";
    case "share":
      if (relation === "own") return "yes";
      return relation === "shared" || relation === "edited" ? "denied" : "hidden";
    case "person":
      // Whoever manages nobody is told of their role, whoever the other is.
      if (relation !== "own" && HEIGHT[role] < HEIGHT.admin) return "role";
      return relation === "shared" ? "yes" : "denied";
  }
};
