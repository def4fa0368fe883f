import type { Capability, EffectClass } from "@moltbot/contracts";
import { bounds, rootOf } from "./capability-match.ts";
import { isEndorsed } from "./endorse.ts";
import type { Facts } from "./facts.ts";
import { carriesNothingAway, EVERY, UNTRUSTED } from "./requirement.ts";
import type { Asking, Requirement } from "./requirement.ts";
import { changesWhatRuns } from "./runs-later.ts";
import {
  contentIsInert,
  contentMayBeKnown,
  criticalEndorsed,
  onPlan,
  rememberedAsOwn,
  writtenOnPlan,
} from "./send-requirements.ts";

export type { Asking } from "./requirement.ts";

/** What the tool itself must satisfy; where it does not, no capability helps and none is offered. */
interface Condition extends Asking {
  /** Why a capability that covers the call is not enough, as the end of a sentence. */
  readonly lack: string;
  readonly holds: (facts: Facts) => boolean;
}

/** One row: there is always a first requirement, so nothing is ever allowed for want of a rule. One capability must meet all. */
export interface Row {
  readonly requirements: readonly [Requirement, ...Requirement[]];
  /** In the order in which they are looked at. */
  readonly conditions?: readonly Condition[];
}

/** Whether anything of doubtful origin was in view when the call was chosen. A participant endorses nothing. */
type Context = "clean" | "untrusted";

const granted = (effect: EffectClass): Requirement => ({
  rule: `${effect}.no-capability`,
  why: "You have not granted this to the agent.",
  lack: "you have not granted it",
  scopes: EVERY,
  satisfiedBy: () => true,
});

const boundsEveryHost = (
  capability: Capability,
  facts: Facts,
  isGiven: (argument: string) => boolean = () => false,
): boolean =>
  facts.input.resources
    .filter(({ kind }) => kind === "host")
    .every(({ argument }) => bounds(rootOf(capability, facts), argument, "host-in") || isGiven(argument));

const fixesEveryHost = (capability: Capability, facts: Facts): boolean =>
  boundsEveryHost(capability, facts, (argument) => !facts.asBefore && facts.addressGiven(argument));

const hostGranted: Requirement = {
  rule: "fetch.unknown-host",
  why: "You have not allowed this host yet, and a request is a message to it.",
  lack: "it does not name the host",
  scopes: EVERY,
  satisfiedBy: fixesEveryHost,
};

const hostGrantedBefore: Requirement = {
  rule: "fetch.untrusted-context",
  why: `${UNTRUSTED}, and you have not allowed this host: the address itself could carry away what was read.`,
  whyPlanned: "The address was read in content from outside, and you have not allowed this host.",
  lack: "it does not name the host, and content from outside was in view",
  // A standing grant for a host that hostile content may have chosen would be a door left open for good.
  scopes: ["once", "task", "conversation"],
  satisfiedBy: fixesEveryHost,
};

const addressCarriesNothing: Requirement = {
  rule: "fetch.carries-data",
  why: `${UNTRUSTED}, and you have not fixed this address: it could carry what was read to a host that may not know it.`,
  whyPlanned: "The request carries what was read to a host that may not know it.",
  lack: "it leaves the address open, which could carry what was read to a host that may not know it",
  scopes: ["once", "task"],
  satisfiedBy: carriesNothingAway,
};

const placeEndorsed: Requirement = {
  rule: "write.untrusted-context",
  why: `${UNTRUSTED}, and neither your own words nor a grant of yours say where this is written.`,
  whyPlanned: "Where this is written was read in content from outside, and nothing of yours fixes it.",
  lack: "it leaves open where this is written, and content from outside was in view",
  scopes: EVERY,
  satisfiedBy: (capability, facts) =>
    facts.asBefore ||
    facts.critical.every(
      (argument) =>
        facts.roleOf(argument) === undefined ||
        isEndorsed(argument, facts) ||
        bounds(rootOf(capability, facts), argument),
    ),
};

const boundsEveryCritical = (capability: Capability, facts: Facts): boolean =>
  facts.critical.every((argument) => bounds(rootOf(capability, facts), argument));

const committed: Requirement = {
  rule: "commit.unconstrained",
  why: "This commits you to something, and no grant of yours fixes these details yet.",
  lack: "it leaves a detail open",
  scopes: EVERY,
  satisfiedBy: boundsEveryCritical,
};

const committedBefore: Requirement = {
  rule: "commit.untrusted-context",
  why: `${UNTRUSTED}, and no grant of yours fixes these details.`,
  whyPlanned: "This commits you to something, with details from outside that no grant of yours fixes.",
  lack: "it leaves a detail open, and content from outside was in view",
  scopes: EVERY,
  satisfiedBy: boundsEveryCritical,
};

const notIrreversible: Condition = {
  rule: "write.not-undoable",
  why: "It cannot be undone.",
  lack: "what cannot be undone is asked each time",
  scopes: ["once"],
  holds: ({ manifest: { undo } }) => undo === "none" || undo === "undoable",
};

const undoable: Condition = {
  rule: "write.not-undoable",
  why: `${UNTRUSTED}, and it cannot be undone.`,
  lack: "what cannot be undone is asked each time while content from outside is in view",
  scopes: ["once"],
  holds: ({ manifest: { undo } }) => undo === "undoable",
};

/** What would run later without a question is asked now, in every context: a hook, a script, a build file, a program. */
const runsNothing: Condition = {
  rule: "write.runs-later",
  why: "It changes a file that runs by itself later, or that decides what does.",
  lack: "files that run later are asked each time, whatever is granted",
  scopes: ["once"],
  holds: ({ asBefore, input: { resources } }) => asBefore || !changesWhatRuns(resources),
};

const ALWAYS_ASKS: readonly string[] = ["money:spend", "capability:grant", "plugin:install"];

/** Paying, granting, installing and deleting for good are asked each time, whatever is granted. */
const mayStand: Condition = {
  rule: "commit.always-asks",
  why: "This is asked each time, because it spends money, grants rights, installs something or cannot be undone.",
  lack: "this is asked each time, whatever is granted",
  scopes: ["once"],
  holds: ({ manifest: { undo, permissions } }) =>
    undo !== "irreversible" && !permissions.some((permission) => ALWAYS_ASKS.includes(permission)),
};

/** Words name an address to be read; what a program says there only a grant lets out. */
const programHostsGranted: Requirement = {
  rule: "execute.unknown-host",
  why: "You have not allowed programs to reach this host yet, and a program can send there whatever it can read.",
  lack: "it does not name every host that the program may reach",
  scopes: EVERY,
  satisfiedBy: (capability, facts) => boundsEveryHost(capability, facts),
};

const runGrantedBefore: Requirement = {
  rule: "execute.untrusted-context",
  why: `${UNTRUSTED}, and you have not granted this to the agent.`,
  whyPlanned: "What it is started with was read in content from outside, and you have not granted this to the agent.",
  lack: "you have not granted it",
  // As with hosts: nothing that hostile content may have chosen stays allowed for good.
  scopes: ["once", "task", "conversation"],
  satisfiedBy: () => true,
};

/** Whoever chose what runs could have it send all that was read, to any account at a host that is allowed. */
const reachesNobody: Condition = {
  rule: "execute.network",
  why: `${UNTRUSTED}, and a program with network could send away what was read.`,
  whyPlanned: "It gives what was read to a program with network, which could send it away.",
  lack: "programs with network are asked for each time while content from outside is in view",
  scopes: ["once"],
  holds: ({ input: { resources } }) => resources.every(({ kind }) => kind !== "host"),
};

const row = (...requirements: Row["requirements"]): Row => ({ requirements });

/** The table of section 4 of the security model: what must hold before a call of this effect may happen unasked. */
export const EFFECT_TABLE: Readonly<Record<EffectClass, Readonly<Record<Context, Row>>>> = Object.freeze<
  Record<EffectClass, Readonly<Record<Context, Row>>>
>({
  read: { clean: row(granted("read")), untrusted: row(granted("read")) },
  fetch: { clean: row(hostGranted), untrusted: row(hostGrantedBefore, addressCarriesNothing) },
  write: {
    clean: { ...row(granted("write")), conditions: [runsNothing, notIrreversible] },
    untrusted: {
      ...row(granted("write"), placeEndorsed, rememberedAsOwn, writtenOnPlan),
      conditions: [runsNothing, undoable],
    },
  },
  send: { clean: row(granted("send")), untrusted: row(criticalEndorsed, contentMayBeKnown, onPlan, contentIsInert) },
  // Behind the wall and on a copy: what the program leaves comes back as a write of its own.
  execute: {
    clean: row(granted("execute"), programHostsGranted),
    untrusted: { ...row(runGrantedBefore, programHostsGranted), conditions: [reachesNobody] },
  },
  commit: {
    clean: { ...row(committed), conditions: [runsNothing, mayStand] },
    untrusted: { ...row(committedBefore), conditions: [runsNothing, mayStand] },
  },
});

/** The row for a call: what it does, and whether all that was in view when it was chosen was the authority's own. */
export const rowFor = ({ manifest, isUntrusted }: Facts, context?: Context): Row =>
  EFFECT_TABLE[manifest.effect][context ?? (isUntrusted() ? "untrusted" : "clean")];

/** Everything the table may ask, by its rule. */
export const ASKINGS: readonly Asking[] = Object.values(EFFECT_TABLE).flatMap(({ clean, untrusted }) =>
  [clean, untrusted].flatMap(({ requirements, conditions = [] }) => [...conditions, ...requirements]),
);
