import type { ToolInfo } from "@moltbot/contracts";
import { z } from "zod";
import { given, strangerCaller } from "../../support/people.ts";
import type { Said } from "../../support/people.ts";
import { pairDeviceOf } from "./devices.ts";
import { SCOPES } from "./oracle.ts";
import type { ActorName, Relation, Surface } from "./oracle.ts";
import type { Case } from "./rules.ts";
import { KEPT_SKILL, SPARE_KEY, STRANGE_PLUGIN, STRANGE_SKILL } from "./strange-packages.ts";
import { HOST } from "./things.ts";
import type { Things } from "./things.ts";
import type { Actor } from "./actors.ts";
import type { Somebody } from "./somebody.ts";
import type { World } from "./world.ts";

export interface Ask {
  readonly world: World;
  readonly actor: Actor;
  readonly relation: Relation;
  readonly surface: Surface;
  /** Whose thing is asked for. */
  readonly target: Somebody;
  /** Whether it must be let through: then what is taken away is made first. */
  readonly allowed: boolean;
}

type Input = Readonly<Record<string, unknown>>;

/** One way to ask for an operation, so that nothing is lost that others are asked about. */
export interface Probe {
  readonly input: (ask: Ask) => Input | Promise<Input>;
  /** Refusals that come only after whoever asked was let through. */
  readonly through?: readonly string[] | ((said: Said) => boolean);
  /** Whether an answer holds what was asked for; an empty one says that it does not exist. */
  readonly shows?: (said: Said, ask: Ask) => boolean;
  /** What cannot be tried without ending the matrix. */
  readonly skip?: (ask: Pick<Ask, "actor" | "relation" | "surface">) => boolean;
}

/** What nothing in the matrix needs. */
export const SPARE_TOOL = "calc";
const NOBODYS = "01890a5d-ac96-774b-bcce-b302099a8057"; // a well-formed id of nothing

const of = (key: keyof Things, as: string = key): Probe => ({ input: ({ target }) => ({ [as]: target.things[key] }) });
const bare: Probe = { input: () => ({}) };
const withInput = (input: Input, ...through: readonly string[]): Probe => ({ input: () => input, through });

/** Past the door: what is wrong is only the input. */
const malformed: Probe = withInput({}, "REQUEST_INVALID");

const isKind =
  (kind: string) =>
  (said: Said): boolean =>
    said.code === "NOT_FOUND" && said.text.includes(`"${kind}"`);

/** What of the message in a report stands there as the sender's own words, and what as somebody else's. */
const wordsOfMessage = ({ json }: Said): { readonly own: string; readonly quoted: string } => {
  const report = SentMessage.safeParse(json);
  if (!report.success) return { own: "", quoted: "" };
  const { parts } = report.data.message;
  const textOf = (type: string): string => parts.map((part) => (part.type === type ? part.text : "")).join("\n");
  return { own: textOf("text"), quoted: textOf("quote") };
};
const SentMessage = z.object({
  message: z.object({ parts: z.array(z.object({ type: z.string(), text: z.string().default("") })) }),
});

const isFull = (said: Said): boolean => Array.isArray(said.json) && said.json.length > 0;

const owns = ({ actor }: Ask): Somebody => {
  if (actor.person === null) throw new Error("a stranger has nothing");
  return actor.person;
};
/** Somebody else, another one for each way, so that what is made on one is not removed on another. */
const otherFor = ({ world: { bob, eve, dan, kim, carl, owner, people, timId }, actor, surface }: Ask): string => {
  const named = (wanted: string): string => people.find(({ name }) => name === wanted)?.id ?? "";
  const others: Readonly<Record<Surface, string>> = {
    token: bob.id,
    browser: eve.id,
    socket: kim.id,
    client: carl.id,
    device: dan.id,
    cli: timId,
    local: named("adam"),
    console: named("mia"),
  };
  return others[surface] === actor.person?.id ? owner.id : others[surface];
};
const id = async (made: Promise<Said>): Promise<string> => given<{ id: string }>(await made).id;

const TO_BE_REMOVED = { to: { kind: "everyone" }, rights: ["use", "delete"] };

/** Who may not leave, because the house is theirs or because what they bring does not speak for them; the others would. */
const NEVER_LEAVES: ReadonlySet<ActorName> = new Set<ActorName>([
  "owner",
  "weak",
  "scoped",
  "untrusted",
  "suspended",
  "left",
  "stranger",
]);

/** How each operation is asked for; one without a probe fails. */
export const PROBES: Readonly<Record<Case, Probe>> = {
  "agents.list": bare,
  "agents.create": withInput({ name: "probe", model: "no-such-model" }, "MODEL_UNKNOWN", "MODEL_UNAVAILABLE"),
  "agents.get": of("agentId"),
  "agents.reading": { input: ({ target }) => ({ agentId: target.things.agentId, reading: "auto" }) },
  // Two at once: the other one's word came first, and the change is to be looked at again.
  "agents.tools": {
    input: async ({ world, target }) => ({
      agentId: target.things.agentId,
      tools: given<ToolInfo[]>(await world.owner.browser("tools.list"))
        .map(({ name }) => name)
        .filter((name) => name !== SPARE_TOOL),
    }),
    through: ["CONFLICT"],
  },
  "agents.tools more": {
    input: async ({ target }) => ({ agentId: target.things.agentId, tools: "all" }),
    through: ["CONFLICT"],
  },
  "tools.list": bare,
  "messages.send": {
    input: ({ target }) => ({ agentId: target.things.agentId, content: "hi", conversationId: NOBODYS }),
    through: isKind("conversation"),
  },
  "messages.send prompt": {
    input: (ask) => ({
      agentId: (ask.actor.person ?? ask.target).things.agentId,
      content: "hi",
      promptId: ask.target.things.promptId,
      conversationId: "new",
    }),
    // Its words went with the message, and those of somebody else not as one's own.
    shows: (said, { relation }) => {
      const { own, quoted } = wordsOfMessage(said);
      return quoted.includes("promptxq") || (relation === "own" && own.includes("promptxq"));
    },
  },
  "turns.get": of("turnId"),
  "turns.stop": of("turnId"),
  "conversations.list": bare,
  "conversations.get": of("conversationId"),
  "conversations.messages": of("conversationId"),
  "approvals.list": bare,
  "approvals.get": of("approvalId"),
  // An answer that contradicts itself is refused only after it was found that it may be given.
  "approvals.answer": {
    input: ({ target }) => ({ approvalId: target.things.approvalId, answer: "allow", stop: true }),
    through: ["CAPABILITY_INVALID"],
  },
  "approvals.answers": {
    input: ({ target }) => ({ answers: [{ approvalId: target.things.approvalId, answer: "allow", stop: true }] }),
    shows: (said) => said.text.includes("CAPABILITY_INVALID"),
  },
  "approvals.preview": { input: ({ target }) => ({ approvalId: target.things.approvalId, constraints: [] }) },
  "approvals.measures": bare,
  "capabilities.grant": {
    input: ({ target }) => ({
      holder: target.things.agentId,
      tool: "no.such",
      constraints: [],
      expires: 1,
      reason: "probe",
    }),
    through: ["TOOL_UNKNOWN"],
  },
  "capabilities.list": bare,
  "capabilities.revoke": {
    input: async ({ target, allowed, surface }) => ({
      capabilityId: allowed
        ? await id(
            target.browser("capabilities.grant", {
              holder: target.things.agentId,
              tool: "web.fetch",
              constraints: [{ kind: "equals", argument: "url", value: `https://${surface}.example/revoked` }],
              expires: 1,
              reason: "to be revoked",
            }),
          )
        : target.things.capabilityId,
    }),
  },
  "contacts.list": bare,
  "contacts.add": {
    input: (ask) => ({ kind: "person", name: "probe", address: `${ask.actor.name}-probe@example.org` }),
  },
  "contacts.remove": {
    input: async (ask) => ({
      contactId: ask.allowed
        ? await id(
            owns(ask).browser("contacts.add", {
              kind: "person",
              name: "gone",
              address: `x-${ask.surface}@example.org`,
            }),
          )
        : ask.target.things.contactId,
    }),
  },
  "provenance.show": of("messageId", "of"),
  "provenance.remove": {
    input: ({ target }) => ({ source: `memory:${target.things.memories.at(-1) ?? ""}`, dryRun: true }),
    shows: ({ json }) =>
      typeof json === "object" &&
      json !== null &&
      "removed" in json &&
      Array.isArray(json.removed) &&
      json.removed.length > 0,
    through: ["REQUEST_INVALID"],
  },
  "files.changes": bare,
  // Nothing was changed in anybody's files: past the door, there is nothing to put back.
  "files.undo": { input: () => ({ callId: NOBODYS }), through: isKind("undo") },
  "canaries.create": withInput({ name: "probe" }),
  "reminders.list": bare,
  "reminders.cancel": { ...of("reminderId"), through: ["CONFLICT"] },
  "memories.list": bare,
  "memories.remove": {
    input: ({ target, allowed }) => ({
      memoryId: (allowed ? target.things.memories.shift() : target.things.memories.at(-1)) ?? "",
    }),
  },
  "decisions.explain": of("callId", "id"),
  "policy.get": bare,
  "policy.set": withInput({ text: "permit(" }, "POLICY_INVALID"),
  // One at a time.
  "policy.simulate": withInput({ grant: [], revoke: [] }, "CONFLICT"),
  "audit.list": withInput({ limit: 100 }),
  "audit.head": bare,
  "audit.proof": withInput({ record: 0 }),
  "audit.verify": bare,
  "audit.export": bare,
  "tokens.create": {
    input: ({ actor }) => ({
      name: "probe",
      role: "viewer",
      days: 1,
      ...(actor.name === "scoped" ? { scopes: [SCOPES[0]] } : {}),
    }),
  },
  "tokens.list": bare,
  "tokens.revoke": of("tokenId"),
  "links.create": bare,
  "sessions.create": malformed,
  "sessions.current": bare,
  // It ends the session that asks.
  "sessions.end": { ...bare, skip: ({ surface }) => surface === "browser" || surface === "local" },
  "sessions.list": bare,
  "sessions.revoke": {
    input: async (ask) => {
      const { target, allowed, world } = ask;
      if (!allowed) return { sessionId: target.things.sessionId };
      const before = new Set(given<{ id: string }[]>(await target.browser("sessions.list")).map((one) => one.id));
      const [, code = ""] = given<{ url: string }>(await target.browser("links.create")).url.split("#code=");
      given(await strangerCaller(world.url, { origin: world.url })("sessions.create", { code }));
      const after = given<{ id: string }[]>(await target.browser("sessions.list"));
      return { sessionId: after.find((one) => !before.has(one.id))?.id ?? "" };
    },
  },
  "sessions.ticket": bare,
  "devices.invite": bare,
  "devices.pair": malformed,
  "devices.refresh": malformed,
  "devices.list": bare,
  "devices.revoke": {
    input: async ({ world, target, allowed, surface }) => ({
      deviceId: allowed ? (await pairDeviceOf(world.url, target.browser, surface)).id : target.things.deviceId,
    }),
  },
  "people.list": bare,
  "people.invite": withInput({ name: "probe" }),
  "people.link": {
    input: async ({ actor, relation, target, world, allowed }) => {
      if (relation === "own") return { personId: target.id };
      if (relation === "shared") {
        // Whoever is in already gets none from anybody but the owner at the machine; the journey does that.
        if (!allowed) return { personId: world.bob.id };
        const made = await world.local("people.invite", { name: "to be linked" });
        return { personId: given<{ person: { id: string } }>(made).person.id };
      }
      return { personId: actor.person?.id === world.owner.id ? world.gone.id : world.owner.id };
    },
  },
  "people.change": {
    input: ({ actor, relation, target, world }) => {
      if (relation === "own") return { personId: target.id, role: "viewer" };
      if (relation === "shared") return { personId: world.bob.id, role: "member" };
      return { personId: actor.person?.id === world.owner.id ? world.gone.id : world.owner.id, role: "member" };
    },
  },
  "people.change narrower": {
    input: ({ world }) => ({ personId: world.timId, role: world.roles.narrow }),
    // On another way they were given it in this very moment.
    through: ["CONFLICT"],
  },
  "people.change higher": {
    input: async ({ world, allowed }) => {
      const role = world.roles.warden;
      if (!allowed) return { personId: world.tomId, role };
      const made = await world.local("people.invite", { name: "to be lifted" });
      return { personId: given<{ person: { id: string } }>(made).person.id, role };
    },
  },
  "people.remove": {
    input: async ({ actor, relation, target, world, allowed }) => {
      if (relation === "own") return { personId: target.id };
      if (relation === "shared") {
        if (!allowed) return { personId: world.bob.id };
        const made = await world.local("people.invite", { name: "to be removed" });
        return { personId: given<{ person: { id: string } }>(made).person.id };
      }
      return { personId: actor.person?.id === world.owner.id ? world.gone.id : world.owner.id };
    },
    // They would leave, as they may.
    skip: ({ actor, relation }) => relation === "own" && !NEVER_LEAVES.has(actor.name),
  },
  "people.transfer": {
    input: ({ target, world, relation }) => ({ personId: relation === "own" ? target.id : world.gone.id }),
    // The house would be another's; the journey does it.
    skip: ({ actor, relation }) => actor.name === "owner" && relation === "shared",
  },
  "roles.list": bare,
  "roles.create": {
    input: ({ actor, surface }) => ({
      name: `role ${actor.name} ${surface}`,
      base: "viewer",
      operations: ["agents.list"],
    }),
  },
  "roles.change": { input: ({ world }) => ({ roleId: world.roles.spare, operations: ["agents.list"] }) },
  "roles.remove": {
    input: async ({ world, allowed, surface }) => {
      const wish = { name: `to be removed ${surface}`, base: "viewer", operations: ["agents.list"] };
      return { roleId: allowed ? await id(world.local("roles.create", wish)) : world.roles.spare };
    },
  },
  "teams.list": bare,
  "teams.create": withInput({ name: "probe" }),
  "teams.change": { input: ({ world }) => ({ teamId: world.teamId, name: "nobody" }) },
  "teams.remove": {
    input: async ({ world, allowed }) => ({
      teamId: allowed ? await id(world.local("teams.create", { name: "to be removed" })) : world.teamId,
    }),
  },
  "shares.list": bare,
  "shares.set": {
    input: ({ target, world }) => ({
      object: { type: "agent", id: target.things.agentId },
      to: { kind: "team", id: world.teamId },
    }),
  },
  "shares.set prompt": {
    input: ({ target, world }) => ({
      object: { type: "prompt", id: target.things.promptId },
      to: { kind: "team", id: world.teamId },
    }),
  },
  "shares.set secret": {
    input: ({ target, world }) => ({
      object: { type: "secret", id: target.things.secretId },
      to: { kind: "team", id: world.teamId },
    }),
  },
  // Whoever asks has seen what would be released, also where it is not theirs: that is not enough.
  "shares.set conversation": {
    input: ({ target, world }) => ({
      object: { type: "conversation", id: target.things.conversationId },
      to: { kind: "person", id: world.timId },
      ...target.things.release,
    }),
  },
  "shares.foresee": {
    input: ({ target }) => ({ conversationId: target.things.conversationId, upTo: target.things.release.upTo }),
  },
  "shares.remove": {
    input: async (ask) => ({
      shareId: ask.allowed
        ? await id(
            owns(ask).browser("shares.set", {
              object: { type: "agent", id: owns(ask).things.agentId },
              to: { kind: "person", id: otherFor(ask) },
              effect: "deny",
            }),
          )
        : ask.target.things.shareId,
    }),
  },
  "access.explain": of("agentId"),
  "access.explain prompt": of("promptId"),
  "access.explain secret": of("secretId"),
  "access.explain conversation": of("conversationId"),
  "config.list": bare,
  "config.set": withInput({ key: "no.such", value: 1 }, "CONFIG_UNKNOWN_KEY"),
  "secrets.list": bare,
  "secrets.set": {
    input: ({ target }) => ({
      name: target.things.secretName,
      value: "another value of theirs",
      hosts: [HOST],
      of: target.things.secretId,
    }),
  },
  "secrets.set mine": {
    input: ({ surface }) => ({ name: `mine-${surface}`, value: "a value of mine", hosts: [HOST], of: "me" }),
  },
  "secrets.set house": withInput({ name: "of-the-house", value: "the house's value", hosts: [HOST], of: "house" }),
  "secrets.remove": {
    input: async (ask) => {
      const { target, allowed, surface, world } = ask;
      if (!allowed) return { name: target.things.secretName, of: target.things.secretId };
      const name = `gone-${ask.actor.name}-${surface}`;
      const of = await id(target.browser("secrets.set", { name, value: "gone soon", hosts: [HOST], of: "me" }));
      if (target.id === world.dan.id)
        given(await target.browser("shares.set", { object: { type: "secret", id: of }, ...TO_BE_REMOVED }));
      return { name, of };
    },
  },
  "secrets.remove house": withInput({ name: "no-such", of: "house" }, "SECRET_NOT_FOUND"),
  "prompts.list": bare,
  "prompts.create": withInput({ name: "probe", text: "probe" }),
  "prompts.change": {
    input: ({ target }) => ({ promptId: target.things.promptId, text: target.things.promptText }),
  },
  "prompts.remove": {
    input: async ({ target, allowed, world }) => {
      if (!allowed) return { promptId: target.things.promptId };
      const promptId = await id(target.browser("prompts.create", { name: "gone", text: "gone soon" }));
      if (target.id === world.dan.id)
        given(await target.browser("shares.set", { object: { type: "prompt", id: promptId }, ...TO_BE_REMOVED }));
      return { promptId };
    },
  },
  "usage.show": bare,
  "usage.show house": withInput({ of: "house" }),
  "flows.report": bare,
  "flows.report house": withInput({ of: "house" }),
  "packages.inspect": withInput({ archive: STRANGE_PLUGIN.archive }),
  "packages.lock": bare,
  "plugins.list": bare,
  "plugins.install": withInput(
    { archive: STRANGE_PLUGIN.archive, digest: STRANGE_PLUGIN.digest, agents: [] },
    "SIGNER_UNKNOWN",
  ),
  "plugins.update": {
    input: () => ({ name: "probe", archive: STRANGE_PLUGIN.archive }),
    through: (said) => said.code === "SIGNER_UNKNOWN" || isKind("plugin")(said),
  },
  "plugins.accept": {
    ...withInput({ name: "nosuch", digest: STRANGE_PLUGIN.digest }),
    through: isKind("plugin"),
  },
  "plugins.change": { ...withInput({ name: "nosuch", enabled: false }), through: isKind("plugin") },
  "plugins.remove": { ...withInput({ name: "nosuch" }), through: isKind("plugin") },
  // Nothing of it is run.
  "plugins.try": withInput({ archive: "bm8gcGFja2FnZQ==", tool: "none" }, "PACKAGE_INVALID"),
  "skills.list": bare,
  "skills.install": withInput(
    { archive: STRANGE_SKILL.archive, digest: STRANGE_SKILL.digest, agents: [] },
    "SIGNER_UNKNOWN",
  ),
  "skills.change": { input: ({ target }) => ({ name: KEPT_SKILL, agents: [target.things.agentId] }) },
  "skills.remove": { ...withInput({ name: "no-such" }), through: isKind("skill") },
  "signers.list": bare,
  "signers.trust": withInput({ key: SPARE_KEY, name: "probe" }),
  "signers.remove": { ...withInput({ key: `mk1_${"A".repeat(43)}` }), through: isKind("signer") },
  "search.messages": {
    input: ({ target, relation }) => ({ query: relation === "shared" ? target.open : target.word }),
    shows: ({ json }) =>
      typeof json === "object" && json !== null && "hits" in json && Array.isArray(json.hits) && json.hits.length > 0,
  },
  "attachments.create": {
    input: ({ target }) => ({
      conversationId: target.things.conversationId,
      name: "probe.txt",
      mediaType: "text/plain",
      content: "cHJvYmU=",
    }),
  },
  "attachments.list": { ...of("conversationId"), shows: isFull },
  "attachments.get": of("attachmentId"),
  "attachments.remove": {
    input: async (ask) => ({
      attachmentId: ask.allowed
        ? await id(
            owns(ask).browser("attachments.create", {
              conversationId: owns(ask).things.conversationId,
              name: "gone.txt",
              mediaType: "text/plain",
              content: Buffer.from(`gone ${ask.surface}`).toString("base64"),
            }),
          )
        : ask.target.things.attachmentId,
    }),
  },
  "vault.status": bare,
  // It closes everything.
  "vault.lock": { ...bare, skip: ({ actor }) => actor.name === "owner" },
  "vault.passphrase": malformed,
  "vault.recovery": { ...withInput({ current: 5 }), through: ["REQUEST_INVALID"] },
  "vault.rotate": malformed,
  "privacy.inventory": bare,
  "privacy.export": {
    input: ({ target }) => ({ subject: { kind: "conversation", id: target.things.conversationId } }),
  },
  "privacy.export person": { input: ({ target }) => ({ subject: { kind: "person", id: target.id } }) },
  "privacy.erase": {
    input: ({ target, allowed }) => {
      const { conversationId } = target.things;
      // Where it must be hidden it is asked for in earnest.
      return {
        subject: { kind: "conversation", id: conversationId },
        confirm: allowed ? "not meant" : conversationId,
      };
    },
    through: ["ERASURE_NOT_CONFIRMED"],
  },
  "privacy.erase person": {
    input: ({ target, allowed }) => ({
      subject: { kind: "person", id: target.id },
      confirm: allowed ? "not meant" : target.id,
    }),
    through: ["ERASURE_NOT_CONFIRMED"],
  },
  "privacy.certificates": bare,
  "backups.create": withInput({ kind: "backup", folder: "relative" }, "BACKUP_PLACE"),
  "backups.list": bare,
  "backups.verify": {
    ...withInput({ file: "/no/such/file" }),
    through: (said) => said.code?.startsWith("BACKUP") === true,
  },
  "jobs.list": bare,
  "jobs.retry": { ...withInput({ jobId: NOBODYS }), through: isKind("job") },
  "schedules.list": bare,
  "schedules.firings": { ...withInput({ scheduleId: NOBODYS }), through: isKind("schedule") },
  "outbox.list": bare,
  "imports.take": malformed,
  "models.list": bare,
  "models.connect": malformed,
  "models.connected": malformed,
  "system.status": bare,
  // Everything would be stopped for whoever comes after; the journey of the stop does it.
  "system.stop": { ...bare, skip: ({ actor }) => actor.name === "owner" || actor.name === "admin" },
  "system.resume": { ...withInput({}), through: ["NOT_STOPPED"] },
  "system.doctor": bare,
};
