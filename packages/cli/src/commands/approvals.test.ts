import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";
import type { Answer } from "../testing/fake-gateway.ts";
import { approval, report } from "../testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const { id, turnId } = approval();
const OTHER = "01930000-0000-7000-8000-0000000000aa";
const path = `/v2/approvals/${id}`;
const TURN: Readonly<Record<string, Answer>> = {
  [`GET /v2/turns/${turnId}?wait=true`]: { json: report("done", { model: null }) },
};
const question = approval(
  {},
  {
    arguments: [
      { name: "text", value: "stretch", critical: true, origin: "stated" },
      { name: "minutes", value: 20, critical: true, origin: "model" },
      { name: "tags", value: ["a"], critical: false, origin: "model" },
    ],
    proposal: { seen: 3, constraints: [{ kind: "at-most", argument: "minutes", limit: 20 }] },
  },
);
const ASKED: Readonly<Record<string, Answer>> = { [`GET ${path}`]: { json: question } };
const ANSWERED: Readonly<Record<string, Answer>> = {
  ...ASKED,
  ...TURN,
  [`POST ${path}/answer`]: { json: approval({ state: "allowed" }) },
};
const bodyOf = (done: Awaited<ReturnType<typeof run>>): unknown =>
  done.asked.find(({ route }) => route.startsWith("POST"))?.body;

describe("approvals list and show", () => {
  it("list the open ones, or all", async () => {
    const open = await run(["approvals"], { "GET /v2/approvals?state=pending": { json: [approval()] } });
    expect(open.out).toContain("Sets a reminder.");
    expect(open.out).toContain("commit");
    const all = { "GET /v2/approvals?state=all": { json: [] } };
    expect((await run(["approvals", "list", "--all"], all)).out).toBe("No questions wait for you.\n");
    expect((await run(["approvals", "show", id], ASKED)).out).toContain("It commits.");
    expect(JSON.parse((await run(["approvals", "show", id, "--json"], ASKED)).out)).toMatchObject({ id });
  });
});

describe("approvals allow", () => {
  it("sends the scope, waits for the turn and shows what came of it", async () => {
    const allowed = approval({ state: "allowed" }, { consequence: "Sets\u001b[2J it." });
    const done = await run(["approvals", "allow", id, "--scope", "task"], {
      ...TURN,
      [`POST ${path}/answer`]: { json: allowed },
    });
    expect(bodyOf(done)).toEqual({ answer: "allow", scope: "task" });
    expect(done.out).toBe("allowed Sets\\u001b[2J it.\ngood day\n");
  });

  it("changes arguments before allowing: a text stays a text, everything else is JSON", async () => {
    const words = ["--set", "text=42", "--set", "minutes=30", "--set", 'tags=["b"]', "--set", "note=new"];
    const done = await run(["approvals", "allow", id, ...words], {
      ...ANSWERED,
      [`POST ${path}/answer`]: { json: approval({ state: "allowed", edited: { text: "42" } }) },
    });
    expect(bodyOf(done)).toEqual({
      answer: "allow",
      scope: "once",
      arguments: { text: "42", minutes: 30, tags: ["b"], note: "new" },
    });
    expect(done.out).toContain("(as you changed it)");
  });

  it("narrows a wider answer by limits, an expiry and a reason", async () => {
    const words = ["--scope", "always", "--limit", "at-most:minutes=60", "--limit", "rate=5/1h"];
    const more = ["--constraint", '{"kind":"count","limit":9}', "--for", "30", "--reason", "tea", "--code", "c0de"];
    expect(bodyOf(await run(["approvals", "allow", id, ...words, ...more], ANSWERED))).toEqual({
      answer: "allow",
      scope: "always",
      constraints: [
        { kind: "at-most", argument: "minutes", limit: 60 },
        { kind: "rate", limit: 5, seconds: 3600 },
        { kind: "count", limit: 9 },
      ],
      expires: 30,
      reason: "tea",
      proof: "c0de",
    });
  });

  it("takes the limits that the card proposes", async () => {
    const done = await run(["approvals", "allow", id, "--scope", "always", "--proposed", "--for", "never"], ANSWERED);
    expect(bodyOf(done)).toEqual({
      answer: "allow",
      scope: "always",
      constraints: [{ kind: "at-most", argument: "minutes", limit: 20 }],
      expires: "never",
    });
  });

  it("takes the scope of the proposal with it, unless a narrower one is written", async () => {
    const bodyAfter = async (asked: Readonly<Record<string, Answer>>, ...words: readonly string[]) =>
      bodyOf(await run(["approvals", "allow", id, "--proposed", ...words], { ...ANSWERED, ...asked }));
    const habit = [{ kind: "at-most", argument: "minutes", limit: 20 }];
    expect(await bodyAfter(ASKED)).toEqual({ answer: "allow", scope: "always", constraints: habit });
    const constraints = [{ kind: "host-in", argument: "network", hosts: [] }] as const;
    const programs = approval({}, { proposal: { seen: 0, scope: "conversation", constraints } });
    const asked = { [`GET ${path}`]: { json: programs } };
    expect(await bodyAfter(asked)).toEqual({ answer: "allow", scope: "conversation", constraints });
    expect(await bodyAfter(asked, "--scope", "conversation")).toMatchObject({ scope: "conversation", constraints });
    expect(await bodyAfter(asked, "--scope", "task")).toEqual({ answer: "allow", scope: "task", constraints });
    for (const [scope, says] of [
      ["always", 'holds for "conversation" at most'],
      ["once", "--scope task"],
    ] as const) {
      const done = await run(["approvals", "allow", id, "--proposed", "--scope", scope], { ...ANSWERED, ...asked });
      expect(done).toMatchObject({ code: "USAGE", problem: expect.stringContaining(says) as unknown });
      expect(bodyOf(done)).toBeUndefined();
    }
  });

  it.each([
    ["limits on one call alone", [id, "--limit", "count=3"], "--scope task"],
    ["an expiry of one call alone", [id, "--for", "3"], "--scope task"],
    ["limits beside the proposal", [id, "--scope", "always", "--proposed", "--limit", "count=3"], "not both"],
    ["one change for several questions", [id, OTHER, "--set", "text=x"], "--set belongs to one question"],
    ["one proof for several questions", [id, OTHER, "--code", "x"], "--code belongs to one question"],
    ["a change without a value", [id, "--set", "text"], "NAME=VALUE"],
  ])("refuses %s", async (_, words, says) => {
    const done = await run(["approvals", "allow", ...words], ANSWERED);
    expect(done).toMatchObject({ code: "USAGE", problem: expect.stringContaining(says) as unknown });
    expect(bodyOf(done)).toBeUndefined();
  });

  it("says when there is no proposal to take", async () => {
    const done = await run(["approvals", "allow", id, "--scope", "always", "--proposed"], {
      ...ANSWERED,
      [`GET ${path}`]: { json: approval() },
    });
    expect(done).toMatchObject({ code: "USAGE" });
  });

  it("says that the turn waits for another answer", async () => {
    const done = await run(["approvals", "allow", id], {
      ...ANSWERED,
      [`GET /v2/turns/${turnId}?wait=true`]: { json: report("waiting", null, [approval()]) },
    });
    expect(done.err).toContain("waits for another answer");
  });
});

describe("several answers at once", () => {
  const counted = { approvalId: id, approval: approval({ state: "allowed" }), code: null, problem: null };
  const late = { approvalId: OTHER, approval: null, code: "APPROVAL_ALREADY_ANSWERED", problem: "Too\u001b[2J late." };
  const results = (json: unknown): Readonly<Record<string, Answer>> => ({
    ...TURN,
    "POST /v2/approval-answers": { json },
  });

  it("go in one request, and each turn is shown once", async () => {
    const done = await run(["approvals", "allow", id, OTHER], results([counted, { ...counted, approvalId: OTHER }]));
    expect(bodyOf(done)).toEqual({
      answers: [
        { approvalId: id, answer: "allow", scope: "once" },
        { approvalId: OTHER, answer: "allow", scope: "once" },
      ],
    });
    expect(done).toMatchObject({ exit: 0, out: "allowed Sets a reminder.\nallowed Sets a reminder.\ngood day\n" });
  });

  it("end with 1 when one of them did not count, and say which and why", async () => {
    const done = await run(["approvals", "deny", id, OTHER, "--reason", "no"], results([counted, late]));
    expect(bodyOf(done)).toMatchObject({
      answers: [
        { answer: "deny", reason: "no" },
        { answer: "deny", reason: "no" },
      ],
    });
    expect(done.exit).toBe(1);
    expect(done.out).toContain(`not counted ${OTHER}: Too\\u001b[2J late. [APPROVAL_ALREADY_ANSWERED]`);
    const json = await run(["approvals", "deny", id, OTHER, "--json"], results([counted, late]));
    expect(JSON.parse(json.out)).toMatchObject({ answers: [{ approvalId: id }, { code: late.code }], turns: [{}] });
  });
});

describe("approvals deny", () => {
  it("sends the reason, and stops the turn when told", async () => {
    const answers = { ...TURN, [`POST ${path}/answer`]: { json: approval({ state: "denied" }) } };
    const done = await run(["approvals", "deny", id, "--reason", "not today"], answers);
    expect(bodyOf(done)).toEqual({ answer: "deny", reason: "not today" });
    expect(done.out).toContain("denied Sets a reminder.");
    expect(bodyOf(await run(["approvals", "deny", id, "--stop"], answers))).toEqual({ answer: "deny", stop: true });
  });
});

describe("approvals preview", () => {
  const preview = {
    fits: true,
    problem: null,
    considered: 12,
    allowed: 7,
    examples: [{ callId: id, at: "2026-11-22T12:00:00.000Z", arguments: { text: "x\u001b[2J" }, was: "ask" }],
  };

  it("asks with the limits written, else with those of the card, or those proposed", async () => {
    const answers = { ...ASKED, [`POST ${path}/preview`]: { json: preview } };
    const written = await run(["approvals", "preview", id, "--limit", "count=3"], answers);
    expect(bodyOf(written)).toEqual({ constraints: [{ kind: "count", limit: 3 }] });
    expect(written.out).toContain("✓ these limits fit the call on the card");
    expect(written.out).toContain("7 of 12 recorded ones");
    expect(written.out).toContain('{"text":"x\\u001b[2J"}');
    expect(bodyOf(await run(["approvals", "preview", id], answers))).toEqual({ constraints: question.question.grant });
    const proposed = await run(["approvals", "preview", id, "--proposed"], answers);
    expect(bodyOf(proposed)).toEqual({ constraints: question.question.proposal?.constraints });
  });

  it("says why limits do not fit", async () => {
    const json = { ...preview, fits: false, problem: "text is “stretch”", allowed: 0, examples: [] };
    const done = await run(["approvals", "preview", id, "--limit", "equals:text=x"], {
      [`POST ${path}/preview`]: { json },
    });
    expect(done.out).toContain("✗ these limits do not fit the call on the card: text is “stretch”");
  });
});

describe("approvals measures", () => {
  const measures = {
    days: 7,
    calls: 40,
    questions: 3,
    questionsPer100Calls: 7.5,
    answered: 3,
    secondsToAnswer: 12,
    allowRate: 0.667,
    byTool: [{ tool: "web.fetch", questions: 3, allowed: 2 }],
  };

  it("show how often, how long and how often allowed", async () => {
    const done = await run(["approvals", "measures", "--days", "7"], {
      "GET /v2/approval-measures?days=7": { json: measures },
    });
    expect(done.out).toMatch(/per 100 calls\s+7\.5/);
    expect(done.out).toMatch(/time to answer\s+12 s \(median\)/);
    expect(done.out).toMatch(/allowed\s+67 %/);
    expect(done.out).toMatch(/web\.fetch\s+3\s+2/);
  });

  it("say so when there is nothing to measure, and long times in minutes", async () => {
    const empty = {
      ...measures,
      calls: 0,
      questionsPer100Calls: null,
      secondsToAnswer: null,
      allowRate: null,
      byTool: [],
    };
    const none = await run(["approvals", "measures"], { "GET /v2/approval-measures?days=30": { json: empty } });
    expect(none.out).toContain("no calls yet");
    expect(none.out).toContain("No tool asked.");
    const slow = await run(["approvals", "measures"], {
      "GET /v2/approval-measures?days=30": { json: { ...measures, secondsToAnswer: 300 } },
    });
    expect(slow.out).toContain("5.0 min");
  });
});
