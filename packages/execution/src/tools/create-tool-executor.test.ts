import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { err, label, moltbotError, ok, PrincipalId, ToolName } from "@moltbot/contracts";
import type { Permit, ToolCall } from "@moltbot/contracts";
import { z } from "zod";
import { clockNow } from "./clock-now/run.ts";
import { createToolExecutor } from "./create-tool-executor.ts";
import { reminderCreate } from "./reminder-create/run.ts";
import { alwaysOk, buildHouse, callOf, outsideOf, scope, CANARY } from "./test-support/world.ts";
import type { House } from "./test-support/world.ts";

let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(() => house.close());
const signal = new AbortController().signal;

describe("the catalogue", () => {
  it("holds the built-in tools under the names and arguments that models write", () => {
    const shape = Object.fromEntries(
      house.tools.catalog().map(({ name, input }) => {
        const schema = z.toJSONSchema(input);
        return [name, Object.keys(schema.properties ?? {})];
      }),
    );
    expect(shape).toEqual({
      "clock.now": [],
      calc: ["expr"],
      "reminder.create": ["minutes", "text"],
      "reminder.list": [],
      "memory.save": ["text"],
      "memory.search": ["query"],
      "web.fetch": ["url"],
      "web.search": ["query", "count"],
      "http.get": ["method", "url", "headers", "secret"],
      "http.request": ["method", "url", "headers", "secret", "body"],
      "file.read": ["path"],
      "file.append": ["path", "text"],
      "file.write": ["path", "text"],
      "file.edit": ["path", "old", "new"],
      "file.patch": ["path", "patch"],
      "file.list": ["folder", "after"],
      "file.search": ["text", "folder"],
      "file.move": ["from", "to"],
      "file.delete": ["path"],
      "exec.run": ["argv", "cwd", "network", "seconds", "input"],
      "exec.shell": ["command", "cwd", "network", "seconds", "input"],
      "exec.keep": ["paths"],
      "exec.start": ["argv", "cwd", "network", "seconds"],
      "exec.input": ["program", "text", "end"],
      "exec.output": ["program", "seconds"],
      "exec.end": ["program"],
      "contact.find": ["query"],
      "contact.add": ["name", "address"],
      "skill.list": [],
      "skill.read": ["skill", "file"],
      "skill.unpack": ["skill", "folder", "replace"],
    });
  });

  it("declares what each does to the world", () => {
    const effects = Object.fromEntries(
      house.tools
        .catalog()
        .map(({ name, effect, critical, result, undo, repeatable }) => [
          name,
          [effect, critical.join(), result, undo, repeatable],
        ]),
    );
    expect(effects).toEqual({
      "clock.now": ["read", "", "context", "none", true],
      calc: ["read", "", "context", "none", true],
      "reminder.create": ["commit", "minutes,text", "context", "undoable", true],
      "reminder.list": ["read", "", "context", "none", true],
      "memory.save": ["write", "", "context", "undoable", true],
      "memory.search": ["read", "", "context", "none", true],
      "web.fetch": ["fetch", "url", "untrusted", "none", true],
      "web.search": ["fetch", "query", "untrusted", "none", true],
      "http.get": ["fetch", "method,url,headers,secret", "untrusted", "none", true],
      "http.request": ["send", "method,url,headers,secret", "untrusted", "irreversible", false],
      "file.read": ["read", "", "stored", "none", true],
      "file.append": ["write", "path", "context", "undoable", false],
      "file.write": ["write", "path", "context", "undoable", false],
      "file.edit": ["write", "path", "context", "undoable", false],
      "file.patch": ["write", "path", "context", "undoable", false],
      "file.list": ["read", "", "untrusted", "none", true],
      "file.search": ["read", "", "untrusted", "none", true],
      "file.move": ["write", "from,to", "context", "undoable", false],
      "file.delete": ["write", "path", "context", "undoable", false],
      "exec.run": ["execute", "argv,cwd,network", "untrusted", "none", false],
      "exec.shell": ["execute", "command,cwd,network", "untrusted", "none", false],
      "exec.keep": ["write", "paths", "context", "undoable", false],
      "exec.start": ["execute", "argv,cwd,network", "context", "none", false],
      "exec.input": ["execute", "program,text", "context", "none", false],
      "exec.output": ["read", "", "untrusted", "none", true],
      "exec.end": ["read", "program", "context", "none", true],
      "contact.find": ["read", "", "stored", "none", true],
      "contact.add": ["commit", "name,address", "context", "undoable", true],
      "skill.list": ["read", "", "stored", "none", true],
      "skill.read": ["read", "", "stored", "none", true],
      "skill.unpack": ["write", "skill", "context", "undoable", false],
    });
  });
});

describe("the roles of critical arguments", () => {
  it("say what each stands for, so that only fitting words endorse it", () => {
    expect(
      house.tools.catalog().flatMap(({ name, roles }) => (roles === undefined ? [] : [[name, roles] as const])),
    ).toEqual([
      ["reminder.create", { minutes: "time", text: "content" }],
      ["web.fetch", { url: "url" }],
      ["web.search", { query: "content" }],
      ["http.get", { method: "command", url: "url", headers: "content", secret: "account" }],
      ["http.request", { method: "command", url: "url", headers: "content", secret: "account" }],
      ["file.read", { path: "path" }],
      ["file.append", { path: "path" }],
      ["file.write", { path: "path" }],
      ["file.edit", { path: "path" }],
      ["file.patch", { path: "path" }],
      ["file.move", { from: "path", to: "path" }],
      ["file.delete", { path: "path" }],
      ["exec.run", { argv: "command", cwd: "path", network: "url" }],
      ["exec.shell", { command: "command", cwd: "path", network: "url" }],
      ["exec.keep", { paths: "path" }],
      ["exec.start", { argv: "command", cwd: "path", network: "url" }],
      ["exec.input", { program: "identifier", text: "command" }],
      ["exec.end", { program: "identifier" }],
      ["contact.add", { name: "identifier", address: "recipient" }],
      ["skill.unpack", { skill: "identifier" }],
    ]);
    for (const { critical, roles } of house.tools.catalog())
      for (const argument of critical) expect(roles).toHaveProperty(argument);
  });
});

describe("arguments", () => {
  const hostile: readonly (readonly [string, Record<string, never> | object, string])[] = [
    ["reminder.create", { minutes: 10 }, "/text"],
    ["reminder.create", { minutes: "10", text: "x" }, "/minutes"],
    ["reminder.create", { minutes: 0, text: "x" }, "/minutes"],
    ["reminder.create", { minutes: 1.5, text: "x" }, "/minutes"],
    ["reminder.create", { minutes: 525_601, text: "x" }, "/minutes"],
    ["reminder.create", { minutes: 1, text: "" }, "/text"],
    ["reminder.create", { minutes: 1, text: "x".repeat(501) }, "/text"],
    ["reminder.create", { minutes: 1, text: "x", canary: "leak-me" }, "/"],
    ["clock.now", { zone: "x" }, "/"],
    ["file.read", { path: ["a"] }, "/path"],
    ["web.fetch", { url: null }, "/url"],
    ["memory.search", {}, "/query"],
  ];
  it.each(hostile)("of %s refuses %j and changes nothing", async (tool, args, path) => {
    const call = callOf(tool, args as ToolCall["arguments"]); // hostile on purpose
    const [resolved, ran] = [await house.tools.resolve(call), await house.run(call)];
    for (const result of [resolved, ran]) {
      expect(!result.ok && result.error).toMatchObject({ code: "TOOL_ARGUMENTS_INVALID", context: { tool, path } });
      expect(JSON.stringify(result)).not.toContain("canary");
    }
    expect(house.tools.describe(call)).toBe(`Calls ${tool} with arguments that do not fit.`);
    expect([house.reminders, house.sent]).toEqual([[], []]);
  });

  it("are resolved to what they name", async () => {
    const resolved = await house.tools.resolve(callOf("reminder.create", { minutes: 10, text: "stretch" }));
    expect(resolved).toEqual(
      ok([
        { argument: "minutes", kind: "value", value: "10", refusal: null },
        { argument: "text", kind: "value", value: '"stretch"', refusal: null },
      ]),
    );
    expect(await house.tools.resolve(callOf("clock.now", {}))).toEqual(ok([]));
  });
});

describe("an unknown tool", () => {
  it("is refused everywhere", async () => {
    for (const name of ["shell.run", "constructor", "__proto__", "toString", ""]) {
      const call = callOf(name, {});
      const [resolved, ran] = [await house.tools.resolve(call), await house.run(call)];
      for (const result of [resolved, ran]) expect(!result.ok && result.error.code).toBe("TOOL_UNKNOWN");
      expect(house.tools.describe(call)).toContain("does not exist");
    }
  });
});

describe("sentences", () => {
  it("say in plain words what will happen, and show what is invisible", () => {
    const say = (tool: string, args: ToolCall["arguments"]): string => house.tools.describe(callOf(tool, args));
    expect(say("reminder.create", { minutes: 10, text: "stretch" })).toBe("Sets a reminder: “stretch” in 10 minutes.");
    expect(say("reminder.create", { minutes: 1, text: "x" })).toBe("Sets a reminder: “x” in 1 minute.");
    expect(say("reminder.create", { minutes: 1530, text: "x" })).toBe(
      "Sets a reminder: “x” in 1 day 1 hour 30 minutes.",
    );
    expect(say("reminder.create", { minutes: 5, text: "a\u202eb\u200bc\nd\u{e0041}” now" })).toBe(
      "Sets a reminder: “a□b□c ⏎ d□″ now” in 5 minutes.",
    );
    expect(say("reminder.create", { minutes: 5, text: "x".repeat(300) })).toContain(`${"x".repeat(200)}…”`);
    expect(say("memory.save", { text: "tea" })).toBe("Remembers: “tea”.");
    expect(say("memory.search", { query: "tea" })).toBe("Searches memory for “tea”.");
    expect(say("web.fetch", { url: "https://example.org/" })).toBe("Opens the web page “https://example.org/”.");
    expect(say("file.read", { path: "a.txt" })).toBe("Reads the file “a.txt”.");
    expect(say("file.append", { path: "a.txt", text: "b" })).toBe("Adds “b” to the file “a.txt”.");
    expect(say("contact.find", { query: "ann" })).toBe("Looks up “ann” in your contacts.");
    expect(say("contact.add", { name: "Ann", address: "ann@x.org" })).toBe("Confirms that “ann@x.org” is “Ann”.");
    expect(say("clock.now", {})).toBe("Looks at the clock.");
    expect(say("reminder.list", {})).toBe("Lists the reminders that are still to come.");
    expect(say("calc", { expr: "1+1" })).toBe("Calculates “1+1”.");
  });
});

describe("permits", () => {
  const call = callOf("reminder.create", { minutes: 10, text: "stretch" });
  const append = callOf("file.append", { path: "notes.txt", text: "x" });

  it("let one run happen", async () => {
    const permit = house.permits.mint(call);
    expect((await house.tools.run(permit, call, scope, signal)).ok).toBe(true);
    const again = await house.tools.run(permit, call, scope, signal);
    expect(!again.ok && again.error.code).toBe("PERMIT_SPENT");
    expect(house.reminders).toHaveLength(1);
  });

  it("that are forged, copied, or minted for another call do nothing", async () => {
    const real = house.permits.mint(call);
    const forged = { id: real.id } as unknown as Permit; // the attack: an object that looks like one
    const attempts: readonly (readonly [Permit, ToolCall])[] = [
      [forged, call],
      [{ ...real }, call],
      [structuredClone(real), call],
      [Object.create(real) as Permit, call],
      [house.permits.mint(call), append],
      [house.permits.mint(call), { ...call, arguments: { minutes: 10, text: "pay" } }],
    ];
    for (const [permit, wanted] of attempts) {
      const result = await house.tools.run(permit, wanted, scope, signal);
      expect(!result.ok && result.error.code).toBe("PERMIT_INVALID");
    }
    expect(house.reminders).toEqual([]);
    const read = await house.run(callOf("file.read", { path: "notes.txt" }));
    expect(!read.ok && read.error.code).toBe("FILE_NOT_FOUND");
    expect(await outsideOf(house)).toBe(CANARY);
  });

  it("are redeemed before anything else is looked at", async () => {
    const tools = createToolExecutor({ ...house.ports, redeemer: { redeem: () => err(moltbotError("PERMIT_STALE")) } });
    const result = await tools.run(house.permits.mint(call), callOf("no.such", {}), scope, signal);
    expect(!result.ok && result.error.code).toBe("PERMIT_STALE");
  });
});

describe("unplug: the permit", () => {
  it("lets a forged permit set a reminder once redeeming always succeeds", async () => {
    const call = callOf("reminder.create", { minutes: 10, text: "pay the attacker" });
    const forged = { id: "x" } as unknown as Permit; // the attack: an object that looks like one
    await house.tools.run(forged, call, scope, signal);
    expect(house.reminders).toHaveLength(0);
    await createToolExecutor({ ...house.ports, redeemer: alwaysOk }).run(forged, call, scope, signal);
    expect(house.reminders).toHaveLength(1);
  });
});

describe("tools that come and go", () => {
  const ofPlugin = (name: string): typeof clockNow => ({
    ...clockNow,
    manifest: { ...clockNow.manifest, name: ToolName.parse(name), plugin: { name: "weather", hosts: [] } },
    run: async () => ok({ text: "of the plugin", summary: "", label: label("untrusted", "public") }),
  });

  it("are there as long as they are there, also in a list that is changed in place", async () => {
    const list = [clockNow];
    const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, () => list);
    const names = () => tools.catalog().map(({ name }) => name);
    const catalog = tools.catalog();
    expect([names(), tools.catalog() === catalog]).toEqual([["clock.now"], true]);
    list.push(ofPlugin("weather.ask"));
    expect(names()).toEqual(["clock.now", "weather.ask"]);
    const call = callOf("weather.ask", {});
    expect(await tools.resolve(call)).toMatchObject({ ok: true });
    list.pop();
    const ran = await tools.run(house.permits.mint(call), call, scope, signal);
    expect([names(), ran]).toMatchObject([["clock.now"], { ok: false, error: { code: "TOOL_UNKNOWN" } }]);
  });

  it("of plugins take no name of the house, whether that tool is there or not, in whatever order they come", async () => {
    for (const list of [
      [ofPlugin("clock.now"), clockNow],
      [ofPlugin("clock.now")],
      [clockNow, ofPlugin("clock.now")],
    ]) {
      const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, () => list);
      const call = callOf("clock.now", {});
      const ran = await tools.run(house.permits.mint(call), call, scope, signal);
      expect(ran.ok && ran.value.text === "of the plugin").toBe(false);
      expect(tools.catalog().every(({ plugin }) => plugin === undefined)).toBe(true);
    }
  });
});

describe("a run", () => {
  const stuck = { ...clockNow, seconds: 0.03, run: () => new Promise<never>(() => undefined) };

  it("for somebody else than the call's person does nothing", async () => {
    const call = callOf("reminder.create", { minutes: 10, text: "x" });
    const other = { ...scope, principalId: PrincipalId.parse("01890000-0000-7000-8000-000000000000") };
    const result = await house.tools.run(house.permits.mint(call), call, other, signal);
    expect(!result.ok && result.error.code).toBe("TOOL_SCOPE_MISSING");
    expect(house.reminders).toEqual([]);
  });

  it("ends in time: reading with TOOL_TIMEOUT, an effect as unknown", async () => {
    const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, [
      stuck,
      { ...stuck, manifest: reminderCreate.manifest },
    ]);
    const codeOf = async (name: string): Promise<string> => {
      const result = await tools.run(house.permits.mint(callOf(name, {})), callOf(name, {}), scope, signal);
      return result.ok ? "ok" : result.error.code;
    };
    expect([await codeOf("clock.now"), await codeOf("reminder.create")]).toEqual([
      "TOOL_TIMEOUT",
      "TOOL_OUTCOME_UNKNOWN",
    ]);
  });

  it("stops when a person stops the turn, and does not start after it", async () => {
    const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, [
      { ...stuck, seconds: 5 },
      reminderCreate,
    ]);
    const call = callOf("clock.now", {});
    const during = await tools.run(house.permits.mint(call), call, scope, AbortSignal.timeout(20));
    expect(!during.ok && during.error.code).toBe("TURN_STOPPED");
    const reminder = callOf("reminder.create", { minutes: 1, text: "x" });
    const after = await tools.run(house.permits.mint(reminder), reminder, scope, AbortSignal.abort());
    expect(!after.ok && after.error.code).toBe("TURN_STOPPED");
    expect(house.reminders).toEqual([]);
  });

  describe("when everything is stopped", () => {
    const everything = moltbotError("EVERYTHING_STOPPED", { since: "noon" });
    const stuckEffect = { ...stuck, seconds: 5, manifest: reminderCreate.manifest };
    const runStopped = async (name: string, reason: unknown, at: "before" | "during"): Promise<string> => {
      const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, [{ ...stuck, seconds: 5 }, stuckEffect]);
      const controller = new AbortController();
      if (at === "before") controller.abort(reason);
      const call = callOf(name, {});
      const running = tools.run(house.permits.mint(call), call, scope, controller.signal);
      controller.abort(reason);
      const result = await Promise.race([running, new Promise<null>((resolve) => void setTimeout(resolve, 40, null))]);
      if (result === null) return "still running";
      return result.ok ? "ok" : result.error.code;
    };

    it("ends reading, and effects that have begun as unknown", async () => {
      expect(await runStopped("clock.now", everything, "during")).toBe("EVERYTHING_STOPPED");
      expect(await runStopped("reminder.create", everything, "during")).toBe("TOOL_OUTCOME_UNKNOWN");
    });

    it("starts nothing any more", async () => {
      expect(await runStopped("clock.now", everything, "before")).toBe("EVERYTHING_STOPPED");
      expect(await runStopped("reminder.create", everything, "before")).toBe("EVERYTHING_STOPPED");
      const call = callOf("reminder.create", { minutes: 1, text: "x" });
      const result = await house.run(call, AbortSignal.abort(everything));
      expect(!result.ok && result.error.code).toBe("EVERYTHING_STOPPED");
      expect(house.reminders).toEqual([]);
    });

    it("unplug: any other stop lets an effect that has begun go on", async () => {
      expect(await runStopped("reminder.create", moltbotError("TURN_STOPPED"), "during")).toBe("still running");
      expect(await runStopped("reminder.create", undefined, "during")).toBe("still running");
      expect(await runStopped("clock.now", moltbotError("TURN_STOPPED"), "during")).toBe("TURN_STOPPED");
    });

    it("writes no line to a file after it", async () => {
      const controller = new AbortController();
      const fileLabels = {
        ...house.ports.fileLabels,
        of: async () => {
          controller.abort(everything);
          return ok(null);
        },
      };
      await house.run(callOf("file.append", { path: "notes.txt", text: "before" }));
      const tools = createToolExecutor({ ...house.ports, fileLabels, redeemer: alwaysOk });
      const call = callOf("file.append", { path: "notes.txt", text: "after" });
      const result = await tools.run(house.permits.mint(call), call, scope, controller.signal);
      expect(!result.ok && result.error.code).toBe("TOOL_OUTCOME_UNKNOWN");
      await new Promise((resolve) => void setTimeout(resolve, 20));
      const read = await house.run(callOf("file.read", { path: "notes.txt" }));
      expect(read.ok && read.value.text).toBe("before\n");
    });
  });

  it("that throws becomes a named error without the exception's words", async () => {
    const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, [
      { ...clockNow, run: () => Promise.reject(new Error("private words")) },
    ]);
    const call = callOf("clock.now", {});
    const result = await tools.run(house.permits.mint(call), call, scope, signal);
    expect(!result.ok && result.error.code).toBe("TOOL_FAILED");
    expect(JSON.stringify(result)).not.toContain("private words");
  });
});
