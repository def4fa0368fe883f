import type { Capability } from "@moltbot/contracts";
import { bounds, fixes, rootOf } from "./capability-match.ts";
import { isEndorsed } from "./endorse.ts";
import type { Facts } from "./facts.ts";
import { staysAmongItsMakers } from "./makers.ts";
import { carriesNothingAway, EVERY, UNTRUSTED } from "./requirement.ts";
import type { Requirement } from "./requirement.ts";

export const contentMayBeKnown: Requirement = {
  rule: "send.untrusted-content",
  why: `${UNTRUSTED}, and the text could tell the recipient what only others may know, or what a stranger wrote.`,
  whyPlanned: "It passes on what was read, which only others may know.",
  lack: "it leaves text open that could tell the recipient what was read",
  scopes: ["once", "task"],
  satisfiedBy: carriesNothingAway,
};

export const criticalEndorsed: Requirement = {
  rule: "send.untrusted-context",
  why: `${UNTRUSTED}, and neither your own words nor a grant of yours fix these details.`,
  whyPlanned: "A detail that decides where this goes was read in content from outside, and nothing of yours fixes it.",
  lack: "it leaves a detail open that your own words do not fix either",
  scopes: EVERY,
  satisfiedBy: (capability, facts) =>
    facts.critical.every((argument) => isEndorsed(argument, facts) || bounds(rootOf(capability, facts), argument)),
};

/** Whether a grant leaves nothing of the call to whoever chose it. */
const fixesAll = (capability: Capability, facts: Facts): boolean => {
  const root = rootOf(capability, facts);
  return facts.carried().every((argument) => fixes(root, argument));
};

/** Whether nothing that is written was chosen or made by what came from outside; where it is written is another question. */
const isOwnersText = (capability: Capability, facts: Facts): boolean => {
  const root = rootOf(capability, facts);
  return (
    facts
      .carried()
      .every(
        (argument) =>
          facts.clean(argument) ||
          fixes(root, argument) ||
          (facts.critical.includes(argument) && (isEndorsed(argument, facts) || bounds(root, argument))),
      ) &&
    // What is moved or goes is in no argument: that it does so there has to be the owner's own choice.
    facts.input.resources.every(
      ({ argument, outside }) => outside !== true || isEndorsed(argument, facts) || fixes(root, argument),
    )
  );
};

/** What programs left is in no argument: it is never the owner's text. */
const isKept = ({ manifest }: Facts): boolean => manifest.permissions.includes("exec:keep");
/** Whether a person granted it for this task or conversation, and not once for all that may ever come. */
const isForNow = (capability: Capability, facts: Facts): boolean => rootOf(capability, facts).reach.kind !== "always";

/**
 * With content from outside in view, only what the task began with, what a grant spells out, or what those go on with who made the
 * file, is written unasked. Stricter than the table of the security model (decisions 13 and 20).
 */
export const writtenOnPlan: Requirement = {
  rule: "write.off-plan",
  why: `${UNTRUSTED}, and it is not part of a plan that this task began with.`,
  lack: "it leaves open what is written, and content from outside was in view",
  scopes: ["once", "task", "conversation"],
  satisfiedBy: (capability, facts) =>
    facts.asBefore ||
    facts.planned() !== null ||
    staysAmongItsMakers(facts) ||
    (isKept(facts) ? isForNow(capability, facts) : isOwnersText(capability, facts)),
};

/** What is remembered comes back in every later conversation: words from outside are remembered by a person's yes, also in a plan. */
export const rememberedAsOwn: Requirement = {
  rule: "write.remembered",
  why: "It would remember words from outside, and what is remembered comes back in later conversations.",
  lack: "it would remember words from outside",
  scopes: ["once", "task"],
  satisfiedBy: (capability, facts) =>
    facts.asBefore || !facts.manifest.permissions.includes("memory:write") || isOwnersText(capability, facts),
};

export const onPlan: Requirement = {
  rule: "send.off-plan",
  why: `${UNTRUSTED}, and it is not part of the plan that this task began with.`,
  lack: "the task has a plan, and this is not in it",
  scopes: ["once", "task"],
  satisfiedBy: (capability, facts) =>
    facts.asBefore || facts.input.turnIsPlanned === false || facts.planned() !== null || fixesAll(capability, facts),
};

export const contentIsInert: Requirement = {
  rule: "send.untrusted-link",
  why: "Its text comes from outside and holds a link, an address or an account that you did not write.",
  lack: "it leaves text open that holds a link, an address or an account from outside",
  scopes: ["once", "task"],
  satisfiedBy: (capability, facts) =>
    facts.asBefore ||
    facts
      .carried()
      .every(
        (argument) =>
          facts.critical.includes(argument) ||
          facts.labelOf(argument).integrity === "authority" ||
          fixes(rootOf(capability, facts), argument) ||
          facts.inert(argument),
      ),
};
