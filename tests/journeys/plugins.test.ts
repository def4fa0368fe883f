import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PluginChoices } from "@moltbot/contracts";
import type { ErrorCode, OperationRequest, PluginInfo, Result, ToolManifest, TurnReport } from "@moltbot/contracts";
import { defineTool } from "@moltbot/execution/tools";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { codeOf, must } from "../support/attack-house.ts";
import { manifest, scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway, Said } from "../support/fitted-gateway.ts";
import { aPluginManifest, aSkillManifest, asPackage, signedPackage, testSigner } from "../support/packages.ts";
import type { TestPackage, TestSigner } from "../support/packages.ts";
import { arriveAt, clientCaller, given } from "../support/people.ts";
import { noWallHere } from "../support/program-house.ts";

type Json = Readonly<Record<string, unknown>>;

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

const ECHO = {
  name: "echo",
  title: "Echo",
  description: "Gives back what it is told.",
  input: { type: "object", properties: { words: { type: "string", maxLength: 200 } }, required: ["words"] },
};
const COUNT = {
  name: "count",
  title: "Count",
  description: "Says how often it was asked.",
  input: { type: "object", properties: {} },
};
const PEEK = {
  name: "peek",
  title: "Peek",
  description: "Asks a tool of the house.",
  input: { type: "object", properties: { tool: { type: "string" } }, required: ["tool"] },
};
const PARROT = { name: "parrot", title: "Parrot", tools: [ECHO, COUNT, PEEK] };
const KEEPS = { kind: "storage", bytes: 10_000, why: "To count." };
const ASKS = { kind: "tools", names: ["clock.now", "web.fetch", "note.send"], why: "To know the time." };
const SOURCE = `import { definePlugin } from "@moltbot/plugin-sdk";
export default definePlugin({
  tools: {
    echo: ({ words }) => ({ said: "VERSION " + words }),
    count: async (_args, host) => {
      const count = ((await host.storage.get("count")) ?? 0) + 1;
      await host.storage.set("count", count);
      return { count };
    },
    peek: async ({ tool }, host) => {
      try {
        return { answer: await host.tools.call(tool, tool === "note.send" ? { to: "eve" } : {}) };
      } catch (error) {
        return { refused: String(error) };
      }
    },
  },
});
`;

/** The wish of a person, one line: "call TOOL {json}". The model does what it says, and says what came of it. */
const CALL = /^call (\S+) (.*)$/;

const sent: string[] = [];
/** A tool of the house that always asks. */
const NOTE: ToolManifest = manifest("note.send", {
  effect: "send",
  permissions: ["message:send"],
  critical: ["to"],
  undo: "irreversible",
});
const noteInput = z.strictObject({ to: z.string() });
const noteTool = defineTool({
  manifest: { ...NOTE, input: noteInput },
  input: noteInput,
  seconds: 5,
  describe: ({ to }) => `Sends a note to ${to}.`,
  run: async ({ to }, { call }) => {
    sent.push(to);
    return { ok: true, value: { text: "sent", summary: "sent", label: call.label } };
  },
});

const missingId = (): never => {
  throw new Error("nothing was asked");
};

describe.skipIf(missing !== null)(`other people's plugins in a whole gateway${WHY_NOT}`, { timeout: 120_000 }, () => {
  let house: FittedGateway;
  let models: ReturnType<typeof scriptedModels>;
  let ann: TestSigner;
  beforeEach(async () => {
    models = scriptedModels(({ messages }): Said => {
      const [last] = messages.slice(-1);
      if (last?.role === "tool") return { text: "That is all." };
      const [, tool, args] = CALL.exec(last?.role === "user" ? last.text : "") ?? [];
      return tool === undefined ? { text: "Yes?" } : { calls: [{ tool, arguments: JSON.parse(args ?? "{}") }] };
    });
    house = await startFittedGateway({ models, tools: [noteTool] });
    ann = testSigner();
    await trust(ann);
  }, 60_000);
  afterEach(async () => {
    await house.close();
    house.place.remove();
  });

  const trust = async (signer: TestSigner): Promise<void> =>
    void must(await house.client.call("signers.trust", { key: signer.key, name: "Ann", own: true }));

  const parrot = (change: Json = {}, key: TestSigner | null = ann, word = "one"): TestPackage =>
    signedPackage({
      kind: "plugin",
      manifest: aPluginManifest({ ...PARROT, permissions: [KEEPS, ASKS], ...change }),
      files: { "main.js": SOURCE.replace("VERSION", word) },
      key,
    });

  const install = (
    given: TestPackage,
    more: Partial<OperationRequest<"plugins.install">> = {},
  ): Promise<Result<PluginInfo>> =>
    house.client.call("plugins.install", {
      archive: given.archive,
      digest: given.digest,
      agents: [house.agent.id],
      choices: PluginChoices.parse({}),
      ...more,
    });

  /** What came of one call of a tool. */
  const calling = async (tool: string, args: Json): Promise<{ readonly report: TurnReport; readonly text: string }> => {
    const { turnId } = await house.send(`call ${tool} ${JSON.stringify(args)}`);
    const report = await house.settled(turnId);
    const messages = must(await house.client.call("conversations.messages", { conversationId: report.conversationId }));
    const results = messages.flatMap(({ parts }) => parts.filter((part) => part.type === "result"));
    return { report, text: results.map((part) => `${part.status}: ${part.text}`).join("\n") };
  };
  const audit = async (event: RegExp): Promise<readonly string[]> =>
    must(await house.client.call("audit.list", { limit: 500 }))
      .map((record) => record.event)
      .filter((name) => event.test(name));
  const listed = async (): Promise<PluginInfo | undefined> => must(await house.client.call("plugins.list", {}))[0];

  /** Everything that could be left of a plugin, but for the audit log and what people wrote. */
  const world = async (): Promise<Json> => ({
    plugins: must(await house.client.call("plugins.list", {})),
    tools: must(await house.client.call("tools.list", {})),
    agents: must(await house.client.call("agents.list", {})),
    grants: must(await house.client.call("capabilities.list", {})).filter(({ revokedAt }) => revokedAt === null),
    files: readdirSync(house.place.home)
      .filter((name) => !/\.db|audit|socket|\.sock/.test(name))
      .toSorted(),
    processes: workers(),
  });

  /** Processes of this machine that run plugins and come from this one. */
  const workers = (): number =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return statSync(join("/proc", pid)).isDirectory() && isWorker(pid);
        } catch {
          return false; // it has ended meanwhile
        }
      }).length;
  const isWorker = (pid: string): boolean => {
    const line = join("/proc", pid, "cmdline");
    return existsSync(line) && Buffer.from(readFileSync(line)).includes("plugin-worker") && isOfUs(pid);
  };
  const isOfUs = (pid: string): boolean => {
    for (let at = pid; at !== "0" && at !== "1";) {
      if (at === String(process.pid)) return true;
      at = /^PPid:\s+(\d+)$/m.exec(readFileSync(join("/proc", at, "status"), "utf8"))?.[1] ?? "0";
    }
    return false;
  };

  it("are installed, called by an agent without a question, and remember between calls", async () => {
    const info = must(await install(parrot()));
    expect(info).toMatchObject({ name: "parrot", state: "ready", effect: "read", agents: [house.agent.id] });
    const first = await calling("parrot.echo", { words: "hello" });
    expect(first.report.state).toBe("done");
    expect(first.text).toContain("ok: ");
    expect(first.text).toContain("one hello");
    await calling("parrot.count", {});
    expect((await calling("parrot.count", {})).text).toContain('"count":2');
    expect((await listed())?.processes).toBeGreaterThan(0);
    expect(await audit(/^(signer:trusted|plugin:installed)$/)).toHaveLength(2);
  });

  it("call tools of the house through the guard: what would be asked is refused, and recorded", async () => {
    must(await install(parrot()));
    expect((await calling("parrot.peek", { tool: "clock.now" })).text).toContain("answer");
    const asked = await calling("parrot.peek", { tool: "note.send" });
    expect(asked.text).toContain("refused");
    expect(sent).toEqual([]);
    expect(asked.report.state).toBe("done");
    expect(must(await house.client.call("approvals.list", {}))).toEqual([]);
    expect(await audit(/^tool:refused$/)).not.toEqual([]);
    expect((await calling("parrot.peek", { tool: "parrot.echo" })).text).toContain("refused");
  });

  it("are updated at once where they may do no more, and wait for a yes where they may do more", async () => {
    must(await install(parrot()));
    const update = (given: TestPackage) =>
      house.client.call("plugins.update", { name: "parrot", archive: given.archive });
    must(await update(parrot({ version: "1.0.1" }, ann, "two")));
    expect((await calling("parrot.echo", { words: "b" })).text).toContain("two b");
    const wider = parrot({ version: "1.1.0", limits: { memoryMiB: 64 } }, ann, "three");
    const waiting = must(await update(wider));
    expect(waiting).toMatchObject({ version: "1.0.1", waiting: { version: "1.1.0", digest: wider.digest } });
    expect((await calling("parrot.echo", { words: "c" })).text).toContain("two c");
    must(await house.client.call("plugins.accept", { name: "parrot", digest: wider.digest }));
    expect((await calling("parrot.echo", { words: "d" })).text).toContain("three d");
    expect(await audit(/^plugin:/)).toEqual(
      expect.arrayContaining(["plugin:updated", "plugin:waits", "plugin:accepted"]),
    );
  });

  it("are refused with the reason where they are unsigned, altered, older or of an unknown key", async () => {
    const altered = Uint8Array.from(parrot().bytes);
    const at = Buffer.from(altered).indexOf("To count");
    altered[at] = 85;
    const refused: readonly (readonly [TestPackage, ErrorCode])[] = [
      [parrot({}, null), "PACKAGE_UNSIGNED"],
      [parrot({}, testSigner()), "SIGNER_UNKNOWN"],
      [asPackage(altered), "PACKAGE_ALTERED"],
    ];
    for (const [given, code] of refused) expect(codeOf(await install(given))).toBe(code);
    expect(await listed()).toBeUndefined();
    must(await install(parrot({ version: "2.0.0" })));
    const older = await house.client.call("plugins.update", { name: "parrot", archive: parrot().archive });
    expect(codeOf(older)).toBe("PACKAGE_DOWNGRADE");
    expect((await listed())?.version).toBe("2.0.0");
  });

  it("stop and start, and leave nothing behind when they are removed", async () => {
    const before = await world();
    must(await install(parrot()));
    await calling("parrot.count", {});
    expect(workers()).toBeGreaterThan(0);
    must(await house.client.call("plugins.change", { name: "parrot", enabled: false }));
    expect(workers()).toBe(0);
    expect((await calling("parrot.echo", { words: "x" })).text).not.toContain("one x");
    must(await house.client.call("plugins.change", { name: "parrot", enabled: true }));
    expect((await calling("parrot.count", {})).text).toContain('"count":2');
    const removed = must(await house.client.call("plugins.remove", { name: "parrot" }));
    expect(removed).toEqual({ name: "parrot", items: 1, grants: 3 });
    expect(await world()).toEqual(before);
    expect((await calling("parrot.echo", { words: "y" })).text).not.toContain("one y");
    must(await install(parrot()));
    expect((await calling("parrot.count", {})).text).toContain('"count":1');
  });

  it("run no more when everything is stopped, and again when it goes on", async () => {
    must(await install(parrot()));
    await calling("parrot.echo", { words: "x" });
    expect(workers()).toBeGreaterThan(0);
    must(await house.client.call("system.stop", {}));
    await expect.poll(workers).toBe(0);
    must(await house.client.call("system.resume", { grants: "all" }));
    expect((await calling("parrot.echo", { words: "again" })).text).toContain("one again");
  });

  it("are called without a question again after a stop, and after a restart in the middle of one", async () => {
    must(await install(parrot()));
    must(await house.client.call("system.stop", {}));
    must(await house.client.call("system.resume", {}));
    expect((await calling("parrot.echo", { words: "a" })).text).toContain("one a");
    must(await house.client.call("system.stop", {}));
    await house.close();
    house = await startFittedGateway({ models, tools: [noteTool] }, house.place);
    must(await house.client.call("system.resume", {}));
    expect((await calling("parrot.echo", { words: "b" })).text).toContain("one b");
  });

  it("are given to agents after their installation, and taken from them", async () => {
    must(await install(parrot(), { agents: [] }));
    const refused = await calling("parrot.echo", { words: "a" });
    expect(refused.text).not.toContain("one a");
    const given = await house.client.call("plugins.change", { name: "parrot", agents: [house.agent.id] });
    expect(must(given).agents).toEqual([house.agent.id]);
    expect((await calling("parrot.echo", { words: "b" })).text).toContain("one b");
    must(await house.client.call("plugins.change", { name: "parrot", agents: [] }));
    expect((await calling("parrot.echo", { words: "c" })).text).not.toContain("one c");
  });

  it("whose program lacks a declared tool are tried and listed with its name, and the others go on", async () => {
    const lacking = parrot({ tools: [ECHO, COUNT, PEEK, { ...COUNT, name: "bye" }] });
    const wish = { archive: lacking.archive, tool: "echo", arguments: { words: "a" } };
    expect(must(await house.client.call("plugins.try", wish))).toMatchObject({ ok: true, missing: ["bye"] });
    must(await install(lacking));
    expect(await listed()).toMatchObject({ state: "ready", problem: null });
    expect((await calling("parrot.echo", { words: "b" })).text).toContain("one b");
    expect(await listed()).toMatchObject({
      state: "faulty",
      problem: "Its main.js has no bye, which its manifest declares.",
    });
    expect((await calling("parrot.echo", { words: "c" })).text).toContain("one c");
    must(await house.client.call("plugins.update", { name: "parrot", archive: parrot({ version: "1.0.1" }).archive }));
    expect((await calling("parrot.echo", { words: "d" })).text).toContain("one d");
    expect(await listed()).toMatchObject({ state: "ready", problem: null });
  });

  it("that leave the choice of hosts to their owner say that none is chosen yet", async () => {
    const http = { kind: "http", hosts: [], chosen: true, why: "To read." };
    must(await install(parrot({ permissions: [http] })));
    const { text } = await calling("parrot.echo", { words: "a" });
    expect(text).toContain("The plugin parrot may reach no host yet: none is chosen for it.");
  });

  it("are asked about no more once they are removed, and what was asked can be answered by nobody", async () => {
    must(
      await install(parrot({ permissions: [{ kind: "http", hosts: ["api.test:443"], methods: ["POST"], why: "x" }] })),
    );
    const { turnId } = await house.send('call parrot.echo {"words":"secret"}');
    const waiting = await house.settled(turnId);
    expect(waiting.state).toBe("waiting");
    const [question] = must(await house.client.call("approvals.list", {}));
    expect(question?.question.tool).toBe("parrot.echo");
    must(await house.client.call("plugins.remove", { name: "parrot" }));
    await expect.poll(async () => (await house.settled(turnId)).state).toBe("done");
    const answered = await house.client.call("approvals.answer", {
      approvalId: question?.id ?? missingId(),
      answer: "allow",
    });
    expect(codeOf(answered)).toBe("APPROVAL_ALREADY_ANSWERED");
    expect(must(await house.client.call("approvals.list", {}))).toEqual([]);
  });

  it("run for nobody who was suspended", async () => {
    must(await install(parrot(), { agents: [] }));
    const { person, browser } = await arriveAt(house.gateway.url, clientCaller(house.client), "Bob");
    const agent = given<{ id: string }>(
      await browser("agents.create", { name: "B", model: "default", capabilities: ["parrot.echo"] }),
    );
    const said = await browser("messages.send", {
      agentId: agent.id,
      content: 'call parrot.echo {"words":"x"}',
      conversationId: "new",
      wait: true,
    });
    expect(said.code).toBeNull();
    await expect.poll(workers).toBeGreaterThan(0);
    must(await house.client.call("people.change", { personId: person.id, state: "suspended" }));
    await expect.poll(workers).toBe(0);
  });

  it("are there after a restart, checked anew", async () => {
    must(await install(parrot()));
    await calling("parrot.count", {});
    const before = must(await house.client.call("packages.lock", {}));
    await house.close();
    house = await startFittedGateway({ models, tools: [noteTool] }, house.place);
    expect(must(await house.client.call("packages.lock", {}))).toEqual(before);
    expect(await listed()).toMatchObject({ state: "ready", processes: 0 });
    expect((await calling("parrot.count", {})).text).toContain('"count":2');
  });

  it("bring skills in the same way, which an agent reads by name", async () => {
    const tidy = signedPackage({
      kind: "skill",
      manifest: aSkillManifest({ origin: "own" }),
      files: { "SKILL.md": "# Tidy\nNotes go under a heading." },
      key: ann,
    });
    must(
      await house.client.call("skills.install", {
        archive: tidy.archive,
        digest: tidy.digest,
        agents: [house.agent.id],
      }),
    );
    expect(must(await house.client.call("skills.list", {}))[0]).toMatchObject({ trusted: true });
    expect((await calling("skill.read", { skill: "tidy-notes" })).text).toContain("Notes go under a heading.");
    must(await house.client.call("skills.remove", { name: "tidy-notes" }));
    expect((await calling("skill.read", { skill: "tidy-notes" })).text).not.toContain("Notes go under a heading.");
  });
});
