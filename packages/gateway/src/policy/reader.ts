import { err, moltbotError, ok } from "@moltbot/contracts";
import type { CryptoPort, PolicyFacts, PolicyOverlay, PolicyProblem, PolicyReader, Result } from "@moltbot/contracts";
import { NO_POLICY } from "@moltbot/core/guard";
import { loadCedar, prepare } from "./cedar.ts";
import type { Ask, Cedar } from "./cedar.ts";
import { findingsOf, noteAt } from "./faults.ts";
import type { Findings } from "./faults.ts";
import { requestOf } from "./request.ts";
import { createVerdictCache } from "./verdict-cache.ts";

/** What forbids when the policy cannot be asked. */
export const POLICY_FAILED = "policy.failed";

const MOST_VERDICTS = 1_000;

/** One policy of the text, as it stands there. */
interface Part {
  readonly text: string;
  readonly forbids: boolean;
  /** Its `@id`, or where it begins. */
  readonly name: string;
  readonly offset: number;
}

const partsOf = (cedar: Cedar, text: string): readonly Part[] => {
  const split = cedar.policySetTextToParts(text);
  if (split.type === "failure") throw new Error("a valid policy set cannot be split");
  return split.policies.map((part) => {
    const read = cedar.policyToJson(part);
    if (read.type === "failure") throw new Error("a valid policy cannot be read");
    const offset = Math.max(text.indexOf(part), 0);
    const id = read.json.annotations?.["id"];
    const name = id === undefined || id === "" ? `the policy at line ${text.slice(0, offset).split("\n").length}` : id;
    return { text: part, forbids: read.json.effect === "forbid", name, offset };
  });
};

/** Total: every way of not answering forbids. */
const overlayOver = (version: string, ask: Ask, names: Readonly<Record<string, string>>): PolicyOverlay => {
  const known = createVerdictCache(MOST_VERDICTS);
  const judge = (facts: PolicyFacts): readonly string[] => {
    const request = requestOf(facts);
    if (request === null) return [POLICY_FAILED];
    const question = JSON.stringify(request);
    const before = known.get(question);
    if (before !== undefined) return before;
    const forbidden = ask(request)
      .map((key) => names[key] ?? POLICY_FAILED)
      .toSorted();
    known.put(question, forbidden);
    return forbidden;
  };
  return Object.freeze<PolicyOverlay>({
    version,
    forbids: (facts) => {
      try {
        return judge(facts);
      } catch {
        return [POLICY_FAILED];
      }
    },
  });
};

/** Only what forbids is kept: a policy of the operator takes away, it never gives. */
const compile = (cedar: Cedar, version: string, text: string): PolicyOverlay => {
  const forbids = partsOf(cedar, text).filter((part) => part.forbids);
  if (forbids.length === 0) return Object.freeze({ version, forbids: () => [] });
  const keyed = forbids.map((part, index): [string, Part] => [`forbid-${index}`, part]);
  const ask = prepare(cedar, {
    ...Object.fromEntries(keyed.map(([key, part]) => [key, part.text])),
    "what is not forbidden": "permit(principal, action, resource);",
  });
  return overlayOver(version, ask, Object.fromEntries(keyed.map(([key, { name }]) => [key, name])));
};

const notesOf = (cedar: Cedar, text: string): readonly PolicyProblem[] => {
  const parts = partsOf(cedar, text);
  return [
    ...parts
      .filter(({ forbids }) => !forbids)
      .map(({ offset }) =>
        noteAt(text.slice(0, offset), "a permit has no effect; what is not forbidden is for grants"),
      ),
    ...(parts.some(({ forbids }) => forbids) ? [] : [noteAt("", "nothing in it forbids anything")]),
  ];
};

const isNothing = (text: string): boolean => text.trim() === "";

const BROKEN: PolicyProblem = {
  line: null,
  column: null,
  problem: "the policy engine failed on it; start the gateway again",
};

/** Reads policies in Cedar. `hash` makes the version of a text. */
export const createPolicyReader = ({ hash }: Pick<CryptoPort, "hash">): PolicyReader => {
  const using = async <T>(work: (cedar: Cedar) => T): Promise<T | null> => {
    try {
      return work(await loadCedar());
    } catch {
      // The library is missing, or broke: whoever asked says what follows from that.
      return null;
    }
  };
  const findings = async (text: string): Promise<Findings> =>
    (await using((cedar) => findingsOf(cedar, text))) ?? { faults: [BROKEN], notes: [] };
  return {
    read: async (text): Promise<Result<PolicyOverlay>> => {
      if (isNothing(text)) return ok(NO_POLICY);
      const [fault] = (await findings(text)).faults;
      const overlay = fault === undefined ? await using((cedar) => compile(cedar, hash(text), text)) : null;
      if (overlay !== null) return ok(overlay);
      const { line, problem } = fault ?? BROKEN;
      return err(moltbotError("POLICY_INVALID", { line: line ?? 1, problem }));
    },
    check: async (text) => {
      if (isNothing(text)) return [];
      const found = await findings(text);
      if (found.faults.length > 0) return found.faults;
      return [...((await using((cedar) => notesOf(cedar, text))) ?? [BROKEN]), ...found.notes];
    },
  };
};
