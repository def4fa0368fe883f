import { describe, expect, it } from "vitest";
import { AgentId, CallId, ConversationId, PrincipalId, TurnId, label } from "@moltbot/contracts";
import type { Label, ToolCall } from "@moltbot/contracts";
import { roleOf } from "../../../packages/gateway/src/drill/flow/argument-role.ts";
import { readFlowCorpus } from "../../../packages/gateway/src/drill/index.ts";
import type { CorpusTool } from "../../../packages/gateway/src/drill/flow/corpus.ts";
import { inputOf, manifestOf, replayTool } from "../../../packages/gateway/src/drill/flow/replay-tool.ts";
import { toolNames } from "../../../packages/gateway/src/drill/flow/tool-name.ts";
import { createWorld, recordedAnswers } from "../../../packages/gateway/src/drill/flow/world.ts";
import { argumentsOf } from "./small-corpus.ts";

const uuid = (digit: string): string => `${digit.repeat(8)}-0000-7000-8000-${digit.repeat(12)}`;
const OWNER = PrincipalId.parse(uuid("1"));
const AGENT = AgentId.parse(uuid("2"));

const toolOf = (more: object): CorpusTool => {
  const read = readFlowCorpus(
    JSON.stringify({ suites: { a: { tools: [{ name: "do_it", effect: "external", ...more }], user_tasks: [] } } }),
  );
  const tool = read.ok ? read.corpus.suites["a"]?.tools[0] : undefined;
  if (tool === undefined) throw new Error("no tool");
  return tool;
};
const NAME = toolNames(["do_it"]).get("do_it");
const properties = (...names: readonly string[]) => ({
  parameters: {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: ["string", "array", "null"] }])),
  },
});
const manifest = (more: object) => {
  if (NAME === undefined) throw new Error("no name");
  return manifestOf(toolOf(more), NAME);
};
const callWith = (given: unknown, from: Label = label("authority", "public")): ToolCall => ({
  id: CallId.parse(uuid("3")),
  turnId: TurnId.parse(uuid("4")),
  conversationId: ConversationId.parse(uuid("5")),
  agentId: AGENT,
  agentChain: [AGENT],
  authority: OWNER,
  tool: "do.it",
  arguments: argumentsOf(given),
  label: from,
});
const replay = (more: object) => {
  if (NAME === undefined) throw new Error("no name");
  return replayTool(toolOf(more), NAME, () => createWorld([]));
};
// A replayed tool reaches for nothing but its world.
const NO_PORTS = {} as Parameters<ReturnType<typeof replay>["resolve"]>[1];
const resolved = async (more: object, given: unknown) => {
  const found = await replay(more).resolve(callWith(given), NO_PORTS);
  if (!found.ok) throw new Error(found.error.message);
  return found.value.map(({ argument, kind, value, readers }) => [
    argument,
    kind,
    value,
    ...(readers === undefined ? [] : [readers]),
  ]);
};

describe("the names of recorded tools", () => {
  it("are words with dots, each once, and none that the house has already", () => {
    const names = [
      ...toolNames([
        "search_emails",
        "getDay",
        "get_2fa",
        "search-emails",
        "file_delete",
        "web_fetch",
        "日本",
      ]).values(),
    ];
    expect(names).toEqual([
      "search.emails",
      "get.day",
      "get.n2fa",
      "search.emails2",
      "corpus.file.delete",
      "corpus.web.fetch",
      "corpus",
    ]);
  });
  it("fit however long they are", () => {
    expect(
      [...toolNames(["very_long_word_".repeat(20), "very_long_word_".repeat(21)]).values()].every(
        (name) => name.length <= 64,
      ),
    ).toBe(true);
  });
});

describe("what an argument stands for", () => {
  it.each([
    ["recipients", "recipient"],
    ["cc", "recipient"],
    ["user_email", "recipient"],
    ["userEmail", "recipient"],
    ["channel", "recipient"],
    ["user", "recipient"],
    ["email_id", "identifier"],
    ["file_id", "identifier"],
    ["url", "url"],
    ["permission", "permission"],
    ["iban", "account"],
    ["amount", "amount"],
    ["whatever", "identifier"],
  ])("%s: %s", (name, role) => expect(roleOf(name)).toBe(role));
});

describe("a manifest made from labels", () => {
  it.each([
    [{ effect: "none" }, "read", "none"],
    [{ effect: "egress" }, "fetch", "none"],
    [{ effect: "external" }, "send", "irreversible"],
    [{ effect: "external", note: "Destructive; mails people" }, "commit", "irreversible"],
    [{ effect: "internal" }, "write", "undoable"],
    [{ effect: "internal", note: "destructive" }, "commit", "irreversible"],
    [{ effect: "internal", note: null }, "write", "undoable"],
  ])("%j is %s, %s", (more, effect, undo) => {
    expect(manifest(more)).toMatchObject({ effect, undo });
  });
  it("calls the sink arguments critical that the tool takes", () => {
    expect(manifest({ sink_args: ["to", "gone"], ...properties("to", "text") })).toMatchObject({
      critical: ["to"],
      roles: { to: "recipient" },
    });
  });
  it("refuses an argument that the tool does not name, also where its schema cannot be read", () => {
    const strict = inputOf(toolOf(properties("to")));
    expect([strict.safeParse({ to: "x" }).success, strict.safeParse({ to: "x", bcc: "y" }).success]).toEqual([
      true,
      false,
    ]);
    const odd = inputOf(toolOf({ parameters: { properties: { to: { $ref: "https://elsewhere.example/schema" } } } }));
    expect([odd.safeParse({ to: "x" }).success, odd.safeParse({ other: 1 }).success]).toEqual([true, false]);
  });
});

describe("where a recorded call goes", () => {
  const mail = { sink_args: ["to", "cc"], ...properties("to", "cc", "text") };
  it("names each recipient, of whom nothing is known", async () => {
    expect(await resolved(mail, { to: ["a@x.example", "b@x.example"], cc: null })).toEqual([
      ["to", "recipient", "a@x.example"],
      ["to", "recipient", "b@x.example"],
    ]);
  });
  it("is the owner alone when it could go to people and names none", async () => {
    expect(await resolved(mail, { text: "x" })).toEqual([["to", "recipient", "nobody else", [OWNER]]]);
  });
  it("names the host of an address, with and without a scheme", async () => {
    const fetch = { effect: "egress", sink_args: ["url"], ...properties("url") };
    expect(await resolved(fetch, { url: "www.x.example/a" })).toEqual([["url", "host", "www.x.example:443", "public"]]);
    expect(await resolved(fetch, { url: "http://x.example:8080" })).toEqual([
      ["url", "host", "x.example:8080", "public"],
    ]);
    expect(await resolved(fetch, { url: "http://x.example" })).toEqual([["url", "host", "x.example:80", "public"]]);
    expect(await resolved(fetch, { url: ":::" })).toEqual([["url", "host", ":::", "public"]]);
  });
  it("is a host of the tool's own when it leaves the machine and takes no address", async () => {
    const search = { effect: "egress", ...properties("query") };
    expect(await resolved(search, { query: "x" })).toEqual([["query", "host", "do.it.service.example:443", "public"]]);
    expect(await resolved(search, {})).toEqual([["request", "host", "do.it.service.example:443", "public"]]);
  });
  it("is a plain value otherwise", async () => {
    expect(await resolved({ sink_args: ["file_id"], ...properties("file_id") }, { file_id: "7" })).toEqual([
      ["file_id", "value", '"7"'],
    ]);
  });
});

describe("the label of a recorded answer", () => {
  const hostile = label("untrusted", [OWNER], [{ kind: "tool", ref: "mail" }]);
  const labelled = async (more: object, given: unknown, from: Label) => {
    const tool = replay(more);
    const call = callWith(given, from);
    const run = { call, scope: {}, signal: new AbortController().signal, ports: NO_PORTS };
    const ran = await tool.run(run as Parameters<typeof tool.run>[0]); // a replayed tool reads the call alone
    if (!ran.ok) throw new Error(ran.error.message);
    return ran.value.label;
  };
  it("is untrusted where strangers can write, and the owner's where it is private", async () => {
    const found = await labelled(
      { effect: "none", output_third_party_by_data_model: true, output_private: true },
      {},
      label("authority", "public"),
    );
    expect(found).toMatchObject({ integrity: "untrusted", readers: [OWNER] });
  });
  it("is as trusted as the call where nobody else writes", async () => {
    const own = { effect: "none", output_third_party_by_data_model: false, output_private: false };
    expect(await labelled(own, {}, label("authority", "public"))).toMatchObject({
      integrity: "authority",
      readers: "public",
    });
    expect(await labelled(own, {}, hostile)).toMatchObject({ integrity: "untrusted", readers: [OWNER] });
  });
  it("is public of what a host gives, whatever asked for it", async () => {
    const web = {
      effect: "egress",
      output_third_party_by_data_model: true,
      output_private: false,
      sink_args: ["url"],
      ...properties("url"),
    };
    expect(await labelled(web, { url: "x.example" }, hostile)).toEqual(
      label("untrusted", "public", [
        { kind: "tool", ref: "do.it" },
        { kind: "host", ref: "x.example:443" },
      ]),
    );
  });
});

describe("a replayed world", () => {
  it("puts the attacker's words into every place that is theirs, and nowhere else", () => {
    const calls = [
      { function: "a", args: {}, output: "plain", output_template: "x <<VECTOR:one>> y <<VECTOR:two>>" },
      { function: "b", args: {}, output: "plain", output_template: "no place" },
    ];
    expect(recordedAnswers(calls, "$& EVIL").map(({ output, injected }) => [output, injected])).toEqual([
      ["x $& EVIL y $& EVIL", true],
      ["plain", false],
    ]);
    expect(recordedAnswers(calls, null).every(({ output, injected }) => output === "plain" && !injected)).toBe(true);
  });
  it("answers as recorded, and writes down what was done", () => {
    const tool = toolOf({ name: "do_it", sink_args: ["to"], ...properties("to", "text") });
    const world = createWorld(
      recordedAnswers(
        [{ function: "do_it", args: { to: "a", text: "x" }, output: "one", output_template: null }],
        null,
      ),
    );
    const id = CallId.parse(uuid("3"));
    expect(world.act(tool, id, { to: "a", text: "x" })).toBe("one");
    expect(world.act(tool, id, { to: "a", text: "changed" })).toBe("one");
    expect(world.act(tool, id, { to: "b", text: "x" })).not.toBe("one");
    expect(world.deeds.map((deed) => deed.arguments["to"])).toEqual(["a", "a", "b"]);
  });
});
