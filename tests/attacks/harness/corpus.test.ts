import { describe, expect, it } from "vitest";
import { readFlowCorpus } from "../../../packages/gateway/src/drill/index.ts";
import { casesOf } from "../../../packages/gateway/src/drill/flow/cases.ts";
import type { FlowCorpus } from "../../../packages/gateway/src/drill/index.ts";
import { smallCorpus, smallSuite } from "./small-corpus.ts";

const corpusOf = (text: string): FlowCorpus => {
  const read = readFlowCorpus(text);
  if (!read.ok) throw new Error(read.fault.problem);
  return read.corpus;
};
const problemOf = (text: string): string => {
  const read = readFlowCorpus(text);
  return read.ok ? "none" : `${read.fault.problem} → ${read.fault.next}`;
};
const ALL = { suite: null, sample: null, seed: 1 };

describe("a corpus file", () => {
  it.each([
    ["", /it is not JSON.*→ Give a file in the format/s],
    ["{", /not JSON/],
    ["[]", /the file: .*expected object/],
    ["{}", /suites: /],
    ['{"suites":{}}', /it has no suite/],
    ['{"suites":{"a":{"tools":[],"user_tasks":[]}}}', /suites\.a\.tools: /],
    [smallCorpus((suite) => ({ ...suite, user_tasks: 7 })), /suites\.small\.user_tasks/],
    [
      smallCorpus((suite) => ({ ...suite, tools: [{ name: "x", effect: "magic" }] })),
      /suites\.small\.tools\.0\.effect/,
    ],
    [smallCorpus((suite) => ({ ...suite, tools: [...suite.tools, suite.tools[0]] })), /has "search_emails" twice/],
    [
      smallCorpus((suite) => ({ ...suite, pairs: [{ user_task: "nobody", injection_task: "steal" }] })),
      /names no task: nobody/,
    ],
    [
      smallCorpus((suite) => ({ ...suite, pairs: [{ user_task: "answer", injection_task: "x" }] })),
      /names no attack: x/,
    ],
    [
      smallCorpus((suite) => ({ ...suite, injection_tasks: [{ id: "a", goal: "b", calls: [], critical_calls: [3] }] })),
      /a has no call 3 that could be critical/,
    ],
  ])("that is none is refused with what is wrong and what to do: %#", (text, says) => {
    expect(problemOf(text)).toMatch(says);
  });

  it("counts a label that is missing as the worst one", () => {
    const { suites } = corpusOf(
      JSON.stringify({ suites: { a: { tools: [{ name: "peek", effect: "none" }], user_tasks: [] } } }),
    );
    expect(suites["a"]?.tools[0]).toMatchObject({ output_third_party_by_data_model: true, output_private: true });
  });

  it("reads arguments and answers that are left out, null or no text", () => {
    const calls = [{ function: "peek", args: null, output: { a: [1] } }, { function: "peek" }];
    const { suites } = corpusOf(
      JSON.stringify({
        suites: { a: { tools: [{ name: "peek", effect: "none" }], user_tasks: [{ id: "t", prompt: "p", calls }] } },
      }),
    );
    expect(suites["a"]?.user_tasks[0]?.calls).toMatchObject([
      { args: {}, output: '{"a":[1]}' },
      { args: {}, output: "" },
    ]);
  });
});

describe("the cases of a corpus", () => {
  it("are every task, and every task with every attack where the corpus pairs none", () => {
    const { tasks, pairs, skipped } = casesOf(corpusOf(smallCorpus()), ALL);
    expect([tasks.length, pairs.length, skipped.length]).toEqual([2, 6, 0]);
  });

  it("are those pairs alone that the corpus names", () => {
    const corpus = corpusOf(
      smallCorpus((suite) => ({ ...suite, pairs: [{ user_task: "note", injection_task: "steal" }] })),
    );
    expect(casesOf(corpus, ALL).pairs.map(({ task, injection }) => [task.id, injection.id])).toEqual([
      ["note", "steal"],
    ]);
  });

  it.each([
    ["words alone", { attack_is_only_final_text: true }],
    ["words alone", { critical_calls: [] }],
    ["only read", { calls: [{ function: "search_emails", args: { query: "x" } }], critical_calls: [0] }],
    ["the owner asks for the same", { calls: smallSuite().user_tasks[0]?.calls.slice(1), critical_calls: [0] }],
  ])("leave an attack out and say why: %s", (why, change) => {
    const corpus = corpusOf(
      smallCorpus((suite) => ({
        ...suite,
        injection_tasks: [{ ...suite.injection_tasks[0], ...change }],
        user_tasks: suite.user_tasks.slice(0, 1),
      })),
    );
    const { pairs, skipped } = casesOf(corpus, ALL);
    expect(pairs).toEqual([]);
    expect(skipped[0]?.why).toContain(why);
  });

  it("leave out what the attacker cannot write into, what its authors leave out, and tasks with tools that nobody described", () => {
    const corpus = corpusOf(
      smallCorpus((suite) => ({
        ...suite,
        user_tasks: [
          ...suite.user_tasks,
          { id: "safe", prompt: "p", calls: [{ function: "search_emails", args: { query: "p" }, output: "o" }] },
          { id: "odd", prompt: "p", calls: [{ function: "teleport", args: {}, output: "o" }] },
        ],
        pairs: [
          { user_task: "safe", injection_task: "steal" },
          { user_task: "odd", injection_task: "steal" },
          { user_task: "note", injection_task: "steal", injectable: false },
        ],
      })),
    );
    const { tasks, pairs, skipped } = casesOf(corpus, ALL);
    expect(pairs).toEqual([]);
    expect(tasks.map(({ task }) => task.id)).toEqual(["answer", "note", "safe"]);
    expect(skipped.map(({ task, attack }) => [task, attack])).toEqual([
      ["odd", null],
      ["safe", "steal"],
      ["odd", "steal"],
      ["note", "steal"],
    ]);
  });

  it("are the same sample for the same seed, and another for another", () => {
    const corpus = corpusOf(smallCorpus());
    const pick = (seed: number) =>
      casesOf(corpus, { suite: null, sample: 2, seed }).pairs.map(
        ({ task, injection }) => `${task.id} ${injection.id}`,
      );
    expect(pick(4)).toHaveLength(2);
    expect(pick(4)).toEqual(pick(4));
    expect(new Set(Array.from({ length: 12 }, (_, seed) => pick(seed).join())).size).toBeGreaterThan(1);
  });

  it("are those of one suite when one is named", () => {
    const corpus = corpusOf(JSON.stringify({ suites: { one: smallSuite(), two: smallSuite() } }));
    expect(new Set(casesOf(corpus, { ...ALL, suite: "two" }).pairs.map(({ suiteName }) => suiteName))).toEqual(
      new Set(["two"]),
    );
  });
});
