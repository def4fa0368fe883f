import { describe, expect, it } from "vitest";
import { Digest, Question } from "@moltbot/contracts";
import type {
  ApprovalFacts,
  Capability,
  Constraint,
  DecisionInput,
  Integrity,
  JsonObject,
  ResolvedResource,
  ToolCall,
  Verdict,
} from "@moltbot/contracts";
import { decide } from "./decide.ts";
import { DIGEST, inputOf, programOf, recipientOf, say } from "./testing/decisions.ts";
import {
  callOf,
  capabilityOf,
  CONVERSATION,
  manifestOf,
  OTHER_AGENT,
  OTHER_CONVERSATION,
  OTHER_TURN,
  OWNER,
  STRANGER,
  TURN,
} from "./testing/house.ts";
import { after, idText, START } from "./testing/ports.ts";
import { ApprovalId, CapabilityId } from "@moltbot/contracts";

const host = (value: string, refusal: string | null = null): ResolvedResource => ({
  argument: "url",
  kind: "host",
  value,
  refusal,
});
const path = (value: string, refusal: string | null = null): ResolvedResource => ({
  argument: "path",
  kind: "path",
  value,
  refusal,
});

const equals = (argument: string, value: string | number): Constraint => ({ kind: "equals", argument, value });
const hostIn = (...hosts: readonly string[]): Constraint => ({ kind: "host-in", argument: "url", hosts });

const SEARCH = { query: "tea" };
const PAGE = { url: "https://example.org/a" };
const NOTE = { path: "notes/a.txt", text: "x" };
const MAIL = { to: "bob@example.org", text: "hi" };
const REMINDER = { text: "stretch", minutes: 10 };
const EXAMPLE = [host("example.org:443")];
const REMINDER_FIXED = [
  equals("text", "stretch"),
  equals("minutes", 10),
  { kind: "equals", argument: "list", value: null } as const,
];
const PAY = { to: "bob", amount: 5 };
const PAY_FIXED = [equals("to", "bob"), { kind: "at-most", argument: "amount", limit: 10 } as const];

const GIT = { argv: ["git", "status"] };
const CLONE = { argv: ["git", "clone", "https://a.test/b"], network: ["a.test", "b.test"] };
const fixedArgv: Constraint = { kind: "equals", argument: "argv", value: CLONE.argv };
const programIn = (...programs: readonly string[]): Constraint => ({ kind: "program-in", argument: "argv", programs });
const toHosts = (...hosts: readonly string[]): Constraint => ({ kind: "host-in", argument: "network", hosts });
const hostAt = (value: string): ResolvedResource => ({ ...host(value), argument: "network", readers: "public" });
const CLONING = programOf("git", "a.test:443", "b.test:443");
const WALLLESS = programOf("git").map((program) => ({ ...program, refusal: "SANDBOX_UNAVAILABLE" }));
const SHELL = programOf("/bin/sh").map((program) => ({ ...program, argument: "command" }));

/** tool, arguments, resources, what is granted (null: nothing), in a clean context, in an untrusted one. */
const TABLE: readonly (readonly [
  string,
  JsonObject,
  readonly ResolvedResource[],
  readonly Constraint[] | null,
  string,
  string,
])[] = [
  ["memory.search", SEARCH, [], null, "ask read.no-capability", "ask read.no-capability"],
  ["memory.search", SEARCH, [], [], "allow read.capability", "allow read.capability"],
  ["memory.search", SEARCH, [], [equals("query", "beer")], "ask read.no-capability", "ask read.no-capability"],
  ["web.fetch", PAGE, EXAMPLE, null, "ask fetch.unknown-host", "ask fetch.untrusted-context"],
  ["web.fetch", PAGE, EXAMPLE, [], "ask fetch.unknown-host", "ask fetch.untrusted-context"],
  ["web.fetch", PAGE, EXAMPLE, [hostIn("example.org:443")], "allow fetch.capability", "ask fetch.carries-data"],
  [
    "web.fetch",
    PAGE,
    EXAMPLE,
    [hostIn("example.org:443"), equals("url", PAGE.url)],
    "allow fetch.capability",
    "allow fetch.capability",
  ],
  [
    "web.fetch",
    PAGE,
    EXAMPLE,
    [hostIn("example.org:443"), { kind: "one-of", argument: "url", values: [PAGE.url, "https://example.org/b"] }],
    "allow fetch.capability",
    "allow fetch.capability",
  ],
  [
    "web.fetch",
    PAGE,
    EXAMPLE,
    [hostIn("example.org:443"), { kind: "matches", argument: "url", pattern: "https://example.org/*" }],
    "allow fetch.capability",
    "ask fetch.carries-data",
  ],
  ["web.fetch", PAGE, EXAMPLE, [hostIn("example.org:8443")], "ask fetch.unknown-host", "ask fetch.untrusted-context"],
  ["web.fetch", PAGE, EXAMPLE, [equals("url", PAGE.url)], "ask fetch.unknown-host", "ask fetch.untrusted-context"],
  [
    "web.fetch",
    PAGE,
    [...EXAMPLE, host("evil.test:443")],
    [hostIn("example.org:443")],
    "ask fetch.unknown-host",
    "ask fetch.untrusted-context",
  ],
  [
    "web.fetch",
    PAGE,
    [host("127.0.0.1:80", "ADDRESS_REFUSED")],
    [hostIn("127.0.0.1:80")],
    "deny resource.refused",
    "deny resource.refused",
  ],
  ["web.fetch", PAGE, [], [hostIn("example.org:443")], "deny fetch.no-host", "deny fetch.no-host"],
  ["file.append", NOTE, [path("notes/a.txt")], null, "ask write.no-capability", "ask write.no-capability"],
  ["file.append", NOTE, [path("notes/a.txt")], [], "allow write.capability", "ask write.untrusted-context"],
  [
    "file.append",
    NOTE,
    [path("notes/a.txt")],
    [{ kind: "path-within", argument: "path", root: "notes" }],
    "allow write.capability",
    "ask write.off-plan",
  ],
  [
    "file.append",
    NOTE,
    [path("notes/a.txt")],
    [{ kind: "path-within", argument: "path", root: "notes" }, equals("text", NOTE.text)],
    "allow write.capability",
    "allow write.capability",
  ],
  [
    "file.append",
    NOTE,
    [path("notesx/a.txt")],
    [{ kind: "path-within", argument: "path", root: "notes" }],
    "ask write.no-capability",
    "ask write.no-capability",
  ],
  [
    "file.append",
    NOTE,
    [path("/etc/passwd", "PATH_OUTSIDE_WORKSPACE")],
    [],
    "deny resource.refused",
    "deny resource.refused",
  ],
  [
    "file.append",
    { ...NOTE, path: "a/.envrc" },
    [path("a/.envrc")],
    [],
    "ask write.runs-later",
    "ask write.runs-later",
  ],
  [
    "file.append",
    { ...NOTE, path: ".git/hooks/pre-commit" },
    [path(".git/hooks/pre-commit")],
    [equals("path", ".git/hooks/pre-commit"), equals("text", NOTE.text)],
    "ask write.runs-later",
    "ask write.runs-later",
  ],
  [
    "file.append",
    NOTE,
    [{ ...path("notes/a.txt"), executable: true }],
    [],
    "ask write.runs-later",
    "ask write.runs-later",
  ],
  ["note.mark", { path: "a" }, [path("a")], [], "allow write.capability", "ask write.not-undoable"],
  ["note.burn", { path: "a" }, [path("a")], [], "ask write.not-undoable", "ask write.not-undoable"],
  ["mail.send", MAIL, [], null, "ask send.no-capability", "ask send.untrusted-context"],
  ["mail.send", MAIL, [], [], "allow send.capability", "ask send.untrusted-context"],
  ["mail.send", MAIL, [], [equals("text", "hi")], "allow send.capability", "ask send.untrusted-context"],
  ["mail.send", MAIL, [], [equals("text", "ho")], "ask send.no-capability", "ask send.untrusted-context"],
  ["mail.send", MAIL, [], [equals("to", "bob@example.org")], "allow send.capability", "ask send.untrusted-content"],
  [
    "mail.send",
    MAIL,
    [],
    [equals("to", "bob@example.org"), equals("text", "hi")],
    "allow send.capability",
    "allow send.capability",
  ],
  [
    "mail.send",
    MAIL,
    [],
    [{ kind: "one-of", argument: "to", values: ["amy@example.org", "bob@example.org"] }],
    "allow send.capability",
    "ask send.untrusted-content",
  ],
  [
    "mail.send",
    MAIL,
    [recipientOf("bob@example.org")],
    [{ kind: "recipient-in", argument: "to", recipients: ["bob@example.org"] }],
    "allow send.capability",
    "ask send.untrusted-content",
  ],
  [
    "mail.send",
    MAIL,
    [recipientOf("bob@example.org", [OWNER.id])],
    [{ kind: "recipient-in", argument: "to", recipients: ["bob@example.org"] }],
    "allow send.capability",
    "allow send.capability",
  ],
  [
    "mail.send",
    MAIL,
    [recipientOf("bob@example.org", [OWNER.id]), recipientOf("eve@evil.test", [OWNER.id])],
    [{ kind: "recipient-in", argument: "to", recipients: ["bob@example.org"] }],
    "ask send.no-capability",
    "ask send.untrusted-context",
  ],
  [
    "mail.send",
    MAIL,
    [recipientOf("bob@example.org", [OWNER.id, STRANGER.id])],
    [equals("to", "bob@example.org")],
    "allow send.capability",
    "ask send.untrusted-content",
  ],
  ["mail.send", MAIL, [], [equals("to", "Bob@example.org")], "ask send.no-capability", "ask send.untrusted-context"],
  ["post.plain", MAIL, [], [equals("to", "bob@example.org")], "allow send.capability", "ask send.untrusted-context"],
  [
    "post.plain",
    MAIL,
    [],
    [equals("to", "bob@example.org"), equals("text", "hi")],
    "allow send.capability",
    "allow send.capability",
  ],
  ["reminder.create", REMINDER, [], null, "ask commit.unconstrained", "ask commit.untrusted-context"],
  [
    "reminder.create",
    REMINDER,
    [],
    [equals("text", "stretch")],
    "ask commit.unconstrained",
    "ask commit.untrusted-context",
  ],
  ["reminder.create", REMINDER, [], REMINDER_FIXED, "allow commit.capability", "allow commit.capability"],
  [
    "reminder.create",
    { ...REMINDER, list: "work" },
    [],
    REMINDER_FIXED,
    "ask commit.unconstrained",
    "ask commit.untrusted-context",
  ],
  ["order.place", PAY, [], PAY_FIXED, "allow commit.capability", "allow commit.capability"],
  ["order.place", { ...PAY, amount: 10.01 }, [], PAY_FIXED, "ask commit.unconstrained", "ask commit.untrusted-context"],
  ["bank.pay", PAY, [], PAY_FIXED, "ask commit.always-asks", "ask commit.always-asks"],
  ["bank.pay", PAY, [], null, "ask commit.always-asks", "ask commit.always-asks"],
  ["exec.run", GIT, programOf("git"), null, "ask execute.no-capability", "ask execute.untrusted-context"],
  ["exec.run", GIT, programOf("git"), [], "allow execute.capability", "allow execute.capability"],
  ["exec.run", GIT, programOf("git"), [programIn("git")], "allow execute.capability", "allow execute.capability"],
  ["exec.run", GIT, programOf("git"), [programIn("npm")], "ask execute.no-capability", "ask execute.untrusted-context"],
  ["exec.run", GIT, programOf("git"), [toHosts("a.test:443")], "allow execute.capability", "allow execute.capability"],
  ["exec.run", CLONE, CLONING, null, "ask execute.no-capability", "ask execute.network"],
  ["exec.run", CLONE, CLONING, [], "ask execute.unknown-host", "ask execute.network"],
  ["exec.run", CLONE, CLONING, [programIn("git")], "ask execute.unknown-host", "ask execute.network"],
  ["exec.run", CLONE, CLONING, [fixedArgv], "ask execute.unknown-host", "ask execute.network"],
  [
    "exec.run",
    CLONE,
    CLONING,
    [toHosts("a.test:443", "b.test:443")],
    "allow execute.capability",
    "ask execute.network",
  ],
  ["exec.run", CLONE, CLONING, [toHosts("a.test:443")], "ask execute.no-capability", "ask execute.network"],
  [
    "exec.run",
    CLONE,
    CLONING,
    [toHosts("a.test:443", "b.test:8443")],
    "ask execute.no-capability",
    "ask execute.network",
  ],
  ["exec.run", GIT, [], [], "deny execute.no-program", "deny execute.no-program"],
  ["exec.run", GIT, programOf(""), [programIn("git")], "deny execute.no-program", "deny execute.no-program"],
  ["exec.run", CLONE, [hostAt("a.test:443")], [], "deny execute.no-program", "deny execute.no-program"],
  ["exec.run", GIT, WALLLESS, [], "deny execute.no-sandbox", "deny execute.no-sandbox"],
  [
    "shell.run",
    { command: "ls" },
    SHELL,
    [equals("command", "ls")],
    "allow execute.capability",
    "allow execute.capability",
  ],
  [
    "shell.run",
    { command: "ls" },
    SHELL,
    [equals("command", "rm")],
    "ask execute.no-capability",
    "ask execute.untrusted-context",
  ],
];

describe("the table of effects", () => {
  it.each(TABLE)(
    "%s %j at %j with %j: clean → %s, untrusted → %s",
    (tool, given, resources, granted, clean, untrusted) => {
      const verdictIn = (integrity: Integrity) => {
        const capabilities = granted === null ? [] : [capabilityOf(tool, granted)];
        return say(decide(inputOf(callOf(tool, given, integrity), { resources, capabilities })));
      };
      expect(verdictIn("authority")).toBe(clean);
      expect(verdictIn("untrusted")).toBe(untrusted);
      expect(verdictIn("participant")).toBe(untrusted);
    },
  );

  it("needs one capability that holds in full: two halves make no whole", () => {
    const halves = [
      capabilityOf("order.place", [equals("to", "bob")]),
      capabilityOf("order.place", [equals("amount", 5)]),
    ];
    expect(say(decide(inputOf(callOf("order.place", PAY), { capabilities: halves })))).toBe("ask commit.unconstrained");
  });
});

describe("a capability", () => {
  const call = callOf("memory.search", SEARCH);
  const judged = (change: Partial<Capability>, asked: ToolCall = call) =>
    say(decide(inputOf(asked, { capabilities: [capabilityOf("memory.search", [], change)] })));
  const ALLOWED = "allow read.capability";
  const ASKED = "ask read.no-capability";

  it.each<readonly [string, Partial<Capability>]>([
    ["that expires in a millisecond", { expiresAt: after(1) }],
    ["that never expires", { expiresAt: "never" }],
    ["issued five minutes ahead of a slow clock", { issuedAt: after(300_000) }],
    ["for this conversation", { reach: { kind: "conversation", conversationId: CONVERSATION } }],
    ["for this task", { reach: { kind: "task", turnId: TURN } }],
    [
      "with more rights and permissions",
      { rights: ["delegate", "use"], permissions: ["memory.search:use", "net:connect"] },
    ],
  ])("counts: one %s", (_, change) => {
    expect(judged(change)).toBe(ALLOWED);
  });

  it.each<readonly [string, Partial<Capability>]>([
    ["that expired this millisecond", { expiresAt: START }],
    ["whose expiry cannot be read", { expiresAt: "zzzz" as Capability["expiresAt"] }],
    ["issued in the future", { issuedAt: after(300_001) }],
    ["whose issue cannot be read", { issuedAt: "soon" as Capability["issuedAt"] }],
    ["that was revoked", { revokedAt: START }],
    ["that will be revoked", { revokedAt: after(1_000) }],
    ["of an earlier epoch", { epoch: 0 }],
    ["of a later epoch", { epoch: 2 }],
    ["of another holder", { holder: OTHER_AGENT }],
    ["for another tool", { tool: manifestOf("web.fetch").name }],
    ["without the permission", { permissions: [] }],
    ["to delegate alone", { rights: ["delegate"] }],
    ["for another conversation", { reach: { kind: "conversation", conversationId: OTHER_CONVERSATION } }],
    ["for another task", { reach: { kind: "task", turnId: OTHER_TURN } }],
    ["with a reach nobody knows", { reach: { kind: "galaxy" } as unknown as Capability["reach"] }],
    ["that hangs on a parent", { parent: CapabilityId.parse(idText(77)) }],
    ["with a constraint nobody knows", { constraints: [{ kind: "nice", argument: "query" } as unknown as Constraint] }],
  ])("does not count: one %s", (_, change) => {
    expect(judged(change)).toBe(ASKED);
  });

  it("does not serve a call that came down a chain of agents", () => {
    expect(judged({}, { ...call, agentChain: [OTHER_AGENT, call.agentId] })).toBe(ASKED);
    expect(judged({}, { ...call, agentChain: [] })).toBe(ASKED);
    expect(judged({}, { ...call, agentChain: [OTHER_AGENT] })).toBe(ASKED);
  });

  it.each([
    ["../a", ""],
    ["/a", ""],
    ["a//b", ""],
    ["./a", ""],
    ["a\\..\\b", ""],
    ["c:a", ""],
    ["", ""],
    ["a/../../b", "a"],
    ["ab", "a"],
    ["a/b", "a/"],
    ["A/b", "a"],
  ])("does not reach the path %j from the folder %j", (value, root) => {
    const granted = [capabilityOf("file.append", [{ kind: "path-within", argument: "path", root }])];
    const input = inputOf(callOf("file.append", NOTE), { resources: [path(value)], capabilities: granted });
    expect(say(decide(input))).toBe("ask write.no-capability");
  });

  it("reaches the folder itself and what lies in it", () => {
    for (const value of ["a", "a/b", "a/b/c.txt"]) {
      const granted = [capabilityOf("file.append", [{ kind: "path-within", argument: "path", root: "a" }])];
      const input = inputOf(callOf("file.append", NOTE), { resources: [path(value)], capabilities: granted });
      expect(say(decide(input))).toBe("allow write.capability");
    }
  });

  it("holds no path or host that was not resolved", () => {
    const inside: Constraint = { kind: "path-within", argument: "path", root: "" };
    for (const constraint of [inside, hostIn("notes/a.txt")]) {
      const input = inputOf(callOf("file.append", NOTE), { capabilities: [capabilityOf("file.append", [constraint])] });
      expect(say(decide(input))).toBe("ask write.no-capability");
    }
  });

  it("bounds a number only by a number", () => {
    for (const limit of [Number.NaN, 4]) {
      const granted = [
        capabilityOf("order.place", [equals("to", "bob"), { kind: "at-most", argument: "amount", limit }]),
      ];
      expect(say(decide(inputOf(callOf("order.place", PAY), { capabilities: granted })))).toBe(
        "ask commit.unconstrained",
      );
    }
    const text = [capabilityOf("order.place", [{ kind: "at-most", argument: "to", limit: 10 }])];
    expect(say(decide(inputOf(callOf("order.place", { to: "5", amount: 5 }), { capabilities: text })))).toBe(
      "ask commit.unconstrained",
    );
  });
});

describe("a person's answer", () => {
  const call = callOf("mail.send", MAIL, "untrusted");
  const approval = (change: Partial<ApprovalFacts> = {}): ApprovalFacts => ({
    id: ApprovalId.parse(idText(50)),
    conversationId: call.conversationId,
    turnId: call.turnId,
    callId: call.id,
    agentId: call.agentId,
    digest: DIGEST,
    state: "allowed",
    createdAt: START,
    expiresAt: after(60_000),
    answeredBy: OWNER.id,
    answeredAt: START,
    ...change,
  });
  const judged = (...approvals: readonly ApprovalFacts[]) => say(decide(inputOf(call, { approvals })));
  const ASKED = "ask send.untrusted-context";
  const open = { answeredBy: null, answeredAt: null } as const;

  it("allows the very call", () => {
    expect(judged(approval())).toBe("allow approved");
  });

  it.each<readonly [string, Partial<ApprovalFacts>]>([
    ["another digest", { digest: Digest.parse("b".repeat(64)) }],
    ["another call", { callId: callOf("mail.send", MAIL).id }],
    ["another turn", { turnId: OTHER_TURN }],
    ["another conversation", { conversationId: OTHER_CONVERSATION }],
    ["another agent", { agentId: OTHER_AGENT }],
    ["a yes that expired this millisecond", { expiresAt: START }],
    ["a yes from the future", { answeredAt: after(400_000) }],
    ["a question from the future", { createdAt: after(400_000), expiresAt: after(500_000) }],
    ["a yes from nobody", { answeredBy: null }],
    ["a yes at no time", { answeredAt: null }],
    ["a question still open", { state: "pending", ...open }],
    ["a superseded yes", { state: "superseded" }],
    ["a yes that expired unused", { state: "expired" }],
  ])("asks again after %s", (_, change) => {
    expect(judged(approval(change))).toBe(ASKED);
  });

  it.each<readonly [string, Partial<ApprovalFacts>, string]>([
    ["no", { state: "denied" }, "deny approval.denied"],
    [
      "no, although the call drifted",
      { state: "denied", digest: Digest.parse("b".repeat(64)) },
      "deny approval.denied",
    ],
    ["stop", { state: "cancelled" }, "deny approval.cancelled"],
    ["silence", { state: "expired", ...open }, "deny approval.silent"],
    ["silence that no sweep has seen yet", { state: "pending", expiresAt: START, ...open }, "deny approval.silent"],
    ["a yes already used", { state: "consumed" }, "deny approval.spent"],
  ])("refuses after %s", (_, change, expected) => {
    expect(judged(approval(change))).toBe(expected);
  });

  it("takes a no over a yes", () => {
    expect(judged(approval(), approval({ state: "denied" }))).toBe("deny approval.denied");
  });

  it("names the nearest grant with a refusal", () => {
    const verdict = decide(inputOf(call, { approvals: [approval({ state: "denied" })] }));
    expect(verdict).toMatchObject({
      error: { code: "APPROVAL_DENIED" },
      nearest: {
        tool: "mail.send",
        permissions: ["mail.send:use"],
        constraints: [equals("to", "bob@example.org"), equals("text", "hi")],
      },
    });
  });

  it("moves nothing that may never happen", () => {
    const refused = inputOf(callOf("web.fetch", PAGE), { resources: [host("10.0.0.1:80", "ADDRESS_REFUSED")] });
    const yes = approval({ callId: refused.call.id });
    expect(say(decide({ ...refused, approvals: [yes] }))).toBe("deny resource.refused");
    const run = callOf("exec.run", GIT);
    const approvals = [approval({ callId: run.id })];
    expect(say(decide(inputOf(run, { approvals, resources: programOf("git") })))).toBe("allow approved");
    expect(say(decide(inputOf(run, { approvals, resources: WALLLESS })))).toBe("deny execute.no-sandbox");
    expect(say(decide(inputOf(run, { approvals })))).toBe("deny execute.no-program");
  });
});

describe("what does not fit", () => {
  const code = (verdict: Verdict) => (verdict.kind === "deny" ? verdict.error.code : verdict.kind);
  const withJson = (json: string) => JSON.parse(json) as JsonObject; // hostile shapes that a literal cannot hold

  it("refuses an unknown tool, and a manifest that is another tool's", () => {
    const call = callOf("no.such", {});
    expect(decide({ ...inputOf(callOf("memory.search", SEARCH)), call, manifest: undefined })).toMatchObject({
      kind: "deny",
      rule: "tool.unknown",
      error: { code: "TOOL_UNKNOWN", context: { tool: "no.such" } },
      nearest: null,
    });
    expect(code(decide({ ...inputOf(callOf("memory.search", SEARCH)), call }))).toBe("TOOL_UNKNOWN");
  });

  it.each<readonly [string, string]>([
    ["missing", `{}`],
    ["of another type", `{"query":{"$ne":null}}`],
    ["extra", `{"query":"a","admin":true}`],
    ["__proto__", `{"query":"a","__proto__":{"admin":true}}`],
    ["__proto__ instead", `{"__proto__":{"query":"a"}}`],
    ["constructor", `{"query":"a","constructor":{"prototype":{}}}`],
    ["prototype", `{"query":"a","prototype":1}`],
    ["toString", `{"query":"a","toString":"x"}`],
    ["a lone surrogate", `{"query":"\\ud800"}`],
  ])("refuses arguments with %s, and says where without the value", (_, json) => {
    const granted = [capabilityOf("memory.search", [])];
    const verdict = decide(inputOf(callOf("memory.search", withJson(json)), { capabilities: granted }));
    expect(code(verdict)).toBe("TOOL_ARGUMENTS_INVALID");
  });

  it("says path and problem, never the value", () => {
    const secret = "hunter2-value";
    const verdict = decide(inputOf(callOf("reminder.create", { text: "a", minutes: secret })));
    expect(verdict).toMatchObject({
      kind: "deny",
      error: { context: { path: "minutes", problem: "a value of type number is expected" } },
    });
    expect(JSON.stringify(verdict)).not.toContain(secret);
  });

  it("does not read what an object inherits", () => {
    const inherited = Object.create({ query: "tea" }) as JsonObject;
    expect(code(decide(inputOf(callOf("memory.search", inherited))))).toBe("TOOL_ARGUMENTS_INVALID");
  });

  it("turns an unknown refusal code into a refusal", () => {
    const input = inputOf(callOf("file.append", NOTE), {
      resources: [path("x", "__proto__")],
      capabilities: [capabilityOf("file.append", [])],
    });
    expect(code(decide(input))).toBe("TOOL_ARGUMENTS_INVALID");
  });

  it("refuses when the evaluation itself fails", () => {
    const broken = { ...inputOf(callOf("memory.search", SEARCH)), capabilities: null } as unknown as DecisionInput;
    expect(decide(broken)).toMatchObject({ kind: "deny", rule: "guard.failed", error: { code: "INTERNAL" } });
  });
});

describe("what stands above every grant and every yes", () => {
  const call = callOf("memory.search", SEARCH);
  const granted = { capabilities: [capabilityOf("memory.search", [])] };
  const yes: ApprovalFacts = {
    id: ApprovalId.parse(idText(50)),
    conversationId: call.conversationId,
    turnId: call.turnId,
    callId: call.id,
    agentId: call.agentId,
    digest: DIGEST,
    state: "allowed",
    createdAt: START,
    expiresAt: after(60_000),
    answeredBy: OWNER.id,
    answeredAt: START,
  };
  const judged = (change: Partial<DecisionInput>) => decide(inputOf(call, { ...granted, approvals: [yes], ...change }));
  const spent = { name: "calls in this turn", limit: 3, used: 3 };
  const problem = { path: "query", problem: "it does not fit" };
  const refused = { resources: [path("x", "PATH_OUTSIDE_WORKSPACE")] };
  const forbidden = { policy: { version: "1", forbidden: ["night", "weekend"] } };

  it("is nothing here: the call runs", () => {
    expect(say(judged({}))).toBe("allow approved");
    expect(say(judged({ approvals: [] }))).toBe("allow read.capability");
  });

  it("is the stop", () => {
    expect(judged({ stopped: true })).toMatchObject({
      rule: "stop.active",
      error: { code: "EVERYTHING_STOPPED", context: { since: START } },
      nearest: null,
    });
  });

  it("is the operator's policy, which names what forbids", () => {
    expect(judged(forbidden)).toMatchObject({
      rule: "policy.forbids",
      error: { code: "POLICY_FORBIDS", context: { tool: "memory.search", policies: "night, weekend" } },
    });
  });

  it("is a budget, to the last call", () => {
    expect(judged({ budgets: [{ ...spent, used: 2 }] }).kind).toBe("allow");
    expect(judged({ budgets: [{ ...spent, used: 2 }, spent] })).toMatchObject({
      rule: "budget.exhausted",
      error: { code: "BUDGET_EXHAUSTED", context: { budget: "calls in this turn", limit: 3 } },
    });
    for (const used of [-1, Number.NaN])
      expect(say(judged({ budgets: [{ ...spent, used }] }))).toBe("deny budget.exhausted");
    expect(say(judged({ budgets: [{ ...spent, limit: Number.NaN, used: 0 }] }))).toBe("deny budget.exhausted");
  });

  it("comes in this order", () => {
    const all = {
      problem,
      ...refused,
      stopped: true,
      ...forbidden,
      budgets: [spent],
      approvals: [{ ...yes, state: "denied" as const }],
    };
    expect(say(judged({ ...all, manifest: undefined }))).toBe("deny tool.unknown");
    expect(say(judged(all))).toBe("deny tool.arguments-invalid");
    expect(say(judged({ ...all, problem: null }))).toBe("deny resource.refused");
    expect(say(judged({ ...all, problem: null, resources: [] }))).toBe("deny stop.active");
    expect(say(judged({ ...forbidden, budgets: [spent], approvals: all.approvals }))).toBe("deny policy.forbids");
    expect(say(judged({ budgets: [spent], approvals: all.approvals }))).toBe("deny budget.exhausted");
    expect(say(judged({ approvals: all.approvals }))).toBe("deny approval.denied");
  });

  it.each(["problem", "stopped", "policy", "budgets", "resources"] as const)(
    "is refused where %s is missing",
    (field) => {
      const { [field]: _, ...rest } = inputOf(call, granted);
      expect(decide(rest as DecisionInput).kind).toBe("deny"); // a record with a hole in it
    },
  );
});

describe("where nobody may be asked", () => {
  const refusedFor = (call: ToolCall, change: Partial<DecisionInput>) =>
    decide(inputOf(call, { mayAsk: false, ...change }));
  const mail = (integrity: Integrity) => callOf("mail.send", MAIL, integrity);
  const resources = [recipientOf("bob@example.org")];

  it("a missing grant is named, with the nearest and without a value", () => {
    const verdict = refusedFor(mail("authority"), { resources });
    expect(verdict).toMatchObject({
      kind: "deny",
      rule: "send.no-capability",
      error: { code: "CAPABILITY_MISSING", context: { tool: "mail.send", grant: "mail.send, bounded on to" } },
      nearest: { tool: "mail.send", constraints: [equals("to", "bob@example.org")] },
    });
    expect(JSON.stringify(verdict.kind === "deny" ? verdict.error : null)).not.toContain("bob");
  });

  it("a grant without bounds is named by its tool alone", () => {
    expect(refusedFor(callOf("memory.search", SEARCH), {})).toMatchObject({
      error: { code: "CAPABILITY_MISSING", context: { grant: "memory.search" } },
    });
  });

  it("an expired grant that would cover it is named as such", () => {
    const expired = capabilityOf("mail.send", [], { expiresAt: START });
    expect(refusedFor(mail("authority"), { resources, capabilities: [expired] })).toMatchObject({
      error: { code: "CAPABILITY_EXPIRED" },
    });
    const elsewhere = { ...expired, constraints: [equals("to", "amy@example.org")] };
    expect(refusedFor(mail("authority"), { resources, capabilities: [elsewhere] })).toMatchObject({
      error: { code: "CAPABILITY_MISSING" },
    });
  });

  it("a context that alone stands in the way is named as such", () => {
    const capabilities = [capabilityOf("mail.send", [])];
    expect(refusedFor(mail("untrusted"), { resources, capabilities })).toMatchObject({
      rule: "send.untrusted-context",
      error: { code: "CONTEXT_UNTRUSTED", context: { tool: "mail.send" } },
    });
    expect(refusedFor(mail("untrusted"), { resources })).toMatchObject({ error: { code: "CAPABILITY_MISSING" } });
  });

  it("what is asked each time says that no grant would do", () => {
    expect(refusedFor(callOf("bank.pay", PAY), { capabilities: [capabilityOf("bank.pay", PAY_FIXED)] })).toMatchObject({
      rule: "commit.always-asks",
      error: { code: "CAPABILITY_MISSING" },
      nearest: null,
    });
  });

  it("a grant still allows, and anything but a plain yes to asking refuses", () => {
    expect(
      refusedFor(callOf("memory.search", SEARCH), { capabilities: [capabilityOf("memory.search", [])] }).kind,
    ).toBe("allow");
    const odd = { mayAsk: "yes" as unknown as boolean };
    expect(decide(inputOf(callOf("memory.search", SEARCH), odd)).kind).toBe("deny");
  });
});

describe("what always asks", () => {
  it.each(["money:spend", "capability:grant", "plugin:install"])("is a commit with the permission %s", (permission) => {
    const manifest = { ...manifestOf("order.place"), permissions: [permission] };
    const capabilities = [capabilityOf("order.place", PAY_FIXED, { permissions: [permission] })];
    const input = inputOf(callOf("order.place", PAY), { manifest, capabilities });
    expect(say(decide(input))).toBe("ask commit.always-asks");
    expect(decide({ ...input, stepUp: true })).toMatchObject({ question: { stepUp: true } });
    expect(decide({ ...input, stepUp: false })).toMatchObject({ question: { stepUp: false } });
  });

  it("is an irreversible commit, and nothing else needs a fresh proof", () => {
    const manifest = { ...manifestOf("order.place"), undo: "irreversible" } as const;
    const capabilities = [capabilityOf("order.place", PAY_FIXED)];
    expect(say(decide(inputOf(callOf("order.place", PAY), { manifest, capabilities })))).toBe("ask commit.always-asks");
    expect(decide(inputOf(callOf("order.place", PAY), { stepUp: true }))).toMatchObject({
      rule: "commit.unconstrained",
      question: { stepUp: false },
    });
  });
});

describe("the question", () => {
  const source = (ref: string) => ({ kind: "host", ref }) as const;
  const asked = (integrity: Integrity, refs: readonly string[]) => {
    const call = callOf("mail.send", MAIL);
    const verdict = decide(inputOf({ ...call, label: { integrity, readers: [OWNER.id], sources: refs.map(source) } }));
    if (verdict.kind !== "ask") throw new Error("it must ask");
    return verdict;
  };

  it("fills every field, and its grant is the nearest one", () => {
    const { question, nearest } = asked("untrusted", ["news.test:443"]);
    expect(Question.parse(question)).toEqual(question);
    expect(question).toMatchObject({ preview: null, proposal: null, stepUp: false, undo: "irreversible" });
    expect(question.leaves).toBe("Everything that the arguments hold.");
    expect(question.grant).toEqual(nearest?.constraints);
    expect(question.agentChain).toHaveLength(1);
  });

  it("names what was in view only where it was untrusted", () => {
    expect(asked("untrusted", ["a.test", "b.test"]).question.sources).toEqual([source("a.test"), source("b.test")]);
    expect(asked("authority", ["a.test"]).question.sources).toEqual([]);
  });

  it("shows sources that hide something, and no more than anybody reads", () => {
    const [first] = asked("untrusted", ["a\u202Etset.b"]).question.sources;
    expect(first?.ref).toBe("a⟨U+202E⟩tset.b");
    const many = Array.from({ length: 1_000 }, (_, i) => `host-${i}`);
    expect(asked("untrusted", many).question.sources).toHaveLength(50);
  });
});

describe("of several capabilities that cover the call", () => {
  const open = capabilityOf("mail.send", []);
  const bound = capabilityOf("mail.send", [equals("to", "bob@example.org")]);
  const whole = capabilityOf("mail.send", [equals("to", "bob@example.org"), equals("text", "hi")]);
  const judged = (...capabilities: readonly Capability[]) =>
    decide(inputOf(callOf("mail.send", MAIL, "untrusted"), { resources: [recipientOf(MAIL.to)], capabilities }));

  it("asks for what the one that comes nearest lacks, in any order", () => {
    expect(say(judged(open))).toBe("ask send.untrusted-context");
    expect(say(judged(open, bound))).toBe("ask send.untrusted-content");
    expect(say(judged(bound, open))).toBe("ask send.untrusted-content");
  });

  it("rests on the first that alone suffices", () => {
    for (const held of [[open, whole, bound], [bound, whole, open], [whole]]) {
      expect(judged(...held)).toMatchObject({ kind: "allow", because: { capabilityId: whole.id } });
    }
  });
});
