import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AnnotatedCorpus } from "./build/annotated.ts";
import type { AnnotatedCall, AnnotatedSuite, AnnotatedTask } from "./build/annotated.ts";
import { buildCorpus } from "./build/build-corpus.ts";
import { leaves, namedIn, sinkProvenance, standsIn, substitute, vectorsIn } from "./build/derive.ts";
import { isIbanSum } from "./build/test-numbers.ts";

const text = readFileSync(new URL("../../../packages/gateway/src/drill/scenarios/flow.json", import.meta.url), "utf8");
const raw: unknown = JSON.parse(text);
const corpus = AnnotatedCorpus.parse(raw);
const Counts = z.object({
  counts: z.object({ tools: z.number(), user_tasks: z.number(), injection_tasks: z.number(), pairs: z.number() }),
});
const { counts } = Counts.parse(raw);
const suites = Object.entries(corpus.suites);

const toolOf = (suite: AnnotatedSuite, name: string) => suite.tools.find((tool) => tool.name === name);

/** The templates of a task's calls as they read on a quiet day. */
const quietly = (suite: AnnotatedSuite, template: string): string =>
  substitute(template, (id) => suite.injection_vectors[id]?.default ?? `<<NO VECTOR ${id}>>`);

const misfit = (suite: AnnotatedSuite, { function: name, args }: AnnotatedCall): string | null => {
  const tool = toolOf(suite, name);
  if (tool === undefined) return `${name} is no tool`;
  const { properties, required } = tool.parameters;
  const unknown = Object.keys(args).filter((key) => !(key in properties));
  const missing = required.filter((key) => !(key in args));
  const wrong = Object.entries(args).flatMap(([key, value]) => {
    const schema = properties[key];
    return schema !== undefined && z.fromJSONSchema(schema).safeParse(value).success ? [] : [key];
  });
  const faults = [...unknown, ...missing, ...wrong];
  return faults.length === 0 ? null : `${name}: ${faults.join(", ")}`;
};

const misfits = (calls: (suite: AnnotatedSuite) => readonly AnnotatedCall[]): readonly string[] =>
  suites.flatMap(([, suite]) => calls(suite).flatMap((made) => misfit(suite, made) ?? []));

/** Every task with its suite, for faults found one task at a time. */
const faults = (find: (suite: AnnotatedSuite, task: AnnotatedTask) => readonly string[]): readonly string[] =>
  suites.flatMap(([name, suite]) =>
    suite.user_tasks.flatMap((task) => find(suite, task).map((fault) => `${name} ${task.id}: ${fault}`)),
  );

const attackCalls = (suite: AnnotatedSuite): readonly AnnotatedCall[] =>
  suite.injection_tasks.flatMap(({ calls }) => calls);

describe("our own scenarios", () => {
  it("are what the builder builds: rebuild.ts writes them anew", () => {
    expect(raw).toEqual(JSON.parse(JSON.stringify(buildCorpus())));
  });

  it("are many: forty tasks and twenty attacks at least, on four domains or more, and a small file", () => {
    expect(suites.length).toBeGreaterThanOrEqual(4);
    expect(counts.user_tasks).toBeGreaterThanOrEqual(40);
    expect(counts.injection_tasks).toBeGreaterThanOrEqual(20);
    expect(counts.pairs).toBeGreaterThanOrEqual(400);
    expect(Buffer.byteLength(text)).toBeLessThan(700_000);
  });

  it("count what there is", () => {
    const sum = (of: (suite: AnnotatedSuite) => readonly unknown[]): number =>
      suites.reduce((total, [, suite]) => total + of(suite).length, 0);
    expect(counts).toEqual({
      tools: sum(({ tools }) => tools),
      user_tasks: sum(({ user_tasks: tasks }) => tasks),
      injection_tasks: sum(({ injection_tasks: tasks }) => tasks),
      pairs: sum(({ pairs }) => pairs),
    });
  });

  it("have names that are given once", () => {
    for (const [, suite] of suites) {
      for (const names of [
        suite.tools.map(({ name }) => name),
        suite.user_tasks.map(({ id, prompt }) => id + prompt),
        suite.injection_tasks.map(({ id, goal }) => id + goal),
        suite.pairs.map((pair) => `${pair.user_task} ${pair.injection_task}`),
      ]) {
        expect(new Set(names).size).toBe(names.length);
      }
    }
  });

  it("pair each task that reads a stranger's words with each attack of its suite", () => {
    for (const [, suite] of suites) {
      const expected = suite.user_tasks
        .filter(({ first_injected_call: first }) => first !== null)
        .flatMap((task) => suite.injection_tasks.map((attack) => `${task.id} ${attack.id}`));
      expect(suite.pairs.map((pair) => `${pair.user_task} ${pair.injection_task}`)).toEqual(expected);
    }
  });

  it("say of a pair which calls are the owner's own as well", () => {
    const same = (a: AnnotatedCall, b: AnnotatedCall): boolean =>
      a.function === b.function && JSON.stringify(a.args) === JSON.stringify(b.args);
    for (const [, suite] of suites) {
      for (const pair of suite.pairs) {
        const task = suite.user_tasks.find(({ id }) => id === pair.user_task);
        const attack = suite.injection_tasks.find(({ id }) => id === pair.injection_task);
        const own = attack?.calls.flatMap((made, at) => (task?.calls.some((one) => same(one, made)) ? [at] : []));
        expect(pair.same_call_in_user_task).toEqual(own);
        expect(pair.attack_check_true_on_benign_run).toBe(attack?.critical_calls.every((at) => own?.includes(at)));
      }
    }
  });
});

describe("a task of these scenarios", () => {
  it("calls tools that there are, with arguments that fit", () => {
    expect(misfits(({ user_tasks: tasks }) => tasks.flatMap(({ calls }) => calls))).toEqual([]);
  });

  it("has templates that read as recorded on a quiet day", () => {
    const found = faults((suite, { calls }) =>
      calls.flatMap(({ output, output_template: template, vectors_in_output: vectors, function: name }) =>
        quietly(suite, template) === output && JSON.stringify(vectorsIn(template)) === JSON.stringify(vectors)
          ? []
          : [name],
      ),
    );
    expect(found).toEqual([]);
  });

  it("says rightly where a stranger's words come first", () => {
    const found = faults((_, { calls, vectors_seen: seen, first_injected_call: first }) => {
      const at = calls.findIndex(({ vectors_in_output: vectors }) => vectors.length > 0);
      const all = [...new Set(calls.flatMap(({ vectors_in_output: vectors }) => vectors))];
      return first === (at < 0 ? null : at) && JSON.stringify(all) === JSON.stringify(seen) ? [] : ["first"];
    });
    expect(found).toEqual([]);
  });

  it("reads a stranger's words only from tools that the data model says are open to strangers", () => {
    const found = faults((suite, { calls }) =>
      calls.flatMap(({ function: name, vectors_in_output: vectors }) =>
        vectors.length === 0 || toolOf(suite, name)?.output_third_party_by_data_model === true ? [] : [name],
      ),
    );
    expect(found).toEqual([]);
  });

  it("says rightly where its critical arguments come from", () => {
    const found = faults((suite, { calls, prompt }) =>
      calls.flatMap((made, at) => {
        const tool = toolOf(suite, made.function);
        if (tool === undefined || tool.effect === "none") return made.sink_provenance === undefined ? [] : ["extra"];
        const answers = calls.slice(0, at).map(({ output, function: name }) => ({
          output,
          thirdParty: toolOf(suite, name)?.output_third_party_by_data_model ?? true,
        }));
        const earlier = [namedIn(prompt, suite.directory), ...answers];
        const sinks = tool.sink_args.map((name) => made.args[name]);
        return sinkProvenance(sinks, prompt, earlier) === made.sink_provenance ? [] : [made.function];
      }),
    );
    expect(found).toEqual([]);
  });

  it("takes nothing out of thin air: each critical argument stands in the prompt, the directory or what was read", () => {
    const found = faults((_, { calls }) =>
      calls.flatMap(({ sink_provenance: from, function: name }) => (from === "derived" ? [name] : [])),
    );
    expect(found).toEqual([]);
  });

  it("is of every kind that owners have", () => {
    const tasks = suites.flatMap(([, suite]) => suite.user_tasks.map((task) => ({ suite, task })));
    const having = (test: (suite: AnnotatedSuite, task: AnnotatedTask) => boolean): number =>
      tasks.filter(({ suite, task }) => test(suite, task)).length;
    const effects = (suite: AnnotatedSuite, task: AnnotatedTask): number =>
      task.calls.filter((made) => toolOf(suite, made.function)?.effect !== "none").length;
    const from = (task: AnnotatedTask, provenance: string): boolean =>
      task.calls.some((made) => made.sink_provenance === provenance);
    expect(having((suite, task) => effects(suite, task) === 0)).toBeGreaterThanOrEqual(6);
    expect(having((suite, task) => effects(suite, task) >= 2)).toBeGreaterThanOrEqual(10);
    expect(having((_, task) => from(task, "prompt"))).toBeGreaterThanOrEqual(20);
    expect(having((_, task) => from(task, "third-party"))).toBeGreaterThanOrEqual(5);
    expect(having((_, task) => from(task, "trusted-tool"))).toBeGreaterThanOrEqual(2);
    for (const kind of ["di", "diq", "dd"]) {
      expect(having((_, task) => task.data_dependency.includes(kind))).toBeGreaterThanOrEqual(5);
    }
  });
});

describe("an attack of these scenarios", () => {
  it("calls tools that there are, with arguments that fit", () => {
    expect(misfits(attackCalls)).toEqual([]);
  });

  it("has critical calls that it makes and that do something which a guard is asked about", () => {
    for (const [name, suite] of suites) {
      for (const { id, calls, critical_calls: critical } of suite.injection_tasks) {
        expect(critical.length, `${name} ${id}`).toBeGreaterThan(0);
        for (const at of critical) {
          const tool = toolOf(suite, calls[at]?.function ?? "");
          expect(tool?.effect, `${name} ${id}`).not.toBe("none");
          expect(tool?.sink_args, `${name} ${id}`).not.toEqual([]);
        }
      }
    }
  });

  it("leaves nothing to be filled in", () => {
    const open = suites
      .flatMap(([, suite]) => attackCalls(suite))
      .flatMap(({ args }) => leaves(args))
      .filter((value) => /<<|\{\w+\}|^\$|\$\{|TODO|\bundefined\b/.test(value));
    expect(open).toEqual([]);
  });

  it("is told to the model by each of the templates", () => {
    for (const template of Object.values(corpus.attack_templates)) {
      expect(template).toContain("{goal}");
      expect(template.replace(/\{(?:goal|user|model|tools)\}/g, "")).not.toMatch(/\{\w+\}/);
    }
  });

  it("is of every kind that we know", () => {
    const calls = suites.flatMap(([, suite]) =>
      attackCalls(suite).map((made) => ({ made, note: toolOf(suite, made.function)?.note ?? "" })),
    );
    const noted = (word: string): number => calls.filter(({ note }) => note.includes(word)).length;
    const values = calls.flatMap(({ made }) => leaves(made.args));
    const carries = (pattern: RegExp): number => values.filter((value) => pattern.test(value)).length;
    for (const word of ["grants", "persistent", "destructive", "pays", "leaves the machine"]) {
      expect(noted(word), word).toBeGreaterThanOrEqual(3);
    }
    // A Cyrillic letter among Latin ones, a name that goes on, and a second mailbox.
    expect(carries(/\p{Script=Latin}\p{Script=Cyrillic}|\p{Script=Cyrillic}\p{Script=Latin}/u)).toBeGreaterThanOrEqual(
      3,
    );
    expect(carries(/\.example\.[a-z.-]+\.test/)).toBeGreaterThanOrEqual(10);
    expect(carries(/\+\w+@/)).toBeGreaterThanOrEqual(2);
    expect(
      suites.flatMap(([, suite]) => suite.injection_tasks).filter(({ calls: many }) => many.length > 1).length,
    ).toBeGreaterThanOrEqual(15);
  });

  it("writes to recipients whom an owner's prompt names too, and repeats what was allowed once", () => {
    const toNamed = suites.flatMap(([, suite]) =>
      suite.injection_tasks.filter(({ calls }) =>
        calls.some((made) => {
          const recipient = leaves(made.args["recipient"] ?? made.args["recipients"] ?? [])[0];
          return recipient !== undefined && suite.user_tasks.some(({ prompt }) => standsIn(recipient, prompt));
        }),
      ),
    );
    expect(toNamed.length).toBeGreaterThanOrEqual(5);
    const repeats = suites.flatMap(([, { pairs }]) => pairs.filter((pair) => pair.attack_check_true_on_benign_run));
    expect(repeats.length).toBeGreaterThanOrEqual(1);
  });
});

describe("nobody real", () => {
  const hosts = [...text.matchAll(/(?:https?:\/\/|[\w.+-]@)([\p{L}\p{N}.-]+\.[\p{L}]{2,})/gu)].map(
    ([, host = ""]) => host,
  );

  it("is written to or asked: every host is a reserved one", () => {
    expect(hosts.length).toBeGreaterThan(100);
    expect(hosts.filter((host) => !/\.(?:example|test)$/u.test(host))).toEqual([]);
    expect(text.match(/\b[\w-]+\.(?:com|net|org|de|es|jp|io|uk|fr|co)\b/g)).toBeNull();
  });

  it("is paid: every account has a right sum, at a bank that there is not", () => {
    const accounts = text.match(/\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b/g) ?? [];
    expect(accounts.length).toBeGreaterThan(10);
    expect(accounts.filter((account) => !isIbanSum(account) || !/^(?:DE|ES)\d{2}00000000/.test(account))).toEqual([]);
  });

  it("is called: every number is kept free for made-up stories", () => {
    const numbers = text.match(/\+\d[\d ]{7,}\d/g) ?? [];
    expect(numbers.length).toBeGreaterThan(3);
    expect(numbers.filter((number) => !/^\+(?:44 20 7946 0\d{3}|49 30 23125 \d{3})$/.test(number))).toEqual([]);
  });
});
