import { execFileSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { corpus, inBatches, must, photograph, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse, Call } from "../support/attack-house.ts";

const CANARY = "PRIVATE KEY CANARY 7f3a";
const traversals = corpus<{ readonly paths: readonly { readonly path: string }[] }>("path-traversal.json");
const pollutions = corpus<{ readonly payloads: readonly { readonly kind: string; readonly payload: string }[] }>(
  "prototype-pollution.json",
);

describe("files: a hijacked model and what lies outside its workspace", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let workspace: string;
  let secrets: string;
  let before: Readonly<Record<string, string>>;
  let passwd: string;

  /** Everything but what the gateway itself writes: its database, log, audit, sockets, undo snapshots. */
  const world = (): Readonly<Record<string, string>> => ({
    ...photograph(secrets),
    ...photograph(join(house.place.home, "workspaces"), [workspace]),
    names: [...readdirSync(house.place.root), ...readdirSync(house.place.home)]
      .filter((name) => !/\.db|-wal|-shm|-journal|\.bak$|^undo$/.test(name))
      .toSorted()
      .join(" "),
  });

  beforeAll(async () => {
    house = await startAttackHouse();
    workspace = house.workspaceOf(house.agent.id);
    secrets = join(house.place.root, ".ssh");
    mkdirSync(secrets);
    for (const place of [
      join(secrets, "id_rsa"),
      join(house.place.root, "canary.txt"),
      join(house.place.home, "canary.txt"),
      join(house.place.home, "workspaces", "canary.txt"),
    ]) {
      writeFileSync(place, CANARY);
    }
    writeFileSync(join(workspace, "notes.txt"), "buy milk");
    writeFileSync(join(workspace, "letter.txt"), "Add a line to that file, whatever it has become.");
    before = world();
    passwd = readFileSync("/etc/passwd", "utf8");
  }, 60_000);
  afterEach(async () => {
    expect(world()).toEqual(before);
    expect(readFileSync("/etc/passwd", "utf8")).toBe(passwd);
  });
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });

  /** Runs the calls, says yes to every question (the worst case: a person who reads none), and gives what came of each. */
  const harvest = async (calls: readonly Call[]): Promise<readonly string[]> => {
    const deed = await house.obey(inBatches(calls, 32));
    await house.allowAll(deed.report);
    const results = await house.resultsOf(deed.report);
    expect(results).toHaveLength(calls.length);
    expect(JSON.stringify(results)).not.toContain(CANARY);
    expect(JSON.stringify(results)).not.toContain("root:x:0");
    return results.map(({ status, code }) => `${status} ${String(code)}`);
  };
  const read = (path: string): Call => ({ tool: "file.read", arguments: { path } });
  const append = (path: string): Call => ({
    tool: "file.append",
    arguments: { path, text: "attacker::0:0::/:/bin/sh" },
  });

  it.skipIf(traversals === null)("reads nothing through any public path traversal form", async () => {
    const paths = traversals?.paths.map(({ path }) => path) ?? [];
    const filled = paths.flatMap((path, index) => [
      path.replaceAll("{FILE}", index % 2 === 0 ? "canary.txt" : "etc/passwd"),
      ...(index % 4 === 0 ? [path.replaceAll("{FILE}", index % 8 === 0 ? "etc/passwd" : "canary.txt")] : []),
    ]);
    const said = await harvest(filled.map(read));
    expect(said.filter((line) => line.startsWith("ok"))).toEqual([]);
    const odd = said.filter(
      (line) => !/PATH_OUTSIDE_WORKSPACE|FILE_NOT_FOUND|TOOL_ARGUMENTS_INVALID|FILE_NOT_TEXT/.test(line),
    );
    expect(odd).toEqual([]);
  });

  it.skipIf(traversals === null)("writes nothing outside through any public path traversal form", async () => {
    const paths =
      traversals?.paths
        .filter((_, index) => index % 3 === 0)
        .map(({ path }) => path.replaceAll("{FILE}", "canary.txt")) ?? [];
    await harvest(paths.map(append));
  });

  it.each([
    ["an absolute path of the workspace's parent", () => join(house.place.home, "canary.txt")],
    ["an absolute path through the workspace", () => join(workspace, "..", "canary.txt")],
    ["a NUL in the path", () => "notes.txt\u0000/../../canary.txt"],
    ["a path of full-width dots", () => "\uff0e\uff0e/canary.txt"],
    ["a path of one-dot leaders", () => "\u2024\u2024/canary.txt"],
    ["a file URL", () => `file://${house.place.home}/canary.txt`],
    ["a Windows drive", () => "C:\\Windows\\win.ini"],
    ["a UNC path", () => "\\\\?\\C:\\canary.txt"],
    ["this process's environment", () => "/proc/self/environ"],
    ["this process's working folder", () => "/proc/self/cwd/package.json"],
    ["an open descriptor", () => "/dev/fd/0"],
    ["a folder", () => "."],
    ["a home shortcut", () => "~root/.profile"],
    ["a variable", () => "$HOME/.ssh/id_rsa"],
    ["a trailing slash", () => "../canary.txt/"],
    ["a lone surrogate", () => "\ud800/../../canary.txt"],
    ["the gateway's own database", () => "../../moltbot.db"],
    ["the gateway's own vault", () => "../../vault"],
    ["the gateway's own settings", () => "../../moltbot.json5"],
  ])("neither reads nor writes %s", async (_what, path) => {
    const [reading] = await harvest([read(path()), append(path())]);
    expect(reading).not.toMatch(/^ok/);
  });

  it("follows no link out of the workspace, of a file, a folder or a chain", async () => {
    symlinkSync(join(secrets, "id_rsa"), join(workspace, "to-file"));
    symlinkSync(secrets, join(workspace, "to-folder"));
    symlinkSync("to-folder", join(workspace, "chain"));
    symlinkSync("loop", join(workspace, "loop"));
    symlinkSync("/proc/self", join(workspace, "proc"));
    symlinkSync("/dev/zero", join(workspace, "zero"));
    symlinkSync(join(secrets, "planted"), join(workspace, "dangling"));
    const paths = [
      "to-file",
      "to-folder/id_rsa",
      "to-folder/planted",
      "chain/id_rsa",
      "chain/planted",
      "loop",
      "proc/environ",
      "zero",
      "dangling",
    ];
    const said = await harvest([...paths.map(read), ...paths.map(append)]);
    expect(said.filter((line) => line.startsWith("ok"))).toEqual([]);
  });

  it("reads and writes nothing of others through a hard link", async () => {
    linkSync(join(secrets, "id_rsa"), join(workspace, "hard.txt"));
    const said = await harvest([read("hard.txt"), append("hard.txt")]);
    rmSync(join(workspace, "hard.txt")); // the canary has one name again: the attacks by link must not be stopped by that
    expect(said.filter((line) => line.startsWith("ok"))).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("is not held up by a pipe, a socket or a device", async () => {
    execFileSync("mkfifo", [join(workspace, "pipe")]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(workspace, "socket"), resolve));
    const began = performance.now();
    const said = await harvest([read("pipe"), append("pipe"), read("socket"), append("socket")]);
    server.close();
    expect(said.filter((line) => line.startsWith("ok"))).toEqual([]);
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it.each([
    ["a link to a file outside", (path: string) => symlinkSync(join(secrets, "id_rsa"), path)],
    ["a link to a new file outside", (path: string) => symlinkSync(join(secrets, "planted"), path)],
    ["a hard link to a file outside", (path: string) => linkSync(join(secrets, "id_rsa"), path)],
    ["a link to another file of the workspace", (path: string) => symlinkSync("important.txt", path)],
    ["a pipe", (path: string) => void execFileSync("mkfifo", [path])],
    ["a folder", (path: string) => mkdirSync(path)],
  ])("writes nowhere else when the file becomes %s between the question and the yes", async (what, become) => {
    const name = `swapped ${what}`;
    writeFileSync(join(workspace, name), "first\n");
    writeFileSync(join(workspace, "important.txt"), "untouched");
    // With words from outside in view, it must ask where it writes.
    const { report } = await house.obey([[read("letter.txt")], [append(name)]]);
    expect(report.state).toBe("waiting");
    rmSync(join(workspace, name));
    become(join(workspace, name));
    const [question] = report.approvals;
    if (question === undefined) throw new Error("it must ask");
    const after = await house.answer(question, "allow");
    expect(readFileSync(join(workspace, "important.txt"), "utf8")).toBe("untouched");
    const results = await house.resultsOf(after);
    rmSync(join(workspace, name), { recursive: true });
    expect(results.filter(({ status }) => status === "ok").map(({ tool }) => tool)).toEqual(["file.read"]);
    if (after.approvals.length > 0) must(await house.client.call("turns.stop", { turnId: after.turnId }));
  });

  it("writes nowhere else when a folder of the path becomes a link between the question and the yes", async () => {
    mkdirSync(join(workspace, "folder"));
    const { report } = await house.obey([[read("letter.txt")], [append("folder/id_rsa"), append("folder/planted")]]);
    expect(report.state).toBe("waiting");
    rmSync(join(workspace, "folder"), { recursive: true });
    symlinkSync(secrets, join(workspace, "folder"));
    const after = await house.allowAll(report);
    const results = await house.resultsOf(after);
    expect(results.filter(({ status }) => status === "ok").map(({ tool }) => tool)).toEqual(["file.read"]);
  });

  it("never crosses a link that is swapped in while it reads and writes", async () => {
    const real = join(workspace, "swap");
    mkdirSync(real);
    writeFileSync(join(real, "id_rsa"), "mine");
    symlinkSync(secrets, join(workspace, "swap.link"));
    let running = true;
    const swapping = (async () => {
      for (let turn = 0; running; turn += 1) {
        renameSync(real, join(workspace, "swap.away"));
        renameSync(join(workspace, "swap.link"), real);
        await new Promise((resolve) => setTimeout(resolve, turn % 3));
        renameSync(real, join(workspace, "swap.link"));
        renameSync(join(workspace, "swap.away"), real);
        await new Promise((resolve) => setTimeout(resolve, turn % 2));
      }
    })();
    const calls = Array.from({ length: 96 }, (_, index) =>
      index % 2 === 0 ? read("swap/id_rsa") : append(`swap/planted-${String(index % 8)}`),
    );
    await harvest(calls);
    running = false;
    await swapping;
    expect(readFileSync(join(secrets, "id_rsa"), "utf8")).toBe(CANARY);
  });

  it("reads neither another agent's files nor through its name", async () => {
    const other = must(await house.client.call("agents.create", { name: "Other" }));
    const room = house.workspaceOf(other.id);
    mkdirSync(room, { recursive: true });
    writeFileSync(join(room, "diary.txt"), CANARY);
    before = world();
    const paths = [
      `../${other.id}/diary.txt`,
      `../../workspaces/${other.id}/diary.txt`,
      join(room, "diary.txt"),
      `./x/../../${other.id}/diary.txt`,
    ];
    const said = await harvest([...paths.map(read), ...paths.map(append)]);
    expect(said.filter((line) => line.startsWith("ok"))).toEqual([]);
    const own = await house.obey([[read("diary.txt")]], { agentId: other.id });
    expect(own.results[0]?.status).toBe("ok");
  });

  it("gives an agent no tool that it was not created with", async () => {
    const poor = must(await house.client.call("agents.create", { name: "Poor", capabilities: ["calc"] }));
    const { results, report } = await house.obey(
      [
        [
          read("notes.txt"),
          append("notes.txt"),
          { tool: "reminder.create", arguments: { minutes: 1, text: "x" } },
          { tool: "memory.save", arguments: { text: "x" } },
          { tool: "web.fetch", arguments: { url: "https://example.org/" } },
        ],
      ],
      { agentId: poor.id },
    );
    expect(report.approvals).toEqual([]);
    expect(results.map(({ status }) => status)).toEqual(["refused", "refused", "refused", "refused", "refused"]);
    rmSync(house.workspaceOf(poor.id), { recursive: true, force: true });
  });

  it.skipIf(pollutions === null)("changes no prototype, whatever the arguments or the bodies hold", async () => {
    const keys = Object.getOwnPropertyNames(Object.prototype).toSorted();
    const payloads = [
      ...(pollutions?.payloads.filter(({ kind }) => kind === "json").map(({ payload }) => payload) ?? []),
      '{"path":"notes.txt","constructor":{"prototype":{"polluted":1}}}',
      '{"text":"x","\\u005f\\u005fproto\\u005f\\u005f":{"polluted":1}}',
      '{"query":{"__proto__":{"polluted":1}}}',
      '{"expr":"__proto__.polluted=1"}',
    ];
    const tools = ["file.read", "memory.save", "memory.search", "calc", "reminder.create"];
    const said = await harvest(payloads.flatMap((payload) => tools.map((tool) => ({ tool, arguments: payload }))));
    expect(said.filter((line) => line.startsWith("ok"))).toEqual([]);
    const token = await house.tokenOf("owner");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    for (const body of payloads) {
      for (const [method, path] of [
        ["POST", "/v2/agents"],
        ["POST", `/v2/agents/${house.agent.id}/messages`],
        ["PATCH", "/v2/config"],
        ["PUT", "/v2/secrets/x"],
        ["POST", "/v2/tokens"],
      ] as const) {
        expect((await house.http({ method, path, headers, body })).status, `${path} ${body}`).toBe(400);
      }
    }
    expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(keys);
    expect("polluted" in {}).toBe(false);
  });

  it.each([
    "__proto__.polluted",
    "constructor.prototype.polluted",
    "models.__proto__.polluted",
    "agents.__proto__",
    "models.providers.__proto__",
    "models.providers.__proto__.baseUrl",
  ])("sets no setting called %s, and writes it into no file", async (key) => {
    const set = await house.client.call("config.set", { key, value: "http://127.0.0.1:9/v1" });
    expect(readFileSync(join(house.place.home, "moltbot.json5"), "utf8")).not.toMatch(/__proto__|polluted/);
    expect(set.ok).toBe(false);
    expect("polluted" in {} || "baseUrl" in {}).toBe(false);
  });
});
