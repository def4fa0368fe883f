import type { Capability, DecisionInput, EffectClass, Scope, ToolManifest } from "@moltbot/contracts";
import { bounds, covers } from "./capability-match.ts";
import { criticalArguments } from "./critical-arguments.ts";

/** What a row of the table looks at. */
export interface Facts {
  readonly input: DecisionInput;
  readonly manifest: ToolManifest;
}

/** What is asked when a condition does not hold. */
export interface Asking {
  readonly rule: string;
  readonly why: string;
  readonly scopes: readonly Scope[];
}

/** What one capability must satisfy. */
interface Requirement extends Asking {
  readonly satisfiedBy: (capability: Capability, facts: Facts) => boolean;
}

/** What the tool itself must satisfy; where it does not, no capability helps and none is offered. */
interface Condition extends Asking {
  readonly holds: (manifest: ToolManifest) => boolean;
}

/** One row: there is always a requirement, so nothing is ever allowed for want of a rule. */
export interface Row {
  readonly requirement: Requirement;
  readonly condition?: Condition;
}

/** Whether anything of doubtful origin was in view when the call was chosen. A participant endorses nothing. */
type Context = "clean" | "untrusted";

const EVERY: readonly Scope[] = ["once", "task", "conversation", "always"];
const UNTRUSTED = "It was chosen while content from outside was in view";

const granted = (effect: EffectClass): Requirement => ({
  rule: `${effect}.no-capability`,
  why: "You have not granted this to the agent.",
  scopes: EVERY,
  satisfiedBy: (capability, { input, manifest }) => covers(capability, manifest, input),
});

const fixesEveryHost = (capability: Capability, { input, manifest }: Facts): boolean =>
  covers(capability, manifest, input) &&
  input.resources
    .filter(({ kind }) => kind === "host")
    .every(({ argument }) => bounds(capability, argument, "host-in"));

const hostGranted: Requirement = {
  rule: "fetch.unknown-host",
  why: "You have not allowed this host yet, and a request is a message to it.",
  scopes: EVERY,
  satisfiedBy: fixesEveryHost,
};

const hostGrantedBefore: Requirement = {
  rule: "fetch.untrusted-context",
  why: `${UNTRUSTED}, and you have not allowed this host: the address itself could carry away what was read.`,
  // A standing grant for a host that hostile content may have chosen would be a door left open for good.
  scopes: ["once", "task", "conversation"],
  satisfiedBy: fixesEveryHost,
};

const boundsEveryCritical = (capability: Capability, { input, manifest }: Facts): boolean =>
  covers(capability, manifest, input) &&
  criticalArguments(manifest, input.call.arguments).every((argument) => bounds(capability, argument));

const criticalGranted = (effect: EffectClass): Requirement => ({
  rule: `${effect}.unconstrained`,
  why: "This commits you to something, and no grant of yours fixes these details yet.",
  scopes: EVERY,
  satisfiedBy: boundsEveryCritical,
});

const criticalEndorsed = (effect: EffectClass): Requirement => ({
  rule: `${effect}.untrusted-context`,
  why: `${UNTRUSTED}, and no grant of yours fixes these details.`,
  scopes: EVERY,
  satisfiedBy: boundsEveryCritical,
});

const notIrreversible: Condition = {
  rule: "write.not-undoable",
  why: "It cannot be undone.",
  scopes: ["once"],
  holds: ({ undo }) => undo !== "irreversible",
};

const undoable: Condition = {
  rule: "write.not-undoable",
  why: `${UNTRUSTED}, and it cannot be undone.`,
  scopes: ["once"],
  holds: ({ undo }) => undo === "undoable",
};

/** Paying and deleting for good are asked each time, whatever is granted. */
const mayStand: Condition = {
  rule: "commit.always-asks",
  why: "This is asked each time, because it spends money or cannot be undone.",
  scopes: ["once"],
  holds: ({ undo, permissions }) => undo !== "irreversible" && !permissions.includes("money:spend"),
};

const row = (requirement: Requirement, condition?: Condition): Row =>
  condition === undefined ? { requirement } : { requirement, condition };

/** The table of section 4 of the security model: what must hold before a call of this effect may happen unasked. */
export const EFFECT_TABLE: Readonly<Record<EffectClass, Readonly<Record<Context, Row>> | "refused">> = Object.freeze<
  Record<EffectClass, Readonly<Record<Context, Row>> | "refused">
>({
  read: { clean: row(granted("read")), untrusted: row(granted("read")) },
  fetch: { clean: row(hostGranted), untrusted: row(hostGrantedBefore) },
  write: { clean: row(granted("write"), notIrreversible), untrusted: row(granted("write"), undoable) },
  send: { clean: row(criticalGranted("send")), untrusted: row(criticalEndorsed("send")) },
  execute: "refused",
  commit: { clean: row(criticalGranted("commit"), mayStand), untrusted: row(criticalEndorsed("commit"), mayStand) },
});
