import { stripVTControlCharacters } from "node:util";
import { createClient, createVaultDoor } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { ApprovalId } from "@moltbot/contracts";
import type { Approval, DomainEvent } from "@moltbot/contracts";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { createOutput } from "../output.ts";
import { startFakeGateway } from "../testing/fake-gateway.ts";
import type { Answer } from "../testing/fake-gateway.ts";
import { approval, report, stop } from "../testing/samples.ts";
import type { Asker, Choice } from "./ask-person.ts";
import { newsOf } from "./chat.ts";
import { settleQuestions, showOpen } from "./questions.ts";

afterEach(() => vi.restoreAllMocks());

const one = approval();
const two = approval(
  { id: ApprovalId.parse("01930000-0000-7000-8000-0000000000aa") },
  { consequence: "Sends\u001b[2J a mail." },
);
const turnRoute = `GET /v2/turns/${one.turnId}?wait=true`;
const answerRoute = ({ id }: Approval): string => `POST /v2/approvals/${id}/answer`;
const DONE: Readonly<Record<string, Answer>> = { [turnRoute]: { json: report("done", { model: null }) } };
const ALLOWED: Readonly<Record<string, Answer>> = {
  ...DONE,
  [answerRoute(one)]: { json: approval({ state: "allowed" }) },
  [answerRoute(two)]: { json: { ...two, state: "denied" } },
};

const asker = (wish: Partial<Asker>): Asker => ({
  one: async () => ({ answer: "allow", scope: "once" }),
  several: async () => "each",
  code: async () => null,
  ...wish,
});
const choices = (...given: readonly (Choice | null)[]): Asker["one"] => {
  const left = [...given];
  return async () => left.shift() ?? null;
};

const settle = async (approvals: readonly Approval[], ask: Asker, answers: Readonly<Record<string, Answer>>) => {
  const gateway = await startFakeGateway(answers);
  const said = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((said.out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((said.err += String(text)), true));
  const transport = nodeTransport({ socketPath: join(gateway.home, "run", "gateway.sock") });
  const client = createClient({ transport });
  const context: CommandContext = {
    client,
    door: createVaultDoor(transport),
    output: createOutput(false),
    call: async (name, input) => {
      const result = await client.call(name, input);
      if (!result.ok) throw new CommandFailure(result.error);
      return result.value;
    },
  };
  try {
    const ended = await settleQuestions(context, report("waiting", null, approvals), ask);
    return {
      state: ended.state,
      out: stripVTControlCharacters(said.out),
      err: stripVTControlCharacters(said.err),
      sent: gateway.asked.filter(({ route }) => route.startsWith("POST")),
    };
  } finally {
    await gateway.close();
    vi.restoreAllMocks();
  }
};
const problem = (code: string, status: number): Answer => ({
  status,
  json: {
    type: "x",
    title: "x",
    status,
    detail: "d",
    code,
    family: "GuardError",
    next: "n",
    recoverable: true,
    context: {},
  },
});

describe("one question", () => {
  it("is answered, and the turn goes on to its reply", async () => {
    const done = await settle([one], asker({ one: choices({ answer: "allow", scope: "task" }) }), ALLOWED);
    expect(done.sent).toMatchObject([{ body: { answer: "allow", scope: "task" } }]);
    expect(done.state).toBe("done");
    expect(done.out).toContain("good day");
  });

  it("stays open when the person turns away", async () => {
    const done = await settle([one], asker({ one: async () => null }), ALLOWED);
    expect(done).toMatchObject({ state: "waiting", sent: [] });
    expect(done.err).toContain("stays open");
  });

  it("that somebody else has answered meanwhile is no failure", async () => {
    const done = await settle([one], asker({}), {
      ...DONE,
      [answerRoute(one)]: problem("APPROVAL_ALREADY_ANSWERED", 409),
    });
    expect(done.state).toBe("done");
  });

  it("that needs a proof asks for one, once", async () => {
    const STEP_UP = { ...DONE, [answerRoute(one)]: problem("STEP_UP_REQUIRED", 401) };
    expect(await settle([one], asker({}), STEP_UP)).toMatchObject({ state: "waiting", sent: [{}] });
    let asked = 0;
    const given = asker({ code: async () => ((asked += 1), "c0de") });
    await expect(settle([one], given, STEP_UP)).rejects.toMatchObject({ failure: { code: "STEP_UP_REQUIRED" } });
    expect(asked).toBe(1);
  });

  it("that cannot be answered ends with the error", async () => {
    const denied = { ...DONE, [answerRoute(one)]: problem("ROLE_INSUFFICIENT", 403) };
    await expect(settle([one], asker({}), denied)).rejects.toMatchObject({ failure: { code: "ROLE_INSUFFICIENT" } });
  });
});

describe("several questions", () => {
  it("are shown as one group before any is asked, and answered one by one", async () => {
    let shown = "";
    const ask = asker({
      several: async () => {
        shown = "asked";
        return "each";
      },
      one: choices({ answer: "allow", scope: "once" }, { answer: "deny" }),
    });
    const done = await settle([one, two], ask, ALLOWED);
    expect(shown).toBe("asked");
    expect(done.out).toContain("2 questions wait together:");
    expect(done.out).toContain("1 of 2 ? Sets a reminder.");
    expect(done.out).toContain("2 of 2 ? Sends\\u001b[2J a mail.");
    expect(done.sent.map(({ route }) => route)).toEqual([answerRoute(one), answerRoute(two)]);
    expect(done.sent[1]).toMatchObject({ body: { answer: "deny" } });
  });

  it.each(["allow", "deny"] as const)("can all be answered with %s at once", async (word) => {
    const results = [one, two].map(({ id }) => ({
      approvalId: id,
      approval: approval({ state: "allowed" }),
      code: null,
      problem: null,
    }));
    const answers = { ...DONE, "POST /v2/approval-answers": { json: results } };
    const done = await settle([one, two], asker({ several: async () => word }), answers);
    expect(done.sent).toMatchObject([
      {
        body: {
          answers: [
            { approvalId: one.id, answer: word },
            { approvalId: two.id, answer: word },
          ],
        },
      },
    ]);
    expect(done.state).toBe("done");
  });

  it("stay open together when one of them did not count, and say why", async () => {
    const results = [
      { approvalId: one.id, approval: approval({ state: "allowed" }), code: null, problem: null },
      { approvalId: two.id, approval: null, code: "STEP_UP_REQUIRED", problem: "It needs a proof." },
    ];
    const answers = { ...DONE, "POST /v2/approval-answers": { json: results } };
    const done = await settle([one, two], asker({ several: async () => "allow" }), answers);
    expect(done.state).toBe("waiting");
    expect(done.out).toContain("It needs a proof. [STEP_UP_REQUIRED]");
  });

  it("end with the first that also stops the turn, and stay open when the person turns away", async () => {
    const stopping = await settle([one, two], asker({ one: choices({ answer: "deny", stop: true }) }), ALLOWED);
    expect(stopping.sent).toMatchObject([{ body: { answer: "deny", stop: true } }]);
    const away = await settle([one, two], asker({ several: async () => null }), ALLOWED);
    expect(away).toMatchObject({ state: "waiting", sent: [] });
  });

  it("are all shown where nobody can be asked", () => {
    let said = "";
    const output = { ...createOutput(false), say: (line: string) => void (said += `${line}\n`) };
    const context = { output } as unknown as CommandContext; // only the output is used
    showOpen(context, report("waiting", null, [one, two]));
    expect(said).toContain(one.id);
    expect(said).toContain(two.id);
    expect(said).toContain("2 questions wait together:");
    expect(said).toContain(`./moltbot approvals allow ${one.id} ${two.id}`);
  });
});

describe("what happens beside the talk", () => {
  const event = (name: string, payload: object): DomainEvent => ({ name, payload }) as unknown as DomainEvent; // only these are read
  const fired = (part: object) => event("reminder:fired", { message: { parts: [part] } });

  it("is said in a line: a stop, its end, a reminder", () => {
    const lines = [
      event("system:stopped", { stop: stop("fire") }),
      event("system:resumed", { stop: stop() }),
      fired({ type: "reminder", text: "stretch\u001b[2J", late: true }),
      fired({ type: "text", text: "x" }),
      event("message:delta", {}),
      event("signal:raised", {
        where: "result of web.fetch",
        signals: [
          { kind: "hidden-text", says: "3 characters\u200b that cannot be seen", count: 3 },
          { kind: "canary", says: "a canary", count: 1 },
        ],
      }),
    ].map(newsOf);
    const said = lines.map((line) => (line === null ? null : stripVTControlCharacters(line)));
    expect(said[0]).toMatch(/^Everything is stopped since .*\n“fire”/);
    expect(said.slice(1)).toEqual([
      "✓ It goes on.",
      "⏰ stretch\\u001b[2J (late)",
      null,
      null,
      "! Noticed in result of web.fetch: 3 characters\\u200b that cannot be seen; a canary",
    ]);
  });
});
