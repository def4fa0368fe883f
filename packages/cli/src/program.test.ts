import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { moltbotError } from "@moltbot/contracts/errors";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Answer } from "./testing/fake-gateway.ts";
import { createProgram } from "./program.ts";
import { run } from "./testing/run.ts";
import { agent, approval, capability, delta, report, secretInfo, stop } from "./testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const AGENTS: Readonly<Record<string, Answer>> = { "GET /v2/agents": { json: [agent(), agent(2, "Ada")] } };
const SEND = `POST /v2/agents/${agent().id}/messages`;

describe("chat --message", () => {
  it("streams the reply and marks the demonstration model", async () => {
    const done = await run(["chat", "-m", "hello"], {
      ...AGENTS,
      [SEND]: {
        events: [
          ["message:delta", delta("good ")],
          ["message:delta", delta("day\u001b[2J")],
          ["turn:report", report("done", {})],
        ],
      },
    });
    expect(done).toMatchObject({ exit: 0, out: "good day\\u001b[2J\n(demonstration model)\n" });
    expect(done.asked[1]).toEqual({ route: SEND, body: { content: "hello" }, accept: "text/event-stream" });
  });

  it("prints the whole reply when nothing was streamed, and a notice in any case", async () => {
    expect(
      await run(["chat", "-m", "hello"], {
        ...AGENTS,
        [SEND]: { events: [["turn:report", report("done", { model: null })]] },
      }),
    ).toMatchObject({ out: "good day\n" });
    const failed = report("failed", {
      role: "notice",
      model: null,
      parts: [{ type: "text", text: "The model does not answer." }],
    });
    expect(
      await run(["chat", "-m", "hello"], {
        ...AGENTS,
        [SEND]: {
          events: [
            ["message:delta", delta("goo")],
            ["turn:report", failed],
          ],
        },
      }),
    ).toMatchObject({ out: "goo\nThe model does not answer.\n" });
  });

  it("that waits for an approval shows the card and ends with 6", async () => {
    const done = await run(["chat", "-m", "remind me"], {
      ...AGENTS,
      [SEND]: { events: [["turn:report", report("waiting", null, [approval()])]] },
    });
    expect(done.exit).toBe(6);
    expect(done.err).toContain("Sets a reminder.");
    expect(done.err).toContain(`id       ${approval().id}`);
    expect(done.err).toContain("./moltbot approvals allow ID");
  });

  it("with --json prints the report alone, wherever the flag stands, and still ends with 6", async () => {
    const waiting = report("waiting", null, [approval()]);
    for (const argv of [
      ["--json", "chat", "-m", "x"],
      ["chat", "--json", "-m", "x"],
      ["chat", "-m", "x", "--json"],
    ]) {
      const done = await run(argv, { ...AGENTS, [SEND]: { json: waiting } });
      expect(done).toMatchObject({ exit: 6, err: "" });
      expect(JSON.parse(done.out)).toEqual(JSON.parse(JSON.stringify(waiting)));
    }
  });

  it("finds an agent by its name or id, and says when there is none", async () => {
    const ada = `POST /v2/agents/${agent(2).id}/messages`;
    for (const name of ["Ada", agent(2).id])
      expect(
        await run(["chat", "-a", name, "-c", "new", "-m", "x"], {
          ...AGENTS,
          [ada]: { events: [["turn:report", report("done", {})]] },
        }),
      ).toMatchObject({ exit: 0 });
    expect(await run(["chat", "-a", "Bob", "-m", "x"], AGENTS)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("passes a gateway's refusal on", async () => {
    const problem = {
      type: "about:blank",
      title: "t",
      status: 413,
      detail: "The message has 9 characters; at most 8 fit.",
      code: "MESSAGE_TOO_LONG",
      family: "ChannelError",
      next: "n",
      recoverable: true,
      context: {},
      instance: "",
      traceId: "",
    };
    expect(await run(["chat", "-m", "x"], { ...AGENTS, [SEND]: { status: 413, json: problem } })).toMatchObject({
      code: "MESSAGE_TOO_LONG",
    });
  });
});

describe("a word that is none", () => {
  it.each([
    [["exec"], "unknown command 'exec'"],
    [["capabilities", "grant", "Helper", "http.get"], "'--for <days>' not specified"],
    [["undo", "--al"], "unknown option '--al'"],
  ])("is answered with what is wrong and what to add: %j", async (argv, problem) => {
    const said: string[] = [];
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    const never = () => Promise.reject(new Error("nothing is done"));
    await expect(createProgram(never, never).parseAsync(argv, { from: "user" })).rejects.toThrow(problem);
    write.mockRestore();
    expect(said.join("")).toContain(problem);
    expect(said.join("")).toContain("Add --help to see what there is.");
  });
});

describe("the other commands", () => {
  it("agents list, show and create", async () => {
    expect((await run(["agents"], AGENTS)).out).toContain("Ada");
    expect((await run(["agents", "show"], AGENTS)).out).toContain("Moltbot");
    expect((await run(["agents", "show", "Ada"], AGENTS)).out).toContain(agent(2).id);
    const made = await run(["agents", "create", "Eve", "--tools", "clock.now, calc"], {
      "POST /v2/agents": { json: agent(3, "Eve"), status: 201 },
    });
    expect(made.asked[0]).toMatchObject({
      body: { name: "Eve", model: "default", capabilities: ["clock.now", "calc"] },
    });
  });

  it("config list, get, describe and set, with the nearest name of a key that does not exist", async () => {
    const setting = {
      key: "gateway.port",
      value: 18790,
      default: 18790,
      level: "basic",
      says: "The port.",
      from: "default",
      restart: true,
    };
    const CONFIG = { "GET /v2/config": { json: [setting] }, "PATCH /v2/config": { json: setting } };
    expect((await run(["config", "list", "--level", "basic"], CONFIG)).out).toContain("The port.");
    expect((await run(["config", "get", "gateway.port"], CONFIG)).out).toBe("18790\n");
    expect((await run(["config", "describe", "gateway.port"], CONFIG)).out).toContain("at the next start");
    expect(await run(["config", "get", "gateway.prot"], CONFIG)).toMatchObject({ code: "CONFIG_UNKNOWN_KEY" });
    const values = [
      ["8080", 8080],
      ["null", null],
      ['{"a":[1]}', { a: [1] }],
      ["{ a: 1 }", "{ a: 1 }"],
      ["warn", "warn"],
    ] as const;
    for (const [text, value] of values)
      expect((await run(["config", "set", "gateway.port", text], CONFIG)).asked[0]).toMatchObject({
        body: { key: "gateway.port", value },
      });
  });

  it("doctor ends with 1 when something is at fault", async () => {
    const checks = (state: string) => ({
      "POST /v2/doctor": { json: [{ name: "audit", state, says: "It\u001b[2J.", next: "Look." }] },
    });
    expect(await run(["doctor"], checks("ok"))).toMatchObject({
      exit: 0,
      out: expect.stringContaining("audit     It\\u001b[2J.") as unknown,
    });
    expect(await run(["doctor"], checks("fault"))).toMatchObject({ exit: 1 });
  });

  it("status, reminders, conversations and stop", async () => {
    const status = {
      version: "0.1.0",
      address: "http://a",
      home: "/h",
      startedAt: "2026-11-22T12:00:00.000Z",
      sealedBy: "passphrase",
      model: { name: "demo", says: "demo", demonstration: true, local: true },
      agents: 1,
      turns: { done: 2, failed: 0 },
      pendingApprovals: 0,
      scheduledReminders: 0,
      deadJobs: 0,
      unknownEffects: 0,
      auditRecords: 5,
      residentBytes: 1048576,
      sandbox: { ready: true, problem: null },
      stopped: null,
    };
    expect((await run(["status"], { "GET /v2/status": { json: status } })).out).toMatch(/turns\s+2 done\n/);
    const plain = { ...status, home: null, auditRecords: null };
    const member = await run(["status"], { "GET /v2/status": { json: plain } });
    expect(member.out).not.toMatch(/data|audit|null/);
    expect(member.out).not.toMatch(/gave up|unknown/);
    expect(member.out).toMatch(/programs\s+behind the wall\n/);
    const bare = { ...status, sandbox: { ready: false, problem: "bubblewrap is not installed" } };
    expect((await run(["status"], { "GET /v2/status": { json: bare } })).out).toMatch(
      /programs\s+refused: bubblewrap is not installed; \.\/moltbot doctor says/,
    );
    const left = await run(["status"], { "GET /v2/status": { json: { ...status, deadJobs: 2, unknownEffects: 1 } } });
    expect(left.out).toMatch(/gave up\s+2 .*\n.*unknown\s+1 outcomes/);
    const halted = await run(["status"], { "GET /v2/status": { json: { ...status, stopped: stop("fire\u001b[2J") } } });
    expect(halted.out).toMatch(/^Everything is stopped since .*\n“fire\\u001b\[2J”\n\.\/moltbot resume/);
    expect(
      (
        await run(["reminders"], {
          "GET /v2/reminders": {
            json: [{ id: "r", dueAt: "2026-11-22T12:00:00.000Z", state: "fired", text: "stretch" }],
          },
        })
      ).out,
    ).toContain("stretch");
    expect((await run(["conversations"], { "GET /v2/conversations": { json: [] } })).out).toBe(
      "There are no conversations.\n",
    );
    expect(
      (
        await run(["stop", approval().turnId], {
          [`POST /v2/turns/${approval().turnId}/stop`]: { json: report("stopped", {}) },
        })
      ).out,
    ).toContain("stopped");
  });

  it("reminders cancel, memory list and memory remove", async () => {
    const at = "2026-11-22T12:00:00.000Z";
    const answers: Record<string, Answer> = {
      "GET /v2/reminders": { json: [{ id: "r", dueAt: at, state: "scheduled", text: "stretch" }] },
      "DELETE /v2/reminders/r": { json: { id: "r", state: "cancelled", text: "stretch\u001b[2J" } },
      "GET /v2/memories": { json: [{ id: "m", createdAt: at, text: "the cat\nis called Tom" }] },
      "DELETE /v2/memories/m": { json: {} },
    };
    expect((await run(["reminders"], answers)).out).toMatch(/r +.*scheduled +stretch/);
    expect((await run(["reminders", "list", "--json"], answers)).out).toContain('"id":"r"');
    expect((await run(["reminders", "cancel", "r"], answers)).out).toBe("✓ cancelled “stretch\\u001b[2J”\n");
    expect((await run(["memory"], answers)).out).toContain("the cat\\nis called Tom");
    expect((await run(["memory", "list"], { "GET /v2/memories": { json: [] } })).out).toBe("Nothing is remembered.\n");
    expect((await run(["memory", "remove", "m", "--json"], answers)).out).toBe('{"id":"m","removed":true}\n');
  });

  it("token, secret, capabilities and open", async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltbot-secret-"));
    writeFileSync(join(folder, "key"), "s3cret\n");
    const at = "2026-11-22T12:00:00.000Z";
    const secret = secretInfo("weather", { hosts: ["a.example", "b.example"] });
    const answers: Record<string, Answer> = {
      "POST /v2/tokens": { json: { id: "t", token: "mb_1", role: "viewer", expiresAt: at } },
      "GET /v2/tokens": {
        json: [
          {
            id: "t",
            name: "n",
            role: "viewer",
            scopes: null,
            thumbprint: null,
            createdAt: at,
            expiresAt: at,
            revokedAt: at,
            lastUsedAt: null,
          },
        ],
      },
      "DELETE /v2/tokens/t": { json: {} },
      "PUT /v2/secrets/weather": { json: secret },
      "GET /v2/secrets": { json: [secret] },
      "DELETE /v2/secrets/weather": { json: {} },
      "GET /v2/capabilities": {
        json: [capability({ constraints: [{ kind: "path-within", argument: "path", root: "" }] })],
      },
      "DELETE /v2/capabilities/c": { json: { tool: "file.read" } },
      "POST /v2/sign-in-links": { json: { url: "http://a/signin#code=x", expiresAt: at } },
    };
    expect((await run(["token", "create", "--role", "viewer", "--days", "3"], answers)).asked[0]).toMatchObject({
      body: { role: "viewer", name: "token", days: 3 },
    });
    expect((await run(["token"], answers)).out).toContain("revoked");
    expect((await run(["token", "revoke", "t"], answers)).out).toContain("revoked");
    const stored = await run(
      ["secret", "set", "weather", "--host", "a.example", "--host", "b.example", "--file", join(folder, "key")],
      answers,
    );
    expect(stored.asked[0]).toMatchObject({ body: { value: "s3cret", hosts: ["a.example", "b.example"] } });
    expect(stored.out).not.toContain("s3cret");
    expect(
      await run(["secret", "set", "weather", "--host", "a", "--file", join(folder, "missing")], answers),
    ).toMatchObject({ code: "USAGE", asked: [] });
    expect((await run(["secret"], answers)).out).toContain("a.example");
    expect((await run(["secret", "remove", "weather", "--json"], answers)).out).toBe(
      '{"name":"weather","removed":true}\n',
    );
    expect((await run(["capabilities"], answers)).out).toContain("path lies in the workspace");
    expect((await run(["capabilities", "revoke", "c"], answers)).out).toContain("file.read asks again");
    expect((await run(["open"], answers)).out).toContain("#code=x");
    expect(await run(["open", "--code"], answers)).toMatchObject({ out: "x\n", err: expect.any(String) as unknown });
    expect((await run(["open", "--code", "--json"], answers)).out).toBe(`{"code":"x","expiresAt":"${at}"}\n`);
    const bare = { "POST /v2/sign-in-links": { json: { url: "http://a/signin", expiresAt: at } } };
    expect(await run(["open", "--code"], bare)).toMatchObject({ code: "USAGE" });
    rmSync(folder, { recursive: true });
  });

  it("audit list, head, export and verify", async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltbot-audit-"));
    const head = { size: 1, root: "0".repeat(64), at: "2026-11-22T12:00:00.000Z", publicKey: "k", signature: "s" };
    const bad = {
      ok: false,
      records: 1,
      root: "",
      head: null,
      faults: [
        { record: 3, code: "AUDIT_DAMAGED", problem: "a byte\u001b[2J differs" },
        { record: null, code: "X", problem: "y" },
      ],
    };
    const answers: Record<string, Answer> = {
      "GET /v2/audit/records?limit=20": {
        json: [
          { sequence: 0, at: head.at, event: "tool:intended", actor: "a", fields: { tool: "calc" }, commitments: {} },
        ],
      },
      "GET /v2/audit/head": { json: head },
      "GET /v2/audit/export": { json: { jsonl: "{}\n", head } },
      "POST /v2/audit/verify": { json: bad },
    };
    expect((await run(["audit"], answers)).out).toContain("tool=calc");
    expect((await run(["audit", "head", "--out", join(folder, "head")], answers)).out).toContain("1 records");
    expect(JSON.parse(readFileSync(join(folder, "head"), "utf8"))).toEqual(head);
    expect((await run(["audit", "export", "--out", join(folder, "log")], answers)).out).toContain("1 records in");
    expect(await run(["audit", "verify"], answers)).toMatchObject({
      exit: 1,
      out: expect.stringContaining("record 3: a byte\\u001b[2J differs") as unknown,
    });
    expect(await run(["audit", "verify", "--head", "{}"], answers)).toMatchObject({ code: "USAGE" });
    expect(await run(["audit", "verify", "--export", join(folder, "missing")], answers)).toMatchObject({
      code: "USAGE",
    });
    expect(await run(["audit", "verify", "--export", join(folder, "log"), "--head", "{}"], answers)).toMatchObject({
      code: "USAGE",
    });
    expect(await run(["audit", "verify", "--export", join(folder, "log")], answers)).toMatchObject({
      exit: 1,
      asked: [],
    });
    rmSync(folder, { recursive: true });
  });
});

describe("the connection", () => {
  it("says that no gateway answers", async () => {
    expect(await run(["status"], {}, { MOLTBOT_HOME: join(tmpdir(), "no-such-home") })).toMatchObject({
      code: "GATEWAY_UNREACHABLE",
      asked: [],
    });
  });

  it("refuses a token file that cannot be read, instead of calling without it", async () => {
    expect(
      await run(
        ["status"],
        {},
        { MOLTBOT_URL: "http://127.0.0.1:1", MOLTBOT_TOKEN_FILE: join(tmpdir(), "no-such-token") },
      ),
    ).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("is what the errors' table says it is", () => {
    expect(moltbotError("GATEWAY_UNREACHABLE", { address: "x" }).message).toBe("No gateway answers at x.");
  });
});
