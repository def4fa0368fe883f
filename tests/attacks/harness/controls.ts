/**
 * What can be unplugged for a replay: for each control the source files that a weaker double takes the place of. None of it ships; a
 * double exists in a process of the harness alone.
 */

/** A file of the product, and the double that is loaded in its place; both from the root of the project. */
export interface Plug {
  readonly file: string;
  readonly double: string;
}

export interface Control {
  readonly name: string;
  /** What is missing while it is unplugged. */
  readonly says: string;
  readonly plugs: readonly Plug[];
  /** It counts in conversations that read the attacker's text before. */
  readonly yesterday?: true;
}

const double = (file: string, name: string): Plug => ({ file, double: `tests/attacks/harness/doubles/${name}` });

const rules = (...names: readonly string[]): Plug =>
  double("packages/core/src/guard/effect-table.ts", `effect-table.ts?drop=${names.join(",")}`);

const ENDORSED = ["send.untrusted-context", "write.untrusted-context"];
const IRREVERSIBLE = ["commit.unconstrained", "commit.untrusted-context", "commit.always-asks"];
const HOSTS = ["fetch.unknown-host", "fetch.untrusted-context"];

/** What is written with words from outside in view. */
const WRITES = ["write.off-plan", "write.remembered"];

const readers = double("packages/core/src/guard/readers.ts", "readers.ts");
const ownReferences = [
  double("packages/core/src/agent/plan/references.ts", "references.ts"),
  double("packages/core/src/guard/plan/planned.ts", "planned.ts"),
];

export const CONTROLS: readonly Control[] = [
  {
    name: "labels",
    says: "what a tool gives is labelled with where it came from",
    plugs: [double("packages/gateway/src/result-parts.ts", "result-parts.ts")],
  },
  {
    name: "planning-view",
    says: "a turn opens with trusted values only; what was read before stands in it as handles",
    plugs: [double("packages/core/src/conversation/view.ts", "view.ts")],
    yesterday: true,
  },
  {
    name: "plans-come-first",
    says: "no plan is committed once something from outside is in view",
    plugs: [double("packages/core/src/guard/plan/commit-plan.ts", "commit-plan.ts")],
  },
  {
    name: "reference-labels",
    says: "what a plan's reference brings in keeps the label of what it was read from",
    plugs: ownReferences,
  },
  { name: "off-plan", says: "what the plan does not hold asks", plugs: [rules("send.off-plan")] },
  {
    name: "endorsement",
    says: "the owner fixed every critical argument of what is sent or written",
    plugs: [rules(...ENDORSED)],
  },
  {
    name: "stated-words",
    says: "only a value that stands in the owner's order is the owner's",
    plugs: [double("packages/core/src/guard/stated/index.ts", "stated.ts")],
  },
  {
    name: "writes",
    says: "what is written beside the plan, or remembered of what was read, asks",
    plugs: [rules(...WRITES)],
  },
  {
    name: "writes+endorsement",
    says: "both questions about what is written: whether the plan holds it, and where it goes",
    plugs: [rules(...WRITES, ...ENDORSED)],
  },
  {
    name: "closed-plan",
    says: "after a no, or once what was read gives orders, nothing more beside the plan is asked: it is refused",
    plugs: [double("packages/core/src/guard/consider.ts", "consider.ts")],
  },
  { name: "readers", says: "data reaches only those who may know it (I4)", plugs: [readers] },
  {
    name: "inert-content",
    says: "a text from outside that holds a link, address or account asks",
    plugs: [rules("send.untrusted-link")],
  },
  { name: "hosts", says: "a host that the owner has not allowed asks", plugs: [rules(...HOSTS)] },
  {
    name: "commitments",
    says: "what deletes or commits asks unless a grant fixes it",
    plugs: [rules(...IRREVERSIBLE)],
  },
  {
    name: "hosts+carried-data",
    says: "both questions about a request: to which host, and what it carries",
    plugs: [rules(...HOSTS, "fetch.carries-data")],
  },
  {
    name: "endorsement+readers",
    says: "both of them",
    plugs: [rules(...ENDORSED), readers],
  },
  {
    name: "off-plan+endorsement+readers",
    says: "all three of them",
    plugs: [rules("send.off-plan", ...ENDORSED), readers],
  },
  {
    name: "reference-labels+inert-content",
    says: "both of them",
    plugs: [...ownReferences, rules("send.untrusted-link")],
  },
];

export const controlOf = (name: string): Control | undefined => CONTROLS.find((control) => control.name === name);
