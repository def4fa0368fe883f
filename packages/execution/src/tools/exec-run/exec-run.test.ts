import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { label, moltbotError, PrincipalId } from "@moltbot/contracts";
import type { JsonObject, ToolCall } from "@moltbot/contracts";
import { createToolExecutor } from "../create-tool-executor.ts";
import { clipped } from "../exec-program/show-output.ts";
import { buildHouse, callOf, CANARY, outsideOf, person, scope } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";

let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(async () => {
  expect(await outsideOf(house)).toBe(CANARY);
  await house.close();
});

const run = async (tool: string, given: JsonObject, more: Partial<ToolCall> = {}): Promise<string> => {
  const ran = await house.run(callOf(tool, given, more));
  return ran.ok ? ran.value.text : ran.error.code;
};
const resourcesOf = async (tool: string, given: JsonObject) => {
  const found = await house.tools.resolve(callOf(tool, given));
  return found.ok ? found.value : found.error.code;
};

describe("exec.run", () => {
  it("runs on a copy, changes nothing in the workspace, and says how it ended and how to bring it back", async () => {
    await writeFile(join(house.workspace, "a.txt"), "one\n");
    house.fake.act = async (copy) => {
      await writeFile(join(copy, "a.txt"), "two\n");
      await writeFile(join(copy, "tool"), "#!/bin/sh\n", { mode: 0o755 });
      return { exitCode: 3, output: Buffer.from("out\n"), errors: Buffer.from("err\n"), milliseconds: 1234 };
    };
    const text = await run("exec.run", { argv: ["make", "all"], cwd: ".", seconds: 7, input: "in" }).then((said) =>
      said.split("\n\n"),
    );
    expect(text).toEqual([
      "exit code 3 after 1.2 s",
      "stdout (4 bytes):\nout",
      "stderr (4 bytes):\nerr",
      "The copy differs from the workspace in 2 files:\nadded  tool  10 bytes  may be run as a program\nchanged  a.txt  4 bytes",
      'None of it is in the workspace yet. exec.keep {} brings all of it back, exec.keep {"paths": ["src", "a.txt"]} only that.',
    ]);
    expect(readFileSync(join(house.workspace, "a.txt"), "utf8")).toBe("one\n");
    expect(readdirSync(house.workspace)).toEqual(["a.txt"]);
    expect(house.undo).toEqual([]);
    const [wish] = house.fake.wishes;
    expect(wish).toMatchObject({ argv: ["make", "all"], hosts: [], seconds: 7 });
    expect(Buffer.from(wish?.input ?? []).toString()).toBe("in");
  });

  it("goes on with the copy that an earlier run left, with what changed in the workspace since", async () => {
    house.fake.act = (copy) => writeFile(join(copy, "installed"), "x");
    await run("exec.run", { argv: ["install"] });
    await writeFile(join(house.workspace, "new.txt"), "new");
    let seen: readonly string[] = [];
    house.fake.act = async (copy) => {
      seen = (await readdir(copy)).toSorted();
    };
    await run("exec.run", { argv: ["ls"] });
    expect(seen).toEqual(["installed", "new.txt"]);
  });

  it("gives its words to the turn's person alone, as a stranger's", async () => {
    const ran = await house.run(callOf("exec.run", { argv: ["true"] }));
    expect(ran.ok && [ran.value.label.integrity, ran.value.label.readers]).toEqual(["untrusted", [person]]);
    const inGroup = { label: label("authority", [person, PrincipalId.parse("01890000-0000-7000-8000-000000000000")]) };
    const shared = await house.run(callOf("exec.run", { argv: ["true"] }, inGroup));
    expect(shared.ok && shared.value.label.readers).toEqual([person]);
  });

  it.each([
    ["time", "its time was over"],
    ["memory", "too much memory"],
    ["output", "wrote too much"],
    ["disk", "filled the disk"],
    ["stopped", "was stopped"],
  ] as const)("says that it ended by %s", async (stop, says) => {
    house.fake.act = async () => ({ exitCode: null, stop });
    expect(await run("exec.run", { argv: ["x"] })).toContain(says);
  });

  it("keeps secrets in what a program wrote out of sight", async () => {
    const secret = `ghp_${"a1B2".repeat(9)}`;
    house.fake.act = async () => ({ output: Buffer.from(`token=${secret}\n`) });
    const ran = await house.run(callOf("exec.run", { argv: ["env"] }));
    expect(JSON.stringify(ran)).not.toContain(secret);
    expect(ran.ok && ran.value.text).toContain("secret kept back");
  });

  it("names what changed on both sides, and gathers a full folder into one line", async () => {
    await writeFile(join(house.workspace, "a.txt"), "one");
    house.fake.act = async (copy) => {
      await writeFile(join(copy, "a.txt"), "theirs");
      await mkdir(join(copy, "node_modules/.bin"), { recursive: true });
      for (let at = 0; at < 90; at += 1) await writeFile(join(copy, `node_modules/m${String(at)}.js`), "x");
      await writeFile(join(copy, "node_modules/.bin/tool"), "x", { mode: 0o755 });
    };
    await run("exec.run", { argv: ["x"] });
    await writeFile(join(house.workspace, "a.txt"), "mine");
    house.fake.act = async () => undefined;
    const text = await run("exec.run", { argv: ["x"] });
    expect(text).toContain("Changed in the workspace too, and left as the copy has them: a.txt");
    expect(text).toContain("90 files in  node_modules/");
    expect(text).toContain("added  node_modules/.bin/tool  1 bytes  may be run as a program");
    expect(text.split("\n").filter((line) => line.startsWith("added")).length).toBe(1);
  });

  it("is told of a stop of its turn, and says how far it came", async () => {
    const stop = new AbortController();
    house.fake.act = (_copy, _wish, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve({ exitCode: null, stop: "stopped" }));
        stop.abort(moltbotError("TURN_STOPPED"));
      });
    const ran = await house.run(callOf("exec.run", { argv: ["sleep", "100"] }), stop.signal);
    expect(ran.ok && ran.value.text).toContain("ended: it was stopped");
  });

  it("has an outcome that nobody knows when everything is stopped", async () => {
    const stop = new AbortController();
    let told = false;
    house.fake.act = (_copy, _wish, signal) =>
      new Promise(() => {
        signal.addEventListener("abort", () => (told = true));
        stop.abort(moltbotError("EVERYTHING_STOPPED", { since: "2026-11-22T12:00:00.000Z" }));
      });
    const ran = await house.run(callOf("exec.run", { argv: ["sleep", "100"] }), stop.signal);
    expect([ran.ok, !ran.ok && ran.error.code, told]).toEqual([false, "TOOL_OUTCOME_UNKNOWN", true]);
  });

  it("says in its sentence what runs, where, and whom it may reach", () => {
    const say = (given: JsonObject) => house.tools.describe(callOf("exec.run", given));
    expect(say({ argv: ["npm", "test"] })).toBe("Runs “npm test” on a copy of the workspace, without network.");
    expect(say({ argv: ["npm", "ci"], cwd: "web", network: ["registry.npmjs.org", "a\u202eb.org"] })).toBe(
      "Runs “npm ci” in “web” on a copy of the workspace, with network to registry.npmjs.org, a⟨U+202E⟩b.org.",
    );
  });
});

describe("a copy that had something from outside", () => {
  const flags = async () => {
    const programs = await resourcesOf("exec.run", { argv: ["make"] });
    const kept = await resourcesOf("exec.keep", {});
    return [programs, kept].map((found) => (typeof found === "string" ? found : found.map(({ outside }) => outside)));
  };
  beforeEach(() => {
    house.fake.act = (copy) => writeFile(join(copy, "a.txt"), String(house.fake.wishes.length));
  });

  it("says so to the guard ever after, and not before", async () => {
    await run("exec.run", { argv: ["make"] });
    expect(await flags()).toEqual([[undefined], [undefined]]);
    await run("exec.run", { argv: ["make"] }, { label: label("untrusted", [person]) });
    expect(await flags()).toEqual([[true], [true]]);
    await run("exec.run", { argv: ["make"] });
    expect(await flags()).toEqual([[true], [true]]);
  });

  it.each([
    ["a host", { network: ["example.org"] }, {}],
    ["an argument from outside", {}, { values: { argv: label("untrusted", [person]) } }],
    ["a participant's words", {}, { label: label("participant", [person]) }],
  ] as const)("had it by %s", async (_, given, more) => {
    await run("exec.run", { argv: ["make"], ...given }, more);
    expect(await flags()).toEqual([[true], [true]]);
  });

  it("had it by what a running program was told", async () => {
    const started = await run("exec.start", { argv: ["serve"] });
    const program = started.replace("started: program ", "");
    await run("exec.run", { argv: ["make"] });
    expect(await flags()).toEqual([[undefined], [undefined]]);
    await run("exec.input", { program, text: "x" }, { label: label("untrusted", [person]) });
    expect(await flags()).toEqual([[true], [true]]);
  });

  it("runs nothing where that cannot be kept", async () => {
    const place = await house.ports.placeOf(callOf("exec.run", { argv: ["make"] }));
    if (!place.ok) throw new Error("there must be a place");
    await mkdir(`${place.value.copy}.outside`, { recursive: true });
    expect(await run("exec.run", { argv: ["make"], network: ["example.org"] })).toBe("TOOL_FAILED");
    expect(house.fake.wishes).toEqual([]);
  });
});

describe("what a program wrote", () => {
  it("is shown by its beginning and its end, and says how much is missing", () => {
    const text = clipped(Buffer.from(`begin${"x".repeat(100_000)}end`));
    expect([text.startsWith("begin"), text.endsWith("end")]).toEqual([true, true]);
    expect(text).toContain(`… [${String(100_008 - 24 * 1024)} bytes left out] …`);
  });

  it("cannot control a terminal or break a text, whatever its bytes are", () => {
    expect(clipped(Buffer.from("\u001b[2Ja\rb\u202ec\r\nd"))).toBe("⟨U+001B⟩[2Ja⟨U+000D⟩b⟨U+202E⟩c\nd");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 2, max: 100 }), (bytes, most) => {
        const text = clipped(bytes, most);
        expect(text.isWellFormed()).toBe(true);
        expect(text).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe("a program, as the guard looks at it", () => {
  it("is known by the hash of the host's file that runs under its name", async () => {
    const hash = createHash("sha256")
      .update(readFileSync(realpathSync("/usr/bin/env")))
      .digest("hex");
    for (const name of ["env", "/usr/bin/env", "/bin/env"])
      expect(await resourcesOf("exec.run", { argv: [name] })).toEqual([
        { argument: "argv", kind: "executable", value: name, identity: hash, refusal: null },
      ]);
    expect(await resourcesOf("exec.shell", { command: "id" })).toMatchObject([
      { argument: "command", kind: "executable", value: "/bin/sh", refusal: null },
    ]);
  });

  it("has no identity where the wall shows another file, or none", async () => {
    for (const name of ["./env", "bin/env", "/home/env", "/etc/passwd", "/usr/../etc/passwd", "no-such-program"])
      expect(await resourcesOf("exec.run", { argv: [name] })).toEqual([
        { argument: "argv", kind: "executable", value: name, refusal: null },
      ]);
  });

  it("is refused while the wall does not stand", async () => {
    house.fake.state = { kind: "missing", problem: "bubblewrap is not installed", next: "Install it." };
    for (const [tool, given] of [
      ["exec.run", { argv: ["env"] }],
      ["exec.start", { argv: ["env"] }],
      ["exec.shell", { command: "env" }],
    ] as const)
      expect(await resourcesOf(tool, given)).toMatchObject([{ kind: "executable", refusal: "SANDBOX_UNAVAILABLE" }]);
  });

  it("names each host that it may reach once, by host and port, with everybody as its readers", async () => {
    const found = await resourcesOf("exec.run", {
      argv: ["git"],
      network: ["Example.org", "example.org:443", "example.org:8443", "[2606:4700::1111]", "127.0.0.1:8080"],
    });
    const host = { argument: "network", kind: "host", readers: "public" };
    expect(typeof found === "string" ? found : found.slice(1)).toEqual([
      { ...host, value: "example.org:443", refusal: null },
      { ...host, value: "example.org:8443", refusal: null },
      { ...host, value: "[2606:4700::1111]:443", refusal: null },
      { ...host, value: "127.0.0.1:8080", refusal: "ADDRESS_REFUSED", grantable: true },
    ]);
  });
});

describe("hostile arguments", () => {
  it.each([
    [{ argv: [] }],
    [{ argv: [""] }],
    [{ argv: ["--bind", "/", "/"] }],
    [{ argv: ["-c"] }],
    [{ argv: ["LD_PRELOAD=x", "true"] }],
    [{ argv: ["true\0"] }],
    [{ argv: ["true", "a\0b"] }],
    [{ argv: ["a b"] }],
    [{ argv: ["true"], env: { PATH: "x" } }],
    [{ argv: ["true"], seconds: 0 }],
    [{ argv: ["true"], seconds: 100_000 }],
    [{ argv: ["x".repeat(40_000)] }],
    [{ argv: "true" }],
  ] as readonly (readonly [JsonObject])[])("%j run nothing", async (given) => {
    expect(await run("exec.run", given)).toBe("TOOL_ARGUMENTS_INVALID");
    expect(house.fake.wishes).toEqual([]);
  });

  it.each([["../"], ["/etc"], ["a/../.."], ["~"], ["a\\b"], ["c:"], ["a\u202eb"], ["out"], ["out/x"]])(
    "the folder %j is refused, and nothing runs",
    async (cwd) => {
      await symlink(house.outside, join(house.workspace, "out"));
      expect(await resourcesOf("exec.run", { argv: ["true"], cwd })).toMatchObject([
        {},
        { argument: "cwd", kind: "path", value: "", refusal: "PATH_OUTSIDE_WORKSPACE" },
      ]);
      expect(await run("exec.run", { argv: ["true"], cwd })).toBe("PATH_OUTSIDE_WORKSPACE");
      expect(house.fake.wishes).toEqual([]);
    },
  );

  it.each([
    ["http://example.org"],
    ["example.org/path"],
    ["user@example.org"],
    ["example.org#x"],
    ["example.org?x"],
    ["*.example.org"],
    ["example.org:0"],
    ["example.org:99999"],
    ["0x7f.1"],
    ["169.254.169.254"],
    ["a b"],
    [""],
    ["example.org:443,evil.org"],
  ])("the host %j is none, and nothing runs", async (host) => {
    expect(await run("exec.run", { argv: ["true"], network: [host] })).toMatch(
      /^(URL_INVALID|ADDRESS_REFUSED|TOOL_ARGUMENTS_INVALID)$/,
    );
    expect(house.fake.wishes).toEqual([]);
  });

  it("a grant that limits methods or paths opens no network, and a grant for a private host is handed to the gate", async () => {
    const runBound = async (bounds: Parameters<typeof boundRun>[0]) => boundRun(bounds);
    const boundRun = async (bounds: readonly object[]): Promise<string> => {
      const redeemer = { redeem: () => ({ ok: true, value: { bounds } }) as never }; // the limits of a grant
      const tools = createToolExecutor({ ...house.ports, redeemer });
      const call = callOf("exec.run", { argv: ["true"], network: ["127.0.0.1:8080"] });
      const ran = await tools.run(house.permits.mint(call), call, scope, new AbortController().signal);
      return ran.ok ? "ran" : ran.error.code;
    };
    expect(await runBound([{ kind: "method-in", argument: "network", methods: ["GET"] }])).toBe("REQUEST_NOT_ALLOWED");
    expect(await runBound([{ kind: "path-prefix", argument: "network", prefixes: ["/"] }])).toBe("REQUEST_NOT_ALLOWED");
    expect(house.fake.wishes).toEqual([]);
    expect(await runBound([{ kind: "host-in", argument: "network", hosts: ["127.0.0.1:8080"] }])).toBe("ran");
    expect(house.fake.wishes[0]?.authority).toMatchObject({
      hosts: ["127.0.0.1:8080"],
      granted: ["127.0.0.1:8080"],
      tool: "exec.run",
    });
    expect(await runBound([])).toBe("ran");
    expect(house.fake.wishes[1]?.authority?.granted).toEqual([]);
  });
});

describe("exec.shell", () => {
  it("hands the whole line to a shell behind the wall, and shows its parts on the card", async () => {
    house.fake.act = async () => ({ output: Buffer.from("done") });
    const command = "npm ci && npm test > log.txt";
    expect(await run("exec.shell", { command })).toContain("done");
    expect(house.fake.wishes[0]?.argv).toEqual(["/bin/sh", "-c", command]);
    expect(await house.tools.preview(callOf("exec.shell", { command }))).toEqual({
      kind: "text",
      text: "run        npm ci\n&&  and then, if that went well\nrun        npm test\n  redirect > log.txt",
    });
    expect(house.tools.describe(callOf("exec.shell", { command, network: ["example.org"] }))).toBe(
      "Runs the shell command “npm ci && npm test > log.txt” on a copy of the workspace, with network to example.org.",
    );
  });
});

describe("a program in the background", () => {
  const started = async (more: JsonObject = {}): Promise<string> =>
    (await run("exec.start", { argv: ["serve", "-p", "1"], ...more })).replace("started: program ", "");

  it("is started, told, read and ended by its id", async () => {
    const program = await started();
    expect(house.fake.wishes[0]?.seconds).toBe(14_400);
    expect(await run("exec.input", { program, text: "hello\n", end: true })).toBe("ok");
    const one = house.fake.background[0];
    expect(one?.told).toEqual(["hello\n<end>"]);
    one?.say("listening\n");
    expect(await run("exec.output", { program })).toBe("it is running\n\noutput (10 bytes):\nlistening");
    expect(await run("exec.output", { program, seconds: 0 })).toBe("it is running");
    expect(await run("exec.end", { program })).toBe("ended");
    expect(await run("exec.output", { program })).toBe("exit code 137\n\nNothing differs from the workspace.");
    expect(await run("exec.input", { program, text: "x" })).toBe("NOT_FOUND");
  });

  it("is waited for until it says something", async () => {
    const program = await started();
    setTimeout(() => house.fake.background[0]?.say("late"), 150);
    expect(await run("exec.output", { program, seconds: 20 })).toContain("late");
  });

  it("is nobody else's: another conversation neither reads, tells nor ends it", async () => {
    const program = await started();
    const other = { conversationId: callOf("x", {}).turnId as unknown as ToolCall["conversationId"] }; // any other id
    house.fake.background[0]?.say("private");
    for (const [tool, given] of [
      ["exec.output", { program }],
      ["exec.input", { program, text: "x" }],
      ["exec.end", { program }],
    ] as const)
      expect(await run(tool, given, other)).toBe("NOT_FOUND");
    expect(house.fake.background[0]).toMatchObject({ ended: null, told: [] });
    expect(await run("exec.output", { program: "../x" })).toBe("TOOL_ARGUMENTS_INVALID");
  });

  it("is named to the guard with the hosts that it reaches: what it is told, it can tell them", async () => {
    const program = await started({ network: ["example.org"] });
    expect(await resourcesOf("exec.input", { program, text: "my notes" })).toEqual([
      { argument: "program", kind: "executable", value: "serve", identity: program, outside: true, refusal: null },
      { argument: "program", kind: "host", value: "example.org:443", readers: "public", refusal: null },
    ]);
  });

  it("of which nobody knows how it was started has no name, which the guard refuses", async () => {
    const program = await started();
    const { programs } = house.ports;
    const strange = { ...programs, find: (key: string, id: string) => ({ ...programs.find(key, id) }) as never };
    const tools = createToolExecutor({ ...house.ports, programs: strange, redeemer: house.permits });
    const found = await tools.resolve(callOf("exec.input", { program, text: "x" }));
    expect(found.ok && found.value).toEqual([
      { argument: "program", kind: "executable", value: "", identity: program, refusal: null },
    ]);
  });

  it("is told of in sentences that hide nothing", () => {
    const say = (tool: string, given: JsonObject) => house.tools.describe(callOf(tool, given));
    expect(say("exec.start", { argv: ["serve"] })).toBe(
      "Starts “serve” in the background on a copy of the workspace, without network.",
    );
    expect(say("exec.input", { program: "7", text: "rm -rf x\n\u202e", end: true })).toBe(
      "Gives “rm -rf x ⏎ □” to the running program “7”, and nothing after it.",
    );
    expect(say("exec.output", { program: "7" })).toBe("Reads what the running program “7” wrote.");
    expect(say("exec.end", { program: "7" })).toBe("Ends the running program “7”.");
  });

  it("does not begin after everything was stopped", async () => {
    const stop = new AbortController();
    const placeOf: typeof house.ports.placeOf = async (call) => {
      stop.abort(moltbotError("EVERYTHING_STOPPED", { since: "2026-11-22T12:00:00.000Z" }));
      return house.ports.placeOf(call);
    };
    const tools = createToolExecutor({ ...house.ports, placeOf, redeemer: house.permits });
    const call = callOf("exec.start", { argv: ["serve"] });
    const ran = await tools.run(house.permits.mint(call), call, scope, stop.signal);
    expect(ran.ok).toBe(false);
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(house.fake.background).toEqual([]);
  });

  it("that began while everything was being stopped is ended", async () => {
    const stop = new AbortController();
    const { programs } = house.ports;
    const slow: typeof programs.start = async (wish) => {
      stop.abort(moltbotError("EVERYTHING_STOPPED", { since: "2026-11-22T12:00:00.000Z" }));
      return programs.start(wish);
    };
    const tools = createToolExecutor({
      ...house.ports,
      programs: { ...programs, start: slow },
      redeemer: house.permits,
    });
    const call = callOf("exec.start", { argv: ["serve"] });
    await tools.run(house.permits.mint(call), call, scope, stop.signal);
    await expect.poll(() => house.fake.background[0]?.ended).toBe(137);
  });
});
