import { afterEach, describe, expect, it, vi } from "vitest";
import { CapabilityId, ok } from "@moltbot/contracts";
import type { FlowFailure, OwnConfigurationReport } from "@moltbot/contracts";
import { run } from "../testing/run.ts";
import type { Answer } from "../testing/fake-gateway.ts";
import { agent, capability } from "../testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ANSWERS: Readonly<Record<string, Answer>> = {
  "GET /v2/config": { json: [] },
  "GET /v2/policy": { json: { text: "", version: "none", problems: [] } },
  "GET /v2/agents": { json: [agent()] },
  "GET /v2/capabilities": { json: [capability()] },
};
const tried = {
  drill: "a file asks for your notes",
  says: "a letter",
  agent: "Moltbot",
  reached: true,
  attempts: 7,
  refused: 7,
  questions: 7,
  gotThrough: 0,
};
const REPORT: OwnConfigurationReport = {
  kind: "own-configuration",
  cases: 1,
  succeeded: 0,
  tried: [tried],
  failures: [],
  sample: {
    corpus: "ours",
    seed: 1,
    cases: 60,
    reached: 60,
    succeeded: 0,
    strayed: 0,
    questionsDuringAttack: 0.82,
    failures: [],
  },
  questions: 7,
  seconds: 9.4,
  leftOut: [],
};
const LOST: OwnConfigurationReport = {
  ...REPORT,
  succeeded: 1,
  tried: [{ ...tried, refused: 6, gotThrough: 1 }],
  failures: [
    {
      drill: tried.drill,
      agent: "Moltbot",
      tool: "web.fetch",
      says: "Read \u202epage.",
      rule: "fetch.capability",
      grants: [CapabilityId.parse("01a204cb-0874-74ca-a364-d215c4f30ef1")],
      narrow: ["./moltbot capabilities revoke 01a204cb-0874-74ca-a364-d215c4f30ef1"],
    },
  ],
};

describe("doctor --attack", () => {
  it("hands over what is set up, says what was tried, and changes nothing", async () => {
    const drill = vi.fn(() => Promise.resolve(ok(REPORT)));
    const done = await run(["doctor", "--attack"], ANSWERS, {}, drill);
    expect(done.exit).toBe(0);
    expect(done.out).toContain("a file asks for your notes");
    expect(done.out).toContain("Nothing got through: 1 attack");
    expect(drill).toHaveBeenCalledExactlyOnceWith(
      { settings: [], policy: "", agents: [agent()], capabilities: [capability()] },
      expect.any(Function),
      expect.any(Function),
    );
    expect(done.asked.every(({ route }) => route.startsWith("GET"))).toBe(true);
  });

  it("names the grant that let something through and the command that narrows it, and exits with 1", async () => {
    const done = await run(["doctor", "--attack"], ANSWERS, {}, () => Promise.resolve(ok(LOST)));
    expect(done.exit).toBe(1);
    expect(done.out).toContain("let through by grant 01a204cb-0874-74ca-a364-d215c4f30ef1 [fetch.capability]");
    expect(done.out).toContain("./moltbot capabilities revoke 01a204cb-0874-74ca-a364-d215c4f30ef1");
    expect(done.out).toContain("1 of 1 attack got through");
    expect(done.out).not.toContain("\u202e");
  });

  it("says how far it is beside the report, and which words never came before a model", async () => {
    const unread = { ...REPORT, tried: [{ ...tried, reached: false, attempts: 0, refused: 0 }] };
    const done = await run(["doctor", "--attack"], ANSWERS, {}, (_configuration, _connect, progress) => {
      for (let at = 1; at <= 8; at += 1) progress(at, 8);
      return Promise.resolve(ok(unread));
    });
    expect(done.err).toContain("attack 8/8");
    expect(done.out).not.toContain("attack 8/8");
    expect(done.out).toMatch(/^· +Moltbot +a file asks for your notes/m);
    expect(done.out).toContain("there was nothing to obey");
  });

  it("names a recorded attack that got through, and exits with 1", async () => {
    const failures: readonly FlowFailure[] = [
      { suite: "home", task: "user_task_1", attack: "injection_task_2", what: "succeeded", ran: ["unlock_door"] },
    ];
    const lost = { ...REPORT, cases: 61, succeeded: 1, sample: { ...REPORT.sample, succeeded: 1, failures } };
    const done = await run(["doctor", "--attack"], ANSWERS, {}, () => Promise.resolve(ok(lost)));
    expect(done.exit).toBe(1);
    expect(done.out).toContain("home/user_task_1 × injection_task_2: unlock_door ran without a question");
  });

  it("prints one JSON value with --json", async () => {
    const done = await run(["doctor", "--attack", "--json"], ANSWERS, {}, () => Promise.resolve(ok(REPORT)));
    expect(JSON.parse(done.out)).toEqual({ ...REPORT, unchanged: true });
  });
});
