import { ok } from "@moltbot/contracts";
import type { AccessScope, DecisionInput, OutOfReach, PrivacySubject, Result, ToolManifest } from "@moltbot/contracts";
import type { PrivacyPorts } from "./ports.ts";
import { cameFrom, conversationsOf, eachDecision, eachMessage } from "./subject.ts";

/** More of one kind are counted, not named. */
const MOST_NAMED = 100;
const LEAVES: ReadonlySet<string> = new Set(["send", "fetch", "commit"]);
/** Whose permissions reach no further than what is kept here. */
const KEPT_HERE: ReadonlySet<string> = new Set(["calc", "clock", "contact", "fs", "memory", "reminder", "skill"]);

/** Whether something of a call may have left. A program that could reach no host stayed behind its wall. */
const leftTheHouse = (
  { effect, permissions }: Pick<ToolManifest, "effect" | "permissions">,
  resources: DecisionInput["resources"],
): boolean => {
  if (effect === "execute") return resources.some(({ kind }) => kind === "host");
  return LEAVES.has(effect) && !permissions.every((permission) => KEPT_HERE.has(permission.split(":")[0] ?? ""));
};

type Found = Result<readonly OutOfReach[]>;

const few = (all: readonly OutOfReach[], what: string): readonly OutOfReach[] =>
  all.length <= MOST_NAMED
    ? all
    : [...all.slice(0, MOST_NAMED), { what, where: `${String(all.length - MOST_NAMED)} more`, why: all[0]?.why ?? "" }];

/** Copies that lie where this program does not reach. A backup holds no key; a copy of the keyring holds those destroyed now. */
export const copiesOutOfReach = async ({ house: { store }, system }: PrivacyPorts): Promise<Found> => {
  const copies = await store.copies.list(system);
  if (!copies.ok) return copies;
  const found = copies.value.map(({ kind, file, at }): OutOfReach =>
    kind === "keyring"
      ? {
          what: `a copy of the keyring of ${at}`,
          where: file,
          why: "it still holds the destroyed keys, and with a backup of that time it opens what was erased: destroy it",
        }
      : {
          what: `a backup of ${at}`,
          where: file,
          why: "what it holds of the subject cannot be read without the destroyed keys, which it never held",
        },
  );
  return ok(few(found, "copies"));
};

/** Who else was shown content of it: models that do not run on this machine. */
const modelsOutOfReach = (names: ReadonlySet<string>, { house: { models } }: PrivacyPorts): readonly OutOfReach[] => {
  const stayed = new Set(
    models
      .list()
      .filter(({ local, demonstration }) => local || demonstration)
      .map(({ name }) => name),
  );
  return [...names]
    .filter((name) => !stayed.has(name))
    .toSorted()
    .map((name) => ({
      what: "content that was sent to a model",
      where: name,
      why: "its provider was sent what it answered to; ask the provider to delete it",
    }));
};

/** Effects that left. Where they went is content: the call and its time are named, and whoever needs more had it before the erasure. */
const effectsOutOfReach = async (
  { house: { store } }: PrivacyPorts,
  scope: AccessScope,
  conversations: ReadonlySet<string>,
  messages: ReadonlySet<string>,
): Promise<Found> => {
  const found: OutOfReach[] = [];
  const walked = await eachDecision(store, scope, ({ kind, conversationId, callId, at, input }) => {
    if (kind !== "allow" || input.manifest === undefined || !leftTheHouse(input.manifest, input.resources)) return;
    const labels = [input.call.label, ...Object.values(input.call.values ?? {})];
    if (!conversations.has(conversationId) && !labels.some((each) => cameFrom(each, messages))) return;
    found.push({
      what: `what ${input.call.tool} did (${input.manifest.effect}) at ${at}`,
      where: `call ${callId}`,
      why: "it had left before the erasure",
    });
  });
  return walked.ok ? ok(few(found, "effects that left")) : walked;
};

/** Files of workspaces that came of it: they are the owner's own, and stay. */
const filesOutOfReach = async (
  { house: { store }, workspaces }: PrivacyPorts,
  scope: AccessScope,
  subject: PrivacySubject,
  messages: ReadonlySet<string>,
): Promise<Found> => {
  const agents = await store.agents.list(scope);
  if (!agents.ok) return agents;
  const found: OutOfReach[] = [];
  for (const agent of agents.value) {
    // Only what they have there: of others who use the same agent, nothing is looked at.
    const files = await workspaces.files(agent, scope.principalId);
    if (!files.ok) return files;
    for (const { path, content } of files.value) {
      const kept = await store.fileLabels.find(scope, content);
      if (!kept.ok) return kept;
      if (subject.kind !== "person" && (kept.value === null || !cameFrom(kept.value, messages))) continue;
      found.push({
        what: "a file of a workspace",
        where: `${agent.id}/${path}`,
        why: "files of workspaces are not erased with what they came from; delete it by hand",
      });
    }
  }
  return ok(few(found, "files of workspaces"));
};

/** All that an erasure of this subject cannot reach. Before the keys go: afterwards nobody can tell. */
export const outOfReach = async (ports: PrivacyPorts, scope: AccessScope, subject: PrivacySubject): Promise<Found> => {
  const { store } = ports.house;
  const conversations = await conversationsOf(store, scope, subject);
  if (!conversations.ok) return conversations;
  const messages = new Set<string>();
  const models = new Set<string>();
  for (const { id } of conversations.value) {
    const walked = await eachMessage(store, scope, id, (message) => {
      messages.add(message.id);
      if (message.model !== null && !message.model.demonstration) models.add(message.model.name);
    });
    if (!walked.ok) return walked;
  }
  const ids = new Set<string>(conversations.value.map(({ id }) => id));
  const copies = await copiesOutOfReach(ports);
  if (!copies.ok) return copies;
  const effects = await effectsOutOfReach(ports, scope, ids, messages);
  if (!effects.ok) return effects;
  const files = await filesOutOfReach(ports, scope, subject, messages);
  if (!files.ok) return files;
  return ok([...copies.value, ...modelsOutOfReach(models, ports), ...effects.value, ...files.value]);
};
