/**
 * Enumerates what can act on the world, from the source: who calls each power, and that the one way to a tool's code leads
 * through a redeemed permit. A new caller of a power fails here until it stands in the table with its reason.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AgentId,
  CallId,
  ConversationId,
  Digest,
  PrincipalId,
  TenantId,
  TurnId,
  done,
  err,
  instantOf,
  label,
  moltbotError,
} from "@moltbot/contracts";
import type { JsonObject, Permit, ToolCall } from "@moltbot/contracts";
import { createToolExecutor } from "@moltbot/execution/tools";
import type { ToolPorts } from "@moltbot/execution/tools";
import { readSource, sourcesUnder } from "./read-source.ts";

const root = join(import.meta.dirname, "..", "..");
const sources = sourcesUnder(root).filter(([path]) => !/\.test\.ts$|\/(testing|test-support)\//.test(path));

/** Source without comments, so that a word in a sentence is no call. */
const codeOf = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/[^\n]*/g, "$1");

const filesWith = (pattern: RegExp): readonly string[] =>
  sources.filter(([, text]) => pattern.test(codeOf(text))).map(([path]) => path);

/** Each power: how its use looks in the source, and who may use it, with the reason why no permit stands before it or where it does. */
const POWERS: Readonly<Record<string, { readonly looks: RegExp; readonly by: Readonly<Record<string, string>> }>> = {
  "opening the tools' door": {
    looks: /\bcreateToolExecutor\(/,
    by: { "packages/gateway/src/furnish.ts": "wires it to the guard's permits" },
  },
  "the built-in tools as they are": {
    looks: /\bBUILT_IN_TOOLS\b/,
    by: {
      "packages/execution/src/tools/create-tool-executor.ts": "behind redeem",
      "packages/execution/src/tools/index.ts": "hands them out to be put behind the door",
      "packages/execution/src/plugins/check-plugin.ts": "reads their names, which no plugin may take",
      "packages/gateway/src/drill/flow/tool-name.ts": "reads their names",
      "packages/gateway/src/fittings.ts": "puts them behind the door with those of a drill",
      "packages/gateway/src/operations/provenance.ts": "reads their names",
    },
  },
  "running a tool": {
    looks: /\btools\.run\(/,
    by: { "packages/gateway/src/spine.ts": "the spine, with the permit that the guard just minted" },
  },
  "running what was allowed": {
    looks: /\brunAllowed\(/,
    by: {
      "packages/gateway/src/packages/call-tool.ts":
        "a plugin's call of a tool of the house, after the guard considered it",
      "packages/gateway/src/spine.ts": "an agent's call, after the guard considered it",
    },
  },
  "a tool's own code": {
    looks: /\brunInTime\(|\btool\.run\(/,
    by: { "packages/execution/src/tools/create-tool-executor.ts": "behind redeem" },
  },
  "sending to another machine": {
    looks: /\begress\.(?!close)\w+\(/,
    by: {
      "packages/execution/src/tools/http/run.ts": "behind redeem",
      "packages/execution/src/plugins/asks/http-fetch.ts":
        "on behalf of a plugin's call that was redeemed and runs, to the hosts that its permit names",
      "packages/execution/src/tools/web-fetch/run.ts": "a tool: behind redeem",
      "packages/execution/src/tools/web-search/ask-service.ts": "a tool: behind redeem",
      "packages/execution/src/models/vendor-model.ts":
        "the model provider that the owner configured is the grant; what it is sent is shown on the data-flow page",
      "packages/gateway/src/models/exchange-code.ts":
        "an admin connects a vendor: a one-time code and its verifier go to the vendor's fixed address, and nothing else",
    },
  },
  "setting a reminder": {
    looks: /\breminders\.create\(/,
    by: {
      "packages/execution/src/tools/reminder-create/run.ts": "a tool: behind redeem",
      "packages/gateway/src/tool-ports.ts": "binds the tool's port to the database",
    },
  },
  "keeping a memory": {
    looks: /\bmemories\.(save|create)\(/,
    by: {
      "packages/execution/src/tools/memory-save/run.ts": "a tool: behind redeem",
      "packages/gateway/src/tool-ports.ts": "binds the tool's port to the database",
      "packages/gateway/src/imports/take-import.ts": "the owner's own operation, with an untrusted label",
    },
  },
  "confirming a contact": {
    looks: /\bcontacts\.(confirm|create)\(/,
    by: {
      "packages/execution/src/tools/contact-add/run.ts": "a tool: behind redeem",
      "packages/gateway/src/contacts.ts": "binds the tool's port and the owner's own operation to the database",
    },
  },
  "taking a file away": {
    looks: /\bsetAsideFile\(/,
    by: {
      "packages/gateway/src/workspaces.ts":
        "the owner's own removal of a source: it moves a file out of reach, and deletes none",
    },
  },
  "putting a file back": {
    looks: /\bundoChanges\(/,
    by: { "packages/gateway/src/undo-desk.ts": "the person's own undo of what a permitted call changed" },
  },
  "firing a reminder": {
    looks: /\breminders\.markFired\(/,
    by: {
      "packages/gateway/src/reminder-clock.ts":
        "what a redeemed reminder.create set; it speaks to its own conversation alone",
    },
  },
  "starting a process": {
    looks: /\bspawn\(|\bsandbox\.\w+\(/,
    by: {
      "packages/execution/src/sandbox/start-process.ts": "the room itself",
      "packages/execution/src/sandbox/wall/begin-behind-wall.ts": "the room itself: bubblewrap, and what it walls in",
      "packages/sandbox-runner/src/forward.ts": "behind the wall already: the program whose way to the gate it is",
      "packages/execution/src/models/demo/worker-session.ts": "our own model worker over our own pinned file",
      "packages/cli/src/open-browser.ts": "the owner's own terminal opens the owner's browser",
    },
  },
  "having a program run": {
    looks: /\bprograms\.(run|start)\(/,
    by: {
      "packages/execution/src/tools/exec-program/run-and-show.ts": "two tools: behind redeem",
      "packages/execution/src/tools/exec-start/run.ts": "a tool: behind redeem",
    },
  },
  "running something behind the wall": {
    looks: /\bwall\.(run|start)\(/,
    by: { "packages/execution/src/sandbox/programs/create-programs.ts": "the room itself, on a copy" },
  },
  "telling a running program something": {
    looks: /\.input\(Buffer/,
    by: { "packages/execution/src/tools/exec-input/run.ts": "a tool: behind redeem" },
  },
  "bringing back what programs changed": {
    looks: /\bbringChanges\(|\bcopy\.settle\(/,
    by: {
      "packages/execution/src/tools/exec-keep/bring-changes.ts": "a tool: behind redeem",
      "packages/execution/src/tools/exec-keep/run.ts": "a tool: behind redeem",
    },
  },
  "opening a gate for programs": {
    looks: /\bwayOut\.openGate\(/,
    by: { "packages/gateway/src/open-programs.ts": "for the hosts of one permitted call" },
  },
  "redeeming a permit": {
    looks: /\.redeem\(/,
    by: { "packages/execution/src/tools/create-tool-executor.ts": "the only taker" },
  },
  "minting a permit": {
    looks: /\bpermits\.mint\(/,
    by: { "packages/core/src/guard/admit.ts": "after the intent is durable" },
  },
};

describe("every power has the callers that the table names, and no other", () => {
  it("read the source at all", () => {
    expect(sources.length).toBeGreaterThan(150);
  });

  it.each(Object.entries(POWERS))("%s", (_power, { looks, by }) => {
    expect(filesWith(looks).toSorted()).toEqual(Object.keys(by).toSorted());
  });

  it("lets nobody who listens, decides or extends near one", () => {
    const zones = /^packages\/(ingress|core|client|cli|web)\//;
    const allowed = new Set(["packages/core/src/guard/admit.ts", "packages/cli/src/open-browser.ts"]);
    const found = Object.values(POWERS).flatMap(({ looks }) => filesWith(looks).filter((path) => zones.test(path)));
    expect(found.filter((path) => !allowed.has(path))).toEqual([]);
  });
});

describe("the one way to an effect", () => {
  const text = (path: string): string => codeOf(sources.find(([found]) => found === path)?.[1] ?? "");
  const inOrder = (source: string, ...steps: readonly string[]): boolean => {
    const places = steps.map((step) => source.indexOf(step));
    return places.every((place, at) => place >= 0 && (at === 0 || place > (places[at - 1] ?? Infinity)));
  };

  it("admits before it runs, and runs in one place", () => {
    const spine = text("packages/gateway/src/spine.ts");
    expect(inOrder(spine, "guard.consider(", "guard.admit(", "if (!permit.ok)", "tools.run(permit.value")).toBe(true);
    expect(spine.split("tools.run(")).toHaveLength(2);
  });

  it("redeems before it looks at anything else", () => {
    const executor = text("packages/execution/src/tools/create-tool-executor.ts");
    expect(inOrder(executor, "run: async (permit", "redeemer.redeem(permit, call)", "return runInTime(")).toBe(true);
    expect(executor.split("runInTime(")).toHaveLength(2);
  });

  it("records the intent before it mints", () => {
    const admit = text("packages/core/src/guard/admit.ts");
    expect(inOrder(admit, "enterLedger(ports, scope", "await record(ports, intention", "ports.permits.mint(")).toBe(
      true,
    );
  });

  it("hands tools out of their room to the composition and its drills alone", () => {
    const importers = sources
      .map(([path, source]) => readSource(path, source))
      .filter(({ path }) => !path.startsWith("packages/execution/src/tools/"))
      .filter(({ imports }) =>
        imports.some(({ specifier, typeOnly }) => !typeOnly && /execution\/(src\/)?tools/.test(specifier)),
      )
      .map(({ path }) => path);
    expect(importers).toContain("packages/gateway/src/furnish.ts");
    expect(importers.filter((path) => !path.startsWith("packages/gateway/src/"))).toEqual([]);
  });
});

describe("a tool without a redeemed permit", () => {
  let workspace = "";
  beforeAll(() => {
    workspace = mkdtempSync(join(tmpdir(), "moltbot-effects-"));
  });
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));

  const id = <T>(kind: { parse(text: string): T }): T => kind.parse("01930000-0000-7000-8000-000000000001");
  const callOf = (tool: string, given: JsonObject): ToolCall => ({
    id: id(CallId),
    turnId: id(TurnId),
    conversationId: id(ConversationId),
    agentId: id(AgentId),
    authority: id(PrincipalId),
    agentChain: [id(AgentId)],
    tool,
    arguments: given,
    label: label("authority", [id(PrincipalId)]),
  });
  /** Arguments that fit each tool, so that nothing but the permit can be what stops it. */
  const FITTING: Readonly<Record<string, JsonObject>> = {
    "clock.now": {},
    calc: { expr: "1+1" },
    "reminder.create": { minutes: 1, text: "planted" },
    "reminder.list": {},
    "memory.save": { text: "planted" },
    "memory.search": { query: "planted" },
    "web.fetch": { url: "http://example.org/" },
    "web.search": { query: "planted" },
    "http.get": { method: "GET", url: "http://example.org/", secret: { name: "planted" } },
    "http.request": { method: "POST", url: "http://example.org/", body: "planted", secret: { name: "planted" } },
    "file.read": { path: "planted.txt" },
    "file.append": { path: "planted.txt", text: "planted" },
    "file.write": { path: "written.txt", text: "planted" },
    "file.edit": { path: "planted.txt", old: "planted", new: "changed" },
    "file.patch": { path: "patched.txt", patch: "@@ -0,0 +1 @@\n+planted\n" },
    "file.list": {},
    "file.search": { text: "planted" },
    "file.move": { from: "planted.txt", to: "moved.txt" },
    "file.delete": { path: "planted.txt" },
    "exec.run": { argv: ["touch", "planted"] },
    "exec.shell": { command: "touch planted" },
    "exec.keep": {},
    "exec.start": { argv: ["touch", "planted"] },
    "exec.input": { program: "planted", text: "planted" },
    "exec.output": { program: "planted" },
    "exec.end": { program: "planted" },
    "contact.find": { query: "planted" },
    "contact.add": { name: "Planted", address: "planted@example.org" },
    "skill.list": {},
    "skill.read": { skill: "planted" },
    "skill.unpack": { skill: "planted" },
  };

  /** A port of which every use is noted; it answers nothing. */
  const watched = (touched: string[]): ToolPorts => {
    const watch = (name: string): object =>
      new Proxy(() => undefined, {
        get: (_target, key) => {
          touched.push(`${name}.${String(key)}`);
          return () => Promise.resolve(err(moltbotError("INTERNAL", { traceId: "touched" })));
        },
        apply: () => {
          touched.push(name);
          return Promise.resolve({ ok: true, value: workspace });
        },
      });
    return new Proxy({}, { get: (_target, key) => watch(String(key)) }) as ToolPorts; // every property of it notes its use
  };

  const scope = { tenantId: id(TenantId), principalId: id(PrincipalId), reach: "own" as const };
  const forged = { id: "forged" } as unknown as Permit; // the attack: an object that looks like one
  const { signal } = new AbortController();

  it("of whatever kind touches no port and no file", async () => {
    const touched: string[] = [];
    const redeemer = { redeem: () => err(moltbotError("PERMIT_INVALID")) };
    const tools = createToolExecutor({ ...watchedPorts(watched(touched)), redeemer });
    const names = tools.catalog().map(({ name }) => String(name));
    expect(names.toSorted()).toEqual(Object.keys(FITTING).toSorted());
    for (const name of names) {
      const ran = await tools.run(forged, callOf(name, FITTING[name] ?? {}), scope, signal);
      expect(ran).toMatchObject({ ok: false, error: { code: "PERMIT_INVALID" } });
    }
    expect(touched).toEqual([]);
    expect(readdirSync(workspace)).toEqual([]);
  });

  it("unplug: with a redeemer that believes everything, the same forged permit reaches ports and files", async () => {
    const touched: string[] = [];
    const redeemer = { redeem: () => ({ ok: true, value: { bounds: [], resources: [] } }) as const };
    const ports = watchedPorts(watched(touched));
    // What cannot be kept is not changed: the snapshots alone are believed to be kept.
    const keep = () => {
      touched.push("undo.keep");
      return Promise.resolve(done);
    };
    const undo = { ...ports.undo, keep, hash: () => Digest.parse("0".repeat(64)) };
    const tools = createToolExecutor({ ...ports, undo, redeemer });
    for (const [name, given] of Object.entries(FITTING)) await tools.run(forged, callOf(name, given), scope, signal);
    for (const power of [
      "reminders.create",
      "memories.save",
      "contacts.confirm",
      "egress.send",
      "undo.keep",
      "programs.run",
      "programs.start",
    ])
      expect(touched).toContain(power);
    expect(readdirSync(workspace).toSorted()).toEqual(["moved.txt", "patched.txt", "written.txt"]);
  });
});

/** A proxy has no keys of its own to spread: the ports are taken one by one. Telling the time or a setting is no effect. */
function watchedPorts(ports: ToolPorts): ToolPorts {
  const { reminders, memories, contacts, egress, secrets, workspaceOf, fileLabels, undo, skills, programs, placeOf } =
    ports;
  const clock = { now: () => instantOf(0), monotonic: () => 0 };
  const searchSettings = () => ({ service: "searxng", baseUrl: "http://example.org", secret: "" }) as const;
  return {
    reminders,
    memories,
    contacts,
    egress,
    secrets,
    searchSettings,
    clock,
    workspaceOf,
    fileLabels,
    undo,
    skills,
    programs,
    placeOf,
  };
}
