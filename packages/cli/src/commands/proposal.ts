import type { Proposal, Question, Scope } from "@moltbot/contracts";
import { limitsText } from "./limit-text.ts";

const NARROW_TO_WIDE: readonly string[] = ["once", "task", "conversation", "always"] satisfies readonly Scope[];

/** For how long a proposal would hold. */
export const scopeOf = ({ scope = "always" }: Proposal): "conversation" | "always" => scope;

/** Whether an answer for `scope` lasts longer than one for `than`; a word that is no scope is left to the gateway. */
export const isWider = (scope: string, than: Scope): boolean =>
  NARROW_TO_WIDE.indexOf(scope) > NARROW_TO_WIDE.indexOf(than);

/** What the card may propose; null where the question does not take such an answer. */
export const offeredBy = ({ proposal, scopes }: Question): Proposal | null =>
  proposal !== null && scopes.includes(scopeOf(proposal)) ? proposal : null;

/** The hosts that any program might reach by the proposal; null where it is about anything but where programs may reach. */
const programHosts = ({ effect }: Question, proposal: Proposal): readonly string[] | null => {
  const [limit, ...others] = proposal.constraints;
  const isPlain = effect === "execute" && scopeOf(proposal) === "conversation" && others.length === 0;
  return isPlain && limit?.kind === "host-in" && limit.argument === "network" ? limit.hosts : null;
};

/** What the proposal would mean, in one sentence. Names and hosts are as they came: the caller makes them printable. */
export const proposalText = (question: Question, proposal: Proposal): string => {
  const { seen, constraints } = proposal;
  const hosts = programHosts(question, proposal);
  if (hosts !== null) {
    const reach =
      hosts.length === 0
        ? "without network"
        : `reaching only ${hosts.join(", ")}, where they can send whatever is in that copy (with content from outside in view each that reaches them still asks)`;
    return `in this conversation ${question.tool} could run any program without asking, behind the wall: on a copy of the workspace, ${reach}; what they change comes back only when it is kept`;
  }
  const before = seen === 0 ? "" : `allowed ${String(seen)} times before: `;
  const when = scopeOf(proposal) === "always" ? "always allow" : "in this conversation allow";
  return `${before}you could ${when} ${limitsText(constraints)}`;
};

/** The proposal as one of several answers, in the middle of a sentence. */
export const proposalLabel = (question: Question, proposal: Proposal): string => {
  if (programHosts(question, proposal) !== null) return "run programs without asking in this conversation";
  return scopeOf(proposal) === "always"
    ? "always allow what the card proposes"
    : "allow what the card proposes, in this conversation";
};
