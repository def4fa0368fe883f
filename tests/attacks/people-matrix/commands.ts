import { join } from "node:path";
import type { OperationName } from "@moltbot/contracts";
import { SCOPES } from "./oracle.ts";
import { SPARE_TOOL } from "./probes.ts";
import type { Ask } from "./probes.ts";
import type { Case } from "./rules.ts";
import {
  KEPT_PLUGIN,
  KEPT_SKILL,
  KEPT_UPDATE_FILE,
  STRANGE_PLUGIN_FILE,
  STRANGE_SKILL_FILE,
} from "./strange-packages.ts";
import { HOST } from "./things.ts";

/**
 * What a command does before its own operation: it asks for others, finds a thing (or a conversation) among those listed, or one among
 * one's own.
 */
export type Before = OperationName | "seen" | "read" | "mine";

/** One operation as a person types it. */
export interface Command {
  readonly words: (input: Readonly<Record<string, string>>, ask: Ask, folder: string) => readonly string[];
  /** What comes first, in order; a refusal there is the command's. */
  readonly first?: readonly Before[];
  /** Whether the command's own operation is asked for at all; some find what they show in a list. */
  readonly own?: false;
  /** What the command itself says where it finds nothing. */
  readonly hidden?: string;
  readonly through?: readonly string[];
  /** What cannot be said so, or not without an end of the matrix. */
  readonly skip?: (ask: Pick<Ask, "actor" | "relation" | "allowed">) => boolean;
}

const plain = (...words: readonly string[]): Command => ({ words: () => words });
const withId = (key: string, ...words: readonly string[]): Command => ({
  words: (input) => [...words, input[key] ?? ""],
});
const onAgent = (words: Command["words"]): Command => ({ words, first: ["agents.list", "seen"] });
const onPrompt = (words: Command["words"]): Command => ({ words, first: ["prompts.list", "seen"] });
const onPerson = (words: Command["words"]): Command => ({ words, first: ["people.list"] });

const givingRole: Command = {
  words: ({ personId = "", role = "" }) => ["people", "role", personId, role],
  first: ["people.list", "roles.list"],
};
const settingSecret = (name: string, folder: string): readonly string[] => [
  "secret",
  "set",
  name,
  "--host",
  HOST,
  "--file",
  join(folder, "value"),
];

/**
 * How each operation is asked for from the command line; null where it has no command. One that is missing fails.
 * Owners skip what would really be done: then the others' refusals are what is tried.
 */
export const COMMANDS: Readonly<Record<Case, Command | null>> = {
  "agents.list": plain("agents"),
  "agents.create": plain("agents", "create", "probe", "--model", "no-such-model"),
  "agents.get": { ...onAgent(({ agentId = "" }) => ["agents", "show", agentId]), own: false },
  "agents.reading": onAgent(({ agentId = "" }) => ["agents", "reading", agentId, "auto"]),
  "agents.tools": {
    words: ({ agentId = "" }) => ["agents", "tools", agentId, "--remove", SPARE_TOOL],
    first: ["agents.list", "seen", "tools.list"],
    through: ["CONFLICT"],
  },
  "agents.tools more": {
    ...onAgent(({ agentId = "" }) => ["agents", "tools", agentId, "--all"]),
    through: ["CONFLICT"],
  },
  "tools.list": { ...plain("agents", "tools"), first: ["agents.list"] },
  "messages.send": onAgent(({ agentId = "", conversationId = "" }) => [
    "chat",
    "--message",
    "hi",
    "--agent",
    agentId,
    "--conversation",
    conversationId,
  ]),
  "messages.send prompt": {
    words: ({ agentId = "", promptId = "" }) => [
      "chat",
      "--message",
      "hi",
      "--agent",
      agentId,
      "--prompt",
      promptId,
      "--conversation",
      "new",
    ],
    first: ["agents.list", "prompts.list", "seen"],
  },
  "turns.get": null,
  "turns.stop": withId("turnId", "stop"),
  "conversations.list": plain("conversations"),
  "conversations.get": null,
  "conversations.messages": null,
  "approvals.list": plain("approvals", "list", "--all"),
  "approvals.get": withId("approvalId", "approvals", "show"),
  // Limits that do not fit the call are refused only after it was found that it may be answered.
  "approvals.answer": {
    words: (_input, { target }) => [
      "approvals",
      "allow",
      target.things.approvalId,
      "--scope",
      "conversation",
      "--limit",
      "equals:url=https://no-such.example/",
    ],
  },
  "approvals.answers": {
    words: (_input, { target }) => ["approvals", "deny", target.things.approvalId, target.things.approvalId],
    skip: ({ allowed }) => allowed,
  },
  "approvals.preview": { ...withId("approvalId", "approvals", "preview"), first: ["approvals.get"] },
  "approvals.measures": plain("approvals", "measures"),
  "capabilities.grant": onAgent(({ holder = "" }) => [
    "capabilities",
    "grant",
    holder,
    "no.such",
    "--for",
    "1",
    "--reason",
    "probe",
  ]),
  "capabilities.list": plain("capabilities"),
  "capabilities.revoke": withId("capabilityId", "capabilities", "revoke"),
  "contacts.list": plain("contacts"),
  "contacts.add": withId("address", "contacts", "add", "probe"),
  "contacts.remove": withId("contactId", "contacts", "remove"),
  "provenance.show": withId("of", "provenance", "show"),
  "provenance.remove": { words: ({ source = "" }) => ["provenance", "remove", source, "--dry-run"] },
  "files.changes": plain("undo"),
  "files.undo": withId("callId", "undo"),
  "canaries.create": plain("canary", "probe"),
  "reminders.list": plain("reminders"),
  "reminders.cancel": withId("reminderId", "reminders", "cancel"),
  "memories.list": plain("memory"),
  "memories.remove": withId("memoryId", "memory", "remove"),
  "decisions.explain": withId("id", "why"),
  "policy.get": plain("policy"),
  "policy.set": { words: (_input, _ask, folder) => ["policy", "set", join(folder, "bad.cedar")] },
  "policy.simulate": {
    words: (_input, _ask, folder) => ["policy", "check", join(folder, "bad.cedar")],
    through: ["POLICY_INVALID"],
  },
  "audit.list": plain("audit", "list", "--limit", "100"),
  "audit.head": plain("audit", "head"),
  "audit.proof": plain("audit", "proof", "--record", "0"),
  "audit.verify": plain("audit", "verify"),
  "audit.export": { words: (_input, _ask, folder) => ["audit", "export", "--out", join(folder, "log.jsonl")] },
  "tokens.create": {
    words: (_input, { actor }) => [
      "token",
      "create",
      "--name",
      "probe",
      "--role",
      "viewer",
      "--days",
      "1",
      ...(actor.name === "scoped" ? ["--scope", SCOPES[0]] : []),
    ],
  },
  "tokens.list": plain("token"),
  "tokens.revoke": withId("tokenId", "token", "revoke"),
  "links.create": plain("open"),
  "sessions.create": null,
  "sessions.current": { ...plain("people", "show", "me"), first: ["people.list"] },
  "sessions.end": null,
  "sessions.list": plain("sessions"),
  "sessions.revoke": withId("sessionId", "sessions", "end"),
  "sessions.ticket": null,
  "devices.invite": plain("devices", "pair"),
  "devices.pair": null,
  "devices.refresh": null,
  "devices.list": plain("devices"),
  "devices.revoke": withId("deviceId", "devices", "end"),
  "people.list": plain("people", "list", "--all"),
  "people.invite": plain("people", "invite", "probe", "--no-qr"),
  "people.link": onPerson(({ personId = "" }) => ["people", "link", personId, "--no-qr"]),
  "people.change": onPerson(({ personId = "", role = "" }) => ["people", "role", personId, role]),
  "people.change narrower": givingRole,
  "people.change higher": givingRole,
  "people.remove": onPerson(({ personId = "" }) => ["people", "remove", personId]),
  "people.transfer": onPerson(({ personId = "" }) => ["people", "transfer", personId, "--yes"]),
  "roles.list": plain("roles"),
  "roles.create": { words: ({ name = "" }) => ["roles", "create", name, "agents.list", "--base", "viewer"] },
  "roles.change": {
    words: ({ roleId = "" }) => ["roles", "change", roleId, "--only", "agents.list"],
    first: ["roles.list"],
  },
  "roles.remove": { ...withId("roleId", "roles", "remove"), first: ["roles.list"] },
  "teams.list": plain("teams"),
  "teams.create": plain("teams", "create", "probe"),
  "teams.change": {
    words: ({ teamId = "", name = "" }) => ["teams", "rename", teamId, name],
    first: ["teams.list"],
  },
  "teams.remove": { ...withId("teamId", "teams", "remove"), first: ["teams.list"] },
  "shares.list": plain("shares"),
  "shares.set": {
    words: (_input, { target, world }) => ["share", target.things.agentId, `team:${world.teamId}`],
    first: ["agents.list", "seen", "teams.list"],
  },
  "shares.set prompt": {
    words: (_input, { target, world }) => ["share", `prompt:${target.things.promptId}`, `team:${world.teamId}`],
    first: ["prompts.list", "seen", "teams.list"],
  },
  "shares.set secret": {
    words: (_input, { target, world }) => ["share", `secret:${target.things.secretId}`, `team:${world.teamId}`],
    first: ["secrets.list", "seen", "teams.list"],
  },
  "shares.set conversation": {
    words: ({ upTo = "", seen = "" }, { target, world }) => [
      "share",
      `conversation:${target.things.conversationId}`,
      world.timId,
      "--up-to",
      upTo,
      "--seen",
      seen,
    ],
    first: ["conversations.list", "read", "people.list", "shares.foresee"],
  },
  "shares.foresee": {
    words: ({ conversationId = "", upTo = "" }) => ["shares", "foresee", conversationId, "--up-to", upTo],
    first: ["conversations.list", "read"],
  },
  "shares.remove": {
    ...withId("shareId", "unshare"),
    first: ["shares.list", "mine"],
    hidden: "You share no such thing",
  },
  "access.explain": onAgent(({ agentId = "" }) => ["access", "explain", "me", agentId]),
  "access.explain prompt": onPrompt(({ promptId = "" }) => ["access", "explain", "me", `prompt:${promptId}`]),
  "access.explain secret": {
    words: ({ secretId = "" }) => ["access", "explain", "me", `secret:${secretId}`],
    first: ["secrets.list", "seen"],
  },
  "access.explain conversation": {
    words: ({ conversationId = "" }) => ["access", "explain", "me", `conversation:${conversationId}`],
    first: ["conversations.list", "read"],
  },
  "config.list": plain("config"),
  "config.set": plain("config", "set", "no.such", "1"),
  "secrets.list": plain("secret"),
  "secrets.set": {
    words: ({ name = "", of = "" }, _ask, folder) => [...settingSecret(name, folder), "--of", of],
  },
  "secrets.set mine": { words: ({ name = "" }, _ask, folder) => [...settingSecret(name, folder), "--mine"] },
  "secrets.set house": { words: ({ name = "" }, _ask, folder) => settingSecret(name, folder) },
  "secrets.remove": { words: ({ name = "", of = "" }) => ["secret", "remove", name, "--of", of] },
  "secrets.remove house": plain("secret", "remove", "no-such"),
  "prompts.list": plain("prompt"),
  "prompts.create": plain("prompt", "add", "probe", "--text", "probe"),
  "prompts.change": onPrompt(({ promptId = "", text = "" }) => ["prompt", "change", promptId, "--text", text]),
  "prompts.remove": onPrompt(({ promptId = "" }) => ["prompt", "remove", promptId]),
  "usage.show": plain("usage"),
  "usage.show house": plain("usage", "--house"),
  "flows.report": plain("data-flow"),
  "flows.report house": plain("data-flow", "--house"),
  "packages.inspect": { words: (_input, _ask, folder) => ["plugin", "inspect", join(folder, STRANGE_PLUGIN_FILE)] },
  "packages.lock": plain("plugin", "lock"),
  "plugins.list": plain("plugin"),
  "plugins.install": {
    words: (_input, _ask, folder) => [
      "plugin",
      "install",
      join(folder, STRANGE_PLUGIN_FILE),
      "--trust",
      "probe",
      "--yes",
    ],
    first: ["packages.inspect", "agents.list", "signers.trust"],
    skip: ({ allowed }) => allowed,
  },
  "plugins.update": {
    words: (_input, _ask, folder) => ["plugin", "update", join(folder, KEPT_UPDATE_FILE)],
    first: ["packages.inspect", "plugins.list"],
    skip: ({ allowed }) => allowed,
  },
  "plugins.accept": {
    ...plain("plugin", "accept", KEPT_PLUGIN, "--yes"),
    first: ["plugins.list"],
    skip: ({ allowed }) => allowed,
  },
  "plugins.change": { ...plain("plugin", "start", KEPT_PLUGIN), first: ["plugins.list"] },
  "plugins.remove": {
    ...plain("plugin", "remove", KEPT_PLUGIN, "--yes"),
    first: ["plugins.list"],
    skip: ({ allowed }) => allowed,
  },
  // It runs the cases of a folder; its own tests do that.
  "plugins.try": null,
  "skills.list": plain("skill"),
  "skills.install": {
    words: (_input, _ask, folder) => [
      "skill",
      "install",
      join(folder, STRANGE_SKILL_FILE),
      "--trust",
      "probe",
      "--yes",
    ],
    first: ["packages.inspect", "agents.list", "signers.trust"],
    skip: ({ allowed }) => allowed,
  },
  "skills.change": {
    words: (_input, { target }) => ["skill", "agents", KEPT_SKILL, "--agent", target.things.agentId],
    first: ["skills.list", "agents.list", "seen"],
  },
  "skills.remove": {
    ...plain("skill", "remove", KEPT_SKILL, "--yes"),
    first: ["skills.list"],
    skip: ({ allowed }) => allowed,
  },
  "signers.list": plain("signers"),
  "signers.trust": withId("key", "signers", "trust", "--name", "probe"),
  "signers.remove": withId("key", "signers", "remove"),
  "search.messages": withId("query", "search"),
  "attachments.create": {
    words: ({ conversationId = "" }, _ask, folder) => ["attachments", "add", conversationId, join(folder, "probe.txt")],
  },
  "attachments.list": withId("conversationId", "attachments", "list"),
  "attachments.get": {
    words: ({ attachmentId = "" }, _ask, folder) => [
      "attachments",
      "get",
      attachmentId,
      "--out",
      join(folder, "got.txt"),
    ],
  },
  "attachments.remove": withId("attachmentId", "attachments", "remove"),
  "vault.status": plain("vault"),
  "vault.lock": plain("lock"),
  "vault.passphrase": {
    ...plain("vault", "passphrase", "--key-file"),
    first: ["vault.status"],
    skip: ({ allowed }) => allowed,
  },
  "vault.recovery": { ...plain("vault", "recovery"), first: ["vault.status"], skip: ({ allowed }) => allowed },
  "vault.rotate": {
    ...plain("vault", "rotate", "wrapping"),
    first: ["vault.status"],
    skip: ({ allowed }) => allowed,
  },
  "privacy.inventory": plain("privacy", "inventory"),
  "privacy.export": {
    words: (_input, { target }, folder) => [
      "privacy",
      "export",
      "conversation",
      target.things.conversationId,
      "--out",
      join(folder, "export.zip"),
    ],
  },
  "privacy.export person": {
    words: (_input, { target }, folder) => [
      "privacy",
      "export",
      "person",
      target.id,
      "--out",
      join(folder, "export.zip"),
    ],
  },
  // The command itself wants the id once more, and asks nobody before.
  "privacy.erase": {
    words: (_input, { target }) => [
      "privacy",
      "erase",
      "conversation",
      target.things.conversationId,
      "--yes",
      target.things.conversationId,
    ],
    skip: ({ allowed }) => allowed,
  },
  "privacy.erase person": {
    words: (_input, { target }) => ["privacy", "erase", "person", target.id, "--yes", target.id],
    skip: ({ allowed }) => allowed,
  },
  "privacy.certificates": plain("privacy", "certificates"),
  "backups.create": plain("backup", "create", "--folder", "/no/such/folder"),
  "backups.list": plain("backup"),
  "backups.verify": withId("file", "backup", "verify"),
  "jobs.list": plain("jobs"),
  "jobs.retry": withId("jobId", "jobs", "retry"),
  "schedules.list": plain("schedules"),
  "schedules.firings": withId("scheduleId", "schedules", "firings"),
  "outbox.list": plain("outbox"),
  // It reads the folder of another assistant first; its own tests do that.
  "imports.take": null,
  "models.list": plain("models"),
  // The owner's would go on to the vendor.
  "models.connect": {
    words: (_input, _ask, folder) => ["models", "connect", "openrouter", "--file", join(folder, "value")],
    skip: ({ allowed }) => allowed,
  },
  "models.connected": null,
  "system.status": plain("status"),
  "system.stop": plain("stop"),
  "system.resume": plain("resume"),
  "system.doctor": plain("doctor"),
};
