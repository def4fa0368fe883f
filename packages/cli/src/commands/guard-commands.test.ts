import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { label } from "@moltbot/contracts";
import { run } from "../testing/run.ts";
import type { Answer } from "../testing/fake-gateway.ts";
import { agent, approval, capability, report, stop } from "../testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const AT = "2026-11-22T12:00:00.000Z";
const bodyOf = (done: Awaited<ReturnType<typeof run>>): unknown =>
  done.asked.find(({ route }) => !route.startsWith("GET"))?.body;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-policy-"));
  file = join(folder, "rules.cedar");
  writeFileSync(file, "forbid(principal, action, resource);\n");
  writeFileSync(join(folder, "empty.cedar"), "\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("stop", () => {
  const stopped = {
    stop: stop("fire"),
    turnsStopped: 2,
    turnsHeld: 1,
    questionsCancelled: 3,
    remindersHeld: 4,
    capabilitiesEnded: 5,
  };

  it("without a turn stops everything and says what ended and what is held", async () => {
    const done = await run(["stop", "--reason", "fire"], { "POST /v2/stop": { json: stopped } });
    expect(bodyOf(done)).toEqual({ reason: "fire" });
    expect(done.out).toMatch(/^Everything is stopped\.\n/);
    expect(done.out).toMatch(/turns ended\s+2\n/);
    expect(done.out).toMatch(/reminders held\s+4\n/);
    const json = await run(["stop", "--json"], { "POST /v2/stop": { json: stopped } });
    expect(bodyOf(json)).toEqual({});
    expect(JSON.parse(json.out)).toMatchObject({ turnsStopped: 2 });
  });

  it("with a turn stops that turn alone", async () => {
    const { turnId } = approval();
    const route = `POST /v2/turns/${turnId}/stop`;
    const done = await run(["stop", turnId], { [route]: { json: report("stopped", {}) } });
    expect(done).toMatchObject({ out: "✓ stopped\n", asked: [{ route }] });
    const late = await run(["stop", turnId], { [route]: { json: report("done", {}) } });
    expect(late.out).toBe("It had ended already: done.\n");
    expect(await run(["stop", turnId, "--reason", "x"], {})).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("is undone by resume, which lists the grants that are back and those that are not", async () => {
    const resumed = {
      stop: stop(),
      turnsReleased: 1,
      remindersReleased: 2,
      remindersLate: 1,
      capabilitiesRestored: [capability({ reason: "its own\u001b[2J workspace" })],
      capabilitiesEnded: [capability()],
    };
    const done = await run(["resume", "--grants", "all"], { "POST /v2/resume": { json: resumed } });
    expect(bodyOf(done)).toEqual({ grants: "all" });
    expect(done.out).toMatch(/of those late\s+1/);
    expect(done.out).toContain("Grants that are back:");
    expect(done.out).toContain("its own\\u001b[2J workspace");
    expect(done.out).toContain("Grants that ended with the stop:");
    const none = { ...resumed, capabilitiesRestored: [], capabilitiesEnded: [] };
    const plain = await run(["resume"], { "POST /v2/resume": { json: none } });
    expect(bodyOf(plain)).toEqual({ grants: "starting" });
    expect(plain.out).not.toContain("Grants that");
  });
});

describe("capabilities", () => {
  const AGENTS: Readonly<Record<string, Answer>> = { "GET /v2/agents": { json: [agent(), agent(2, "Ada")] } };
  const GRANT = { ...AGENTS, "POST /v2/capabilities": { json: capability(), status: 201 } };

  it("grant names holder, limits, what may get out, expiry and reason", async () => {
    const words = ["capabilities", "grant", "Ada", "reminder.create", "--for", "never", "--reason", "tea"];
    const limits = ["--limit", "at-most:minutes=60", "--release", "any=public", "--release", "file:a=b.example:443"];
    const done = await run([...words, ...limits, "--delegate"], GRANT);
    expect(bodyOf(done)).toEqual({
      holder: agent(2).id,
      tool: "reminder.create",
      constraints: [{ kind: "at-most", argument: "minutes", limit: 60 }],
      release: [
        { source: "any", to: "public" },
        { source: { kind: "file", ref: "a" }, to: "b.example:443" },
      ],
      rights: ["use", "delegate"],
      expires: "never",
      reason: "tea",
    });
    expect(done.out).toMatch(/limits\s+minutes is at most 60/);
    expect(done.out).toMatch(/until\s+for ever/);
    expect(bodyOf(await run([...words.slice(0, 5), "7", "--reason", "x"], GRANT))).toMatchObject({
      expires: 7,
      rights: ["use"],
      constraints: [],
    });
  });

  it("grant needs an expiry that is spelled out, a known agent and a release that can be read", async () => {
    const words = ["capabilities", "grant", "Ada", "reminder.create", "--reason", "tea"];
    await expect(run(words, GRANT)).rejects.toThrow("--for");
    expect(await run([...words, "--for", "soon"], GRANT)).toMatchObject({ code: "USAGE" });
    expect(await run([...words, "--for", "1", "--release", "file=x"], GRANT)).toMatchObject({ code: "USAGE" });
    const nobody = ["capabilities", "grant", "Bob", ...words.slice(3), "--for", "1"];
    expect(await run(nobody, GRANT)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("list says where each holds, until when, and what it lets out", async () => {
    const { turnId } = approval();
    const json = [
      capability({ release: [{ source: "any", to: "public" }] }),
      capability({ constraints: [], reach: { kind: "task", turnId }, expiresAt: stop().at }),
      capability({ revokedAt: stop().at }),
    ];
    const { out } = await run(["capabilities"], { "GET /v2/capabilities": { json } });
    expect(out).toContain("minutes is at most 60; lets out anything to public");
    expect(out).toMatch(/no limits\s+one task\s+2026/);
    expect(out).toContain("revoked");
  });
});

describe("why", () => {
  const { id, callId, turnId, conversationId, agentId } = approval();
  const explanation = {
    id,
    at: AT,
    callId,
    turnId,
    conversationId,
    agentId,
    tool: "mail.send",
    effect: "send",
    verdict: "deny",
    rule: "context.untrusted",
    says: "The recipient was chosen with untrusted content in view.",
    code: "CONTEXT_UNTRUSTED",
    context: label("untrusted", "public", [{ kind: "host", ref: "evil.example" }]),
    arguments: [{ name: "to", value: "x\u001b[2J", critical: true, origin: "untrusted" }],
    capabilities: [
      { id: capability().id, reason: "tea", keptFrom: "it has expired" },
      { id: OTHER(), reason: "mail", keptFrom: null },
    ],
    approvals: [{ id, state: "denied" }],
    forbiddenBy: ["no-mail-at-night"],
    nearest: {
      tool: "mail.send",
      permissions: [],
      constraints: [{ kind: "recipient-in", argument: "to", recipients: ["a@b.example"] }],
    },
  };
  function OTHER(): string {
    return "01930000-0000-7000-8000-0000000000bb";
  }
  const route = `GET /v2/decisions/${id}`;

  it("explains each decision: verdict, rule, context, arguments, grants and the nearest one", async () => {
    const { out } = await run(["why", id], { [route]: { json: [explanation] } });
    expect(out).toMatch(/^refused mail\.send /);
    for (const part of [
      "The recipient was chosen with untrusted content in view.",
      "context.untrusted (CONTEXT_UNTRUSTED)",
      "untrusted, everyone may know it, from host evil.example",
      "to = x\\u001b[2J untrusted, decides",
      `✗ ${capability().id} it has expired (tea)`,
      `✓ ${OTHER()} covers it (mail)`,
      `${id} denied`,
      "no-mail-at-night",
      "mail.send: to is a@b.example",
    ])
      expect(out).toContain(part);
  });

  it("explains what was never a tool, what no grant covers, and several decisions in turn", async () => {
    const unknown = {
      ...explanation,
      effect: null,
      verdict: "ask",
      code: null,
      capabilities: [],
      approvals: [],
      forbiddenBy: [],
      arguments: [],
      nearest: null,
      context: label("authority", [stop().by]),
    };
    const { out } = await run(["why", id], { [route]: { json: [unknown, { ...explanation, verdict: "allow" }] } });
    expect(out).toContain("no such tool");
    expect(out).toContain("none for this tool");
    expect(out).toContain("authority, 1 may know it");
    expect(out).toMatch(/^asked [^]*\n\nallowed /);
    expect((await run(["why", id], { [route]: { json: [] } })).out).toBe("Nothing was decided about it.\n");
    expect(JSON.parse((await run(["why", id, "--json"], { [route]: { json: [explanation] } })).out)).toHaveLength(1);
  });
});

describe("simulate", () => {
  const simulation = {
    replayed: 100,
    same: 97,
    changes: { "ask → allow": 1, "allow → deny": 2 },
    examples: [
      {
        decisionId: approval().id,
        callId: approval().callId,
        at: AT,
        tool: "web.fetch",
        was: "allow",
        would: "deny",
        rule: "policy.forbids",
      },
    ],
  };
  const ANSWER = { "POST /v2/policy/simulations": { json: simulation } };

  it("shows the transitions, most frequent first, and examples", async () => {
    const done = await run(["simulate", file], ANSWER);
    expect(bodyOf(done)).toEqual({ policy: "forbid(principal, action, resource);\n", grant: [], revoke: [] });
    expect(done.out).toContain("100 decisions replayed, 97 the same");
    expect(done.out.indexOf("allow → deny")).toBeLessThan(done.out.indexOf("ask → allow"));
    expect(done.out).toContain("policy.forbids");
  });

  it("takes grants, revocations and a time", async () => {
    const wish = '{"holder":"h","tool":"calc","expires":1,"reason":"r"}';
    const done = await run(
      ["simulate", "--grant", wish, "--revoke", "a", "--revoke", "b", "--since", "2026-11-20"],
      ANSWER,
    );
    expect(bodyOf(done)).toEqual({
      grant: [JSON.parse(wish)],
      revoke: ["a", "b"],
      since: "2026-11-20T00:00:00.000Z",
    });
    const recent = bodyOf(await run(["simulate", file, "--since", "2d"], ANSWER)) as { since: string };
    expect(Date.now() - Date.parse(recent.since)).toBeLessThan(2 * 86_400_000 + 60_000);
    const same = { ...simulation, same: 100, changes: {}, examples: [] };
    expect((await run(["simulate", file], { "POST /v2/policy/simulations": { json: same } })).out).toBe(
      "100 decisions replayed, all the same\n",
    );
  });

  it.each([
    ["nothing that changes", []],
    ["a file that is not there", ["/no/such/file"]],
    ["a time that is none", ["FILE", "--since", "soon"]],
    ["a grant that is no object", ["--grant", "calc"]],
  ])("refuses %s", async (_, words) => {
    const argv = ["simulate", ...words.map((word) => (word === "FILE" ? file : word))];
    expect(await run(argv, ANSWER)).toMatchObject({ code: "USAGE", asked: [] });
  });
});

describe("policy", () => {
  const held = { text: "forbid(principal,\n  action\u001b[2J, resource);\n", version: "v7", problems: [] };

  it("shows what is in force, what is wrong with it, or that there is none", async () => {
    expect((await run(["policy"], { "GET /v2/policy": { json: held } })).out).toBe(
      "forbid(principal,\n  action\\u001b[2J, resource);\nversion v7\n",
    );
    const none = await run(["policy", "show"], { "GET /v2/policy": { json: { ...held, text: "" } } });
    expect(none.out).toContain("There is no policy");
    const problems = [
      { line: 2, column: 3, problem: "unknown action" },
      { line: null, column: null, problem: "empty" },
    ];
    const faulty = await run(["policy"], { "GET /v2/policy": { json: { ...held, problems } } });
    expect(faulty.exit).toBe(1);
    expect(faulty.out).toContain("✗ line 2, column 3: unknown action\n✗ empty");
  });

  it("is checked without being put into force", async () => {
    const fine = { replayed: 0, same: 0, changes: {}, examples: [] };
    const done = await run(["policy", "check", file], { "POST /v2/policy/simulations": { json: fine } });
    expect(done).toMatchObject({ exit: 0, asked: [{ route: "POST /v2/policy/simulations" }] });
    expect(done.out).toContain("is valid; nothing was changed");
    const problem = {
      type: "x",
      title: "x",
      status: 400,
      detail: "The policy is not valid at line 1: x.",
      code: "POLICY_INVALID",
      family: "GuardError",
      next: "n",
      recoverable: true,
      context: { line: 1 },
    };
    expect(
      await run(["policy", "check", file], { "POST /v2/policy/simulations": { status: 400, json: problem } }),
    ).toMatchObject({ code: "POLICY_INVALID" });
  });

  it("is set from a file that says something, and removed", async () => {
    const PUT = { "PUT /v2/policy": { json: held } };
    const set = await run(["policy", "set", file], PUT);
    expect(bodyOf(set)).toEqual({ text: "forbid(principal, action, resource);\n" });
    expect(set.out).toContain("the policy is in force version v7");
    expect(await run(["policy", "set", join(folder, "empty.cedar")], PUT)).toMatchObject({ code: "USAGE", asked: [] });
    expect(bodyOf(await run(["policy", "remove"], PUT))).toEqual({ text: "" });
  });
});
