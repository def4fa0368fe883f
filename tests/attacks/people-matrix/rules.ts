import type { OperationName, Role } from "@moltbot/contracts";

/**
 * Whose things an operation reaches. `house`: nothing of anybody's; `own`: one's own alone; `use`, `edit`, `delete`: also what is shared,
 * for who was given that right; `read`: one's own and what is shared to be read; `share`, `release`: for the owner of the thing (of the conversation) alone; `person`: another person, by who
 * manages whom; `above`: lifting somebody to those who manage others; `strangers`: nobody need be known.
 */
export type Whose =
  | "house"
  | "own"
  | "use"
  | "edit"
  | "delete"
  | "read"
  | "share"
  | "release"
  | "person"
  | "above"
  | "strangers";

/**
 * What comes of it. `reads`: nothing; `talks`: words that the guard judges, and taking back what came of them; `keeps`: it changes something
 * that lets nobody do more; `speaks`: it counts as the person's own word (it grants, answers, shares, lets in, or cannot be undone).
 */
export type Does = "reads" | "talks" | "keeps" | "speaks";

export interface Rule {
  readonly role: Role | null;
  readonly whose: Whose;
  readonly does: Does;
  /** A way in: a token, which may be for less than its person, never makes one. */
  readonly inPerson?: true;
  /** It lives in cookies or headers, and a socket has neither. */
  readonly notOnSocket?: true;
}

/** Operations that are asked for more than one thing, each with a word for what it is there. */
const MORE = [
  "access.explain conversation",
  "access.explain prompt",
  "access.explain secret",
  "agents.tools more",
  "messages.send prompt",
  "people.change higher",
  "people.change narrower",
  "privacy.erase person",
  "privacy.export person",
  "secrets.remove house",
  "secrets.set house",
  "secrets.set mine",
  "shares.set conversation",
  "shares.set prompt",
  "shares.set secret",
  "usage.show house",
  "flows.report house",
] as const;

/** An operation as such, or one of it that asks for something else. */
export type Case = OperationName | (typeof MORE)[number];
export const operationOf = (name: Case): OperationName => name.split(" ")[0] as OperationName; // it begins with one

const rule = (role: Role | null, whose: Whose, does: Does, more: Partial<Rule> = {}): Rule => ({
  role,
  whose,
  does,
  ...more,
});

/**
 * The rules, one row for every operation: the least role, and whose things it reaches. Written from what is promised (a viewer reads, a
 * member has things of their own, an admin keeps the house and its people, the owner decides about keys, policy and ownership; and nobody
 * sees another's), never from the code.
 */
export const RULES: Readonly<Record<Case, Rule>> = {
  "agents.list": rule("viewer", "house", "reads"),
  "agents.create": rule("member", "house", "speaks"),
  "agents.get": rule("viewer", "use", "reads"),
  "agents.reading": rule("member", "edit", "speaks"),
  // Whoever may edit an agent takes tools away; what it has more of may happen unasked, and is its owner's word alone.
  "agents.tools": rule("member", "edit", "speaks"),
  "agents.tools more": rule("member", "share", "speaks"),
  "tools.list": rule("viewer", "house", "reads"),
  "messages.send": rule("member", "use", "talks"),
  // A prompt of somebody who lets one use it goes with it as theirs.
  "messages.send prompt": rule("member", "use", "talks"),
  "turns.get": rule("viewer", "own", "reads"),
  "turns.stop": rule("member", "own", "talks"),
  "conversations.list": rule("viewer", "house", "reads"),
  "conversations.get": rule("viewer", "read", "reads"),
  "conversations.messages": rule("viewer", "read", "reads"),
  "approvals.list": rule("viewer", "house", "reads"),
  "approvals.get": rule("viewer", "own", "reads"),
  "approvals.answer": rule("member", "own", "speaks"),
  "approvals.answers": rule("member", "own", "speaks"),
  "approvals.preview": rule("member", "own", "keeps"),
  "approvals.measures": rule("viewer", "house", "reads"),
  "capabilities.grant": rule("member", "use", "speaks"),
  "capabilities.list": rule("viewer", "house", "reads"),
  "capabilities.revoke": rule("member", "own", "keeps"),
  "contacts.list": rule("viewer", "house", "reads"),
  "contacts.add": rule("member", "house", "speaks"),
  "contacts.remove": rule("member", "own", "keeps"),
  "provenance.show": rule("viewer", "own", "reads"),
  "provenance.remove": rule("member", "own", "speaks"),
  "files.changes": rule("viewer", "house", "reads"),
  // Whose change it is: tests/attacks/undo.test.ts. Here nobody has one, so that an id is as unknown to all.
  "files.undo": rule("member", "house", "keeps"),
  "canaries.create": rule("member", "house", "keeps"),
  "reminders.list": rule("viewer", "house", "reads"),
  "reminders.cancel": rule("member", "own", "talks"),
  "memories.list": rule("viewer", "house", "reads"),
  "memories.remove": rule("member", "own", "talks"),
  "decisions.explain": rule("viewer", "own", "reads"),
  "policy.get": rule("owner", "house", "reads"),
  "policy.set": rule("owner", "house", "speaks"),
  "policy.simulate": rule("owner", "house", "reads"),
  "audit.list": rule("viewer", "house", "reads"),
  "audit.head": rule("viewer", "house", "reads"),
  "audit.proof": rule("viewer", "house", "reads"),
  "audit.verify": rule("owner", "house", "reads"),
  "audit.export": rule("owner", "house", "reads"),
  "tokens.create": rule("member", "house", "speaks"),
  "tokens.list": rule("viewer", "house", "reads"),
  "tokens.revoke": rule("viewer", "own", "keeps"),
  "links.create": rule("viewer", "house", "speaks", { inPerson: true }),
  "sessions.create": rule(null, "strangers", "keeps", { notOnSocket: true }),
  "sessions.current": rule("viewer", "house", "reads"),
  "sessions.end": rule("viewer", "house", "keeps", { notOnSocket: true }),
  "sessions.list": rule("viewer", "house", "reads"),
  "sessions.revoke": rule("viewer", "own", "keeps"),
  "sessions.ticket": rule("viewer", "house", "keeps", { notOnSocket: true }),
  "devices.invite": rule("viewer", "house", "speaks", { inPerson: true }),
  "devices.pair": rule(null, "strangers", "keeps", { notOnSocket: true }),
  "devices.refresh": rule(null, "strangers", "keeps", { notOnSocket: true }),
  "devices.list": rule("viewer", "house", "reads"),
  "devices.revoke": rule("viewer", "own", "keeps"),
  "people.list": rule("viewer", "house", "reads"),
  "people.invite": rule("admin", "house", "speaks", { inPerson: true }),
  "people.link": rule("admin", "person", "speaks", { inPerson: true }),
  "people.change": rule("admin", "person", "speaks"),
  // Roles of the house's own, given to a member: one that narrows theirs, and one that would make them manage others.
  "people.change narrower": rule("admin", "house", "speaks"),
  "people.change higher": rule("admin", "above", "speaks"),
  "people.remove": rule("viewer", "person", "speaks"),
  "people.transfer": rule("owner", "person", "speaks", { inPerson: true }),
  "roles.list": rule("viewer", "house", "reads"),
  "roles.create": rule("owner", "house", "speaks", { inPerson: true }),
  "roles.change": rule("owner", "house", "speaks", { inPerson: true }),
  "roles.remove": rule("owner", "house", "keeps"),
  "teams.list": rule("viewer", "house", "reads"),
  "teams.create": rule("admin", "house", "speaks"),
  "teams.change": rule("admin", "house", "speaks"),
  "teams.remove": rule("admin", "house", "speaks"),
  "shares.list": rule("viewer", "house", "reads"),
  "shares.set": rule("member", "share", "speaks"),
  "shares.set prompt": rule("member", "share", "speaks"),
  "shares.set secret": rule("member", "share", "speaks"),
  "shares.set conversation": rule("member", "release", "speaks"),
  "shares.foresee": rule("member", "release", "reads"),
  "shares.remove": rule("member", "own", "speaks"),
  "access.explain": rule("viewer", "use", "reads"),
  "access.explain prompt": rule("viewer", "use", "reads"),
  "access.explain secret": rule("viewer", "use", "reads"),
  "access.explain conversation": rule("viewer", "read", "reads"),
  "config.list": rule("admin", "house", "reads"),
  "config.set": rule("owner", "house", "speaks"),
  "secrets.list": rule("member", "house", "reads"),
  "secrets.set": rule("member", "edit", "speaks"),
  "secrets.set mine": rule("member", "house", "speaks"),
  // The house's own are its owner's alone.
  "secrets.set house": rule("owner", "house", "speaks"),
  "secrets.remove": rule("member", "delete", "keeps"),
  "secrets.remove house": rule("owner", "house", "keeps"),
  "prompts.list": rule("viewer", "house", "reads"),
  // Whose words they are is kept with them, so that those of an untrusted token never count as its person's.
  "prompts.create": rule("member", "house", "keeps"),
  "prompts.change": rule("member", "edit", "keeps"),
  "prompts.remove": rule("member", "delete", "keeps"),
  "usage.show": rule("viewer", "house", "reads"),
  "usage.show house": rule("admin", "house", "reads"),
  "flows.report": rule("member", "house", "reads"),
  "flows.report house": rule("admin", "house", "reads"),
  "packages.inspect": rule("member", "house", "reads"),
  "packages.lock": rule("member", "house", "reads"),
  "plugins.list": rule("viewer", "house", "reads"),
  "plugins.install": rule("owner", "house", "speaks"),
  "plugins.update": rule("owner", "house", "speaks"),
  "plugins.accept": rule("owner", "house", "speaks"),
  "plugins.change": rule("owner", "house", "speaks"),
  "plugins.remove": rule("owner", "house", "keeps"),
  "plugins.try": rule("owner", "house", "keeps"),
  "skills.list": rule("viewer", "house", "reads"),
  "skills.install": rule("owner", "house", "speaks"),
  // A skill is the house's, and which agents read it is their owner's word alone.
  "skills.change": rule("member", "share", "speaks"),
  "skills.remove": rule("owner", "house", "keeps"),
  "signers.list": rule("member", "house", "reads"),
  "signers.trust": rule("owner", "house", "speaks"),
  "signers.remove": rule("owner", "house", "keeps"),
  "search.messages": rule("viewer", "own", "reads"),
  "attachments.create": rule("member", "own", "talks"),
  "attachments.list": rule("viewer", "own", "reads"),
  "attachments.get": rule("viewer", "own", "reads"),
  "attachments.remove": rule("member", "own", "talks"),
  "vault.status": rule("owner", "house", "reads"),
  "vault.lock": rule("owner", "house", "keeps"),
  "vault.passphrase": rule("owner", "house", "speaks"),
  "vault.recovery": rule("owner", "house", "speaks"),
  "vault.rotate": rule("owner", "house", "speaks"),
  "privacy.inventory": rule("viewer", "house", "reads"),
  "privacy.export": rule("member", "own", "speaks"),
  // Nobody has an archive of somebody else, not even of who left.
  "privacy.export person": rule("member", "own", "speaks"),
  "privacy.erase": rule("member", "own", "speaks"),
  // Only of who left, and by the owner; nobody whom it is asked of here has, so that nothing is lost.
  "privacy.erase person": rule("member", "own", "speaks"),
  "privacy.certificates": rule("viewer", "house", "reads"),
  "backups.create": rule("owner", "house", "speaks"),
  "backups.list": rule("admin", "house", "reads"),
  "backups.verify": rule("owner", "house", "reads"),
  "jobs.list": rule("admin", "house", "reads"),
  "jobs.retry": rule("admin", "house", "keeps"),
  "schedules.list": rule("admin", "house", "reads"),
  "schedules.firings": rule("admin", "house", "reads"),
  "outbox.list": rule("admin", "house", "reads"),
  "imports.take": rule("owner", "house", "speaks"),
  "models.list": rule("viewer", "house", "reads"),
  "models.connect": rule("owner", "house", "speaks"),
  "models.connected": rule("owner", "house", "speaks"),
  "system.status": rule("viewer", "house", "reads"),
  "system.stop": rule("admin", "house", "keeps"),
  "system.resume": rule("owner", "house", "speaks"),
  "system.doctor": rule("admin", "house", "reads"),
};

export const CASES = Object.keys(RULES) as readonly Case[]; // the keys of a literal
