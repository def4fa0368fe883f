import { OPERATIONS, err, moltbotError, roleSuffices } from "@moltbot/contracts";
import type {
  AuditPort,
  MoltbotError,
  OperationHandlers,
  OperationInput,
  OperationName,
  RequestContext,
  Result,
} from "@moltbot/contracts";

/** Whether an operation lets somebody do more than before, and why it is held to be so. */
interface Judged<N extends OperationName> {
  readonly loosens: boolean | ((input: OperationInput<N>) => boolean);
  readonly because: string;
}
export type Loosening = { readonly [N in OperationName]?: Judged<N> };

const loosens = (because: string) => ({ loosens: true, because });
const keeps = (because: string) => ({ loosens: false, because });

/**
 * Every operation that changes anything. With `approvals.stepUp` on, those that loosen are done at the machine itself: a thief
 * of a token who could do them would never need the proof that an answer asks for.
 */
export const LOOSENING: Loosening = Object.freeze<Loosening>({
  "agents.create": loosens("A new agent starts with grants."),
  "agents.reading": {
    loosens: ({ reading }) => reading !== "quarantined",
    because: "It may let what comes from outside into the agent's own view again.",
  },
  "agents.tools": {
    loosens: ({ tools }) => tools === "all" || tools.length > 0,
    because: "A tool that is added comes with the grants that a new agent starts with; to have none takes away.",
  },
  "messages.send": keeps("What comes of it passes the guard, call by call."),
  "turns.stop": keeps("It ends work."),
  "approvals.answer": keeps("The guard asks for a proof with the answer, where the question needs one."),
  "approvals.answers": keeps("The guard asks for a proof with each answer, where the question needs one."),
  "capabilities.grant": loosens("What it grants is not asked about any more."),
  "capabilities.revoke": keeps("It takes away."),
  "reminders.cancel": keeps("It takes away."),
  "memories.remove": keeps("It takes away."),
  "contacts.add": loosens("Whoever is confirmed may be written to by name without a question."),
  "contacts.remove": keeps("It takes away."),
  "provenance.remove": keeps("It takes away."),
  "files.undo": keeps("It puts back what stood there before, and keeps what it replaces."),
  "canaries.create": keeps("It makes a text that allows nothing."),
  "policy.set": loosens("A changed policy may forbid less."),
  "tokens.create": loosens("It is a new way in, which outlives the one it was made with."),
  "tokens.revoke": keeps("It takes away."),
  "links.create": loosens("It is a new way in, and its session outlives the token it was made with."),
  "sessions.create": keeps("It spends a code, and making one was judged."),
  "sessions.end": keeps("It takes away."),
  "sessions.revoke": keeps("It takes away."),
  "sessions.ticket": keeps("It opens one stream to what the request may see anyway, within 30 seconds."),
  "devices.invite": loosens("It is a new way in, which outlives the one it was made with."),
  "devices.pair": keeps("It spends a code, and making one was judged."),
  "devices.refresh": keeps("It goes on with what was paired, and the old token is spent by it."),
  "devices.revoke": keeps("It takes away."),
  "people.invite": loosens("Somebody comes in who was not there."),
  "people.link": loosens("It is a way to come in as somebody."),
  "people.change": {
    loosens: ({ role, state }) => role !== undefined || state === "active",
    because: "A role may be a higher one, and who was kept out may come in again; suspending takes away.",
  },
  "people.remove": keeps("It takes away."),
  "people.transfer": loosens("Somebody else decides about everything from then on."),
  "roles.create": keeps("Nobody has it yet, and giving it is judged."),
  "roles.change": {
    loosens: ({ operations }) => operations !== undefined,
    because: "It may cover more from then on, for everybody who has it; another name changes nothing.",
  },
  "roles.remove": keeps("Nobody has it."),
  "teams.create": loosens("What is shared with a team reaches whoever is in it."),
  "teams.change": loosens("Who joins a team has what is shared with it, and who leaves it what is kept from it."),
  "teams.remove": loosens("With a team goes also what was kept from it."),
  "shares.set": {
    loosens: ({ effect }) => effect === "allow",
    because: "Others may do what they could not; a deny only adds to the denies there are.",
  },
  "shares.remove": loosens("What is removed may be a deny."),
  "prompts.create": keeps("A text allows nothing: what begins with it passes the guard, call by call."),
  "prompts.change": keeps("Whose words a text is goes with it, and somebody else's are never taken for one's own."),
  "prompts.remove": keeps("It takes away."),
  "models.connect": loosens("What comes of it is a secret, and with it a vendor that reads what agents are told."),
  "models.connected": loosens("It puts a secret in the place of another."),
  "config.set": loosens("Settings hold limits, listeners, models and the need for a proof itself."),
  "secrets.set": loosens("It decides which hosts a secret is sent to."),
  "secrets.remove": keeps("It takes away."),
  "plugins.install": loosens("Code that was not there runs, with the tools and permissions that it names."),
  "plugins.update": keeps("An update that may do more waits for a yes, and the yes is judged."),
  "plugins.accept": loosens("A plugin may do more from then on."),
  "plugins.change": {
    loosens: ({ enabled, hosts, secrets, agents = [] }) =>
      enabled === true || hosts !== undefined || secrets !== undefined || agents.length > 0,
    because:
      "What was stopped runs again, other hosts are reached with other secrets, and other agents have its tools; to stop it, to give it to no agent or to throw an update away takes away.",
  },
  "plugins.remove": keeps("It takes away."),
  "plugins.try": keeps("It runs in a sandbox in which nothing is dialled and nothing is kept."),
  "skills.install": loosens("What stands in a skill of one's own key counts as the owner's word."),
  "skills.change": {
    loosens: ({ agents }) => agents.length > 0,
    because: "Another agent reads it from then on; to have none takes away.",
  },
  "skills.remove": keeps("It takes away."),
  "signers.trust": loosens("What a key signs may be installed from then on."),
  "signers.remove": keeps("It takes away."),
  "imports.take": {
    loosens: ({ agents, dryRun }) => !dryRun && agents.length > 0,
    because: "A new agent starts with grants; whatever else comes in is nobody's word.",
  },
  "attachments.create": keeps("What stands in a file is trusted by nobody."),
  "attachments.remove": keeps("It takes away."),
  "privacy.erase": loosens("It cannot be undone, and with what it takes goes what could be held against a thief."),
  "privacy.export": loosens("Everything can be read at once, by whoever has the file."),
  "vault.lock": keeps("It closes everything."),
  "vault.passphrase": loosens("Who seals the vault anew decides who opens it from then on."),
  "vault.recovery": loosens("A recovery code opens the vault, for whoever reads it."),
  "vault.rotate": loosens("It asks for what opens the vault, and a thief of a token could try words there."),
  "backups.create": {
    loosens: ({ kind }) => kind === "keyring",
    because: "A copy of the keyring outlives erasures; a backup holds no key, and everything in it is sealed.",
  },
  "jobs.retry": keeps("It takes up what was decided before, with what it was given then."),
  "system.stop": keeps("It takes everything away."),
  "system.resume": {
    loosens: ({ grants }) => grants !== "none",
    because: "It brings back what the stop ended, but for `none`, after which everything is asked again.",
  },
});

/** What nobody has judged loosens, unless it only reads. */
const doesLoosen = <N extends OperationName>(table: Loosening, name: N, input: OperationInput<N>): boolean => {
  const judged: Judged<N> | undefined = table[name];
  if (judged === undefined) return OPERATIONS[name].effect !== "read";
  return typeof judged.loosens === "function" ? judged.loosens(input) : judged.loosens;
};

export interface MachinePorts {
  readonly audit: Pick<AuditPort, "record">;
  /** Read at every call, so that a change of settings applies to the next one. */
  readonly stepUp: () => boolean;
}

/** What changes something and is done with a token that is for less than its person: talking, and taking back what came of it. */
const TALK: ReadonlySet<OperationName> = new Set<OperationName>([
  "messages.send",
  "turns.stop",
  "reminders.cancel",
  "memories.remove",
  "attachments.create",
  "attachments.remove",
]);

/** Whether it decides something for the person: what a viewer may do reaches only what lets them in. */
const decides = (operation: OperationName, loosens: boolean): boolean =>
  OPERATIONS[operation].role !== "viewer" &&
  !TALK.has(operation) &&
  (loosens || OPERATIONS[operation].effect !== "read" || operation === "approvals.preview");

/** Why the operation is not called this way; undefined when it is. */
export const obstacle = (
  { stepUp }: MachinePorts,
  context: RequestContext,
  operation: OperationName,
  loosens: boolean,
): MoltbotError | undefined => {
  const { principal, proof } = context;
  // A program that was given less than its person is there to talk: it answers no question, grants nothing and makes no way in.
  if (proof?.personRole !== undefined && !roleSuffices(principal.role, proof.personRole) && decides(operation, loosens))
    return moltbotError("ROLE_INSUFFICIENT", { required: proof.personRole, role: principal.role });
  // What others wrote comes with it: a yes, a grant or a new way in would be theirs.
  if (proof?.integrity === "untrusted" && (loosens || OPERATIONS[operation].effect === "commit"))
    return moltbotError("SCOPE_INSUFFICIENT", { operation });
  return loosens && stepUp() && context.surface !== "local"
    ? moltbotError("STEP_UP_REQUIRED", {
        problem: `with approvals.stepUp on, ${operation} is done at the machine itself`,
      })
    : undefined;
};

/** Refused, and on record: it may be a thief who tries. */
const refuse = async (
  { audit }: MachinePorts,
  { principal, surface }: RequestContext,
  operation: OperationName,
  error: MoltbotError,
) => {
  const recorded = await audit.record({
    event: "operation:refused",
    actor: principal.id,
    fields: { operation, surface, code: error.code },
  });
  return err(recorded.ok ? error : recorded.error);
};

/**
 * The same handlers. With `approvals.stepUp` on, those that loosen refuse with STEP_UP_REQUIRED whoever does not come over the local
 * socket; those that loosen or commit refuse with SCOPE_INSUFFICIENT whatever comes with a token that passes on others' words, and
 * those that decide with ROLE_INSUFFICIENT whatever comes with a token that is for less than its person.
 */
export const atTheMachine = <H extends Partial<OperationHandlers>>(
  ports: MachinePorts,
  handlers: H,
  table: Loosening = LOOSENING,
): H => {
  const guarded =
    <N extends OperationName>(name: N, handle: OperationHandlers[N]) =>
    async (context: RequestContext, input: OperationInput<N>): Promise<Result<unknown>> => {
      const error = obstacle(ports, context, name, doesLoosen(table, name, input));
      return error === undefined ? handle(context, input) : refuse(ports, context, name, error);
    };
  const names = Object.keys(handlers) as OperationName[]; // the keys of a part of the handlers
  const all = names.flatMap((name) => {
    const handle = handlers[name];
    return handle === undefined ? [] : [[name, guarded(name, handle)]];
  });
  return Object.fromEntries(all) as H; // each name with a handler of the same input and output
};
