import { describe, expect, it } from "vitest";
import { readFlowCorpus } from "../../../packages/gateway/src/drill/index.ts";
import { isLiteral, keyIn, planFromRecording } from "../../../packages/gateway/src/drill/flow/plan-from-recording.ts";
import { toolNames } from "../../../packages/gateway/src/drill/flow/tool-name.ts";
import {
  couldBeWrittenFrom,
  isToldBy,
  standsIn,
} from "../../../packages/gateway/src/drill/flow/where-a-value-stands.ts";

const TOOLS = [
  { name: "look", effect: "none" },
  { name: "peek", effect: "none" },
  {
    name: "send",
    effect: "external",
    sink_args: ["to", "item_id"],
    parameters: {
      type: "object",
      properties: {
        to: {},
        item_id: {},
        text: {},
        mode: { anyOf: [{ $ref: "#/$defs/Mode" }, { type: "null" }] },
        flag: { type: "boolean" },
        count: { type: "number" },
        at: {},
        parts: { type: "array" },
      },
      $defs: { Mode: { enum: ["r", "rw"] } },
    },
  },
];

/** The plan for a task that looks and then sends `args`; what stands for each argument. */
const planned = (prompt: string, output: string, args: object, directory: readonly object[] = []) => {
  const calls = [
    { function: "peek", args: {}, output: "nothing here" },
    { function: "look", args: {}, output },
    { function: "send", args, output: "sent" },
  ];
  const read = readFlowCorpus(
    JSON.stringify({ suites: { a: { tools: TOOLS, directory, user_tasks: [{ id: "t", prompt, calls }] } } }),
  );
  const suite = read.ok ? read.corpus.suites["a"] : undefined;
  const task = suite?.user_tasks[0];
  if (suite === undefined || task === undefined) throw new Error("no task");
  const plan = planFromRecording(suite, task, toolNames(TOOLS.map(({ name }) => name)));
  return { given: plan.wish?.steps[2]?.arguments ?? {}, asks: [...plan.asks.values()] };
};

describe("a plan made from a recording", () => {
  it("writes down what the prompt says, in upper or lower case", () => {
    expect(planned("Tell BOB that 'all is well'", "", { to: "Bob", text: "All is well" }).given).toEqual({
      to: "Bob",
      text: "All is well",
    });
  });
  it("refers to the last earlier answer that holds a value", () => {
    const { given, asks } = planned("Tell whoever it is", "mail from bob@x.example", { to: "bob@x.example" });
    expect(given["to"]).toMatchObject({ $from: [2], as: "text" });
    expect(asks).toEqual([{ step: 3, function: "send", argument: "to", value: "bob@x.example" }]);
  });
  it("makes one reference of a list that is all read, and one for each of a mixed list", () => {
    const all = planned("Tell them", "a@x.example b@x.example", { to: ["a@x.example", "b@x.example"] });
    expect(all.given["to"]).toMatchObject({ $from: [2], as: "texts" });
    const some = planned("Tell them and c@x.example", "a@x.example", { to: ["a@x.example", "c@x.example"] });
    expect(some.given["to"]).toMatchObject([{ $from: [2], as: "text" }, "c@x.example"]);
  });
  it("takes a choice from the tool's own list, a truth value, null and the empty text as they are", () => {
    const args = { mode: "r", flag: true, text: "", parts: [], at: null };
    expect(planned("Go on", "r: true", args).given).toEqual(args);
  });
  it("looks for a short number of a thing where it was listed, although one like it stands in the prompt", () => {
    expect(planned("1. Find it. 2. Send it.", "item 2: the largest", { item_id: "2" }).given["item_id"]).toMatchObject({
      $from: [2],
    });
    expect(planned("Send item 2", "the largest", { item_id: "2" }).given["item_id"]).toBe("2");
  });
  it("knows a date and a time that the prompt tells, and an end that follows from its length", () => {
    const { given } = planned("On May 19th at 12:00 for one hour", "free", { at: "2024-05-19 13:00" });
    expect(given["at"]).toBe("2024-05-19 13:00");
    expect(planned("When the mail says", "2024-06-10 13:00", { at: "2024-06-10 13:00" }).given["at"]).toMatchObject({
      $from: [2],
    });
  });
  it("takes words put together from the prompt as written, but never where they decide who gets it", () => {
    const prompt = "Say that you have seen it in the meeting room; the address is on dora-website.com of Dora";
    expect(planned(prompt, "", { text: "I've seen it in the meeting room!" }).given["text"]).toBe(
      "I've seen it in the meeting room!",
    );
    expect(planned(prompt, "write to dora@gmail.com", { to: "dora@gmail.com" }).given["to"]).toMatchObject({
      $from: [2],
    });
  });
  it("lets derived words refer to what was read last", () => {
    expect(planned("Summarise it for Bob", "long story", { to: "Bob", text: "<summary>" }).given["text"]).toMatchObject(
      { $from: [2] },
    );
  });
  it("takes an address of the directory when the prompt names its owner", () => {
    const directory = [{ name: "Bob", address: "bob@x.example" }];
    expect(planned("Write to Bob", "bob@x.example", { to: "bob@x.example" }, directory).given["to"]).toBe(
      "bob@x.example",
    );
    expect(planned("Write to him", "bob@x.example", { to: "bob@x.example" }, directory).given["to"]).toMatchObject({
      $from: [2],
    });
  });
  it("finds values inside objects and numbers too", () => {
    const { given } = planned("Send it", "file 19 costs 250", { parts: [{ kind: "Send", file_id: "19" }], count: 250 });
    expect(given["parts"]).toMatchObject([{ kind: "Send", file_id: { $from: [2] } }]);
    expect(given["count"]).toMatchObject({ $from: [2], as: "number" });
    expect(isLiteral(given["parts"])).toBe(false);
    expect(isLiteral({ a: [1, "x", null] })).toBe(true);
  });
  it("is none for a task without calls, or with more than a plan holds", () => {
    const wishOf = (calls: readonly object[]) => {
      const read = readFlowCorpus(
        JSON.stringify({ suites: { a: { tools: TOOLS, user_tasks: [{ id: "t", prompt: "p", calls }] } } }),
      );
      const suite = read.ok ? read.corpus.suites["a"] : undefined;
      const task = suite?.user_tasks[0];
      if (suite === undefined || task === undefined) throw new Error("no task");
      return planFromRecording(suite, task, toolNames(TOOLS.map(({ name }) => name))).wish;
    };
    expect(wishOf([])).toBeNull();
    expect(wishOf(Array.from({ length: 41 }, () => ({ function: "look" })))).toBeNull();
    expect(wishOf([{ function: "unheard-of" }])).toBeNull();
    expect(wishOf([{ function: "look" }])?.steps).toHaveLength(1);
  });
  it("finds the key of a question behind one that a stranger wrote", () => {
    expect(keyIn("│ ⟨q9⟩ says the stranger\n\nQuestion: what? ⟨q2⟩")).toBe("q2");
    expect(keyIn("no key")).toBeNull();
  });
});

describe("where a value stands", () => {
  it("is looked for as whole words, over line ends", () => {
    expect(standsIn("a b", "x A\n   b.")).toBe(true);
    expect(standsIn("5", "2025-05-15")).toBe(false);
    expect(standsIn("general", "generally")).toBe(false);
    expect(standsIn("", "anything")).toBe(false);
    expect(standsIn("a.b(c)", "see a.b(c)!")).toBe(true);
  });
  it.each([
    ["2024-05-26", "on May 26th", true],
    ["2024-05-26", "on the 26th of May", true],
    ["2024-05-26", "on 2024-05-26", true],
    ["2024-05-27", "on May 26th", false],
    ["10:30", "at 10:30", true],
    ["11:30", "at 10:30", false],
    ["11:30", "at 10:30 for an hour", true],
    ["next week", "on May 26th", false],
  ])("tells a moment: %s from “%s”: %s", (value, text, told) => {
    expect(isToldBy(value, text)).toBe(told);
  });
  it("never puts an address together from words", () => {
    expect(couldBeWrittenFrom("dora at www.dora-website.com", "dora-website.com www dora at")).toBe(false);
    expect(couldBeWrittenFrom("Lunch", "lunch")).toBe(false);
  });
});
