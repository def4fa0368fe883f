import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { label, ok, PrincipalId, SkillName } from "@moltbot/contracts";
import type { ToolOutcome } from "@moltbot/contracts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createToolExecutor } from "./index.ts";
import { withoutHead } from "./skill-read/without-head.ts";
import { alwaysOk, buildHouse, callOf, outsideOf, CANARY, person, scope } from "./test-support/world.ts";
import type { House, Shelved } from "./test-support/world.ts";

const HEAD = "---\nname: tidy-notes\ndescription: in the head, believed by nobody\n---\n\n";
const SCRIPT = "#!/bin/sh\ntouch ran\n";

const skill = (wish: Partial<Shelved> = {}): Shelved => ({
  name: SkillName.parse("tidy-notes"),
  description: "How notes are kept tidy.",
  trusted: false,
  signer: "Mallory",
  contents: { "SKILL.md": `${HEAD}# Tidy\n`, "scripts/tidy.py": SCRIPT, "logo.png": new Uint8Array([137, 0, 1]) },
  ...wish,
});
const FROM_SKILL = [{ kind: "skill", ref: "tidy-notes" }];
const OWN = [{ kind: "configuration", ref: "skill:tidy-notes" }];

describe("skills as tools give them", () => {
  let house: House;
  beforeEach(async () => {
    house = await buildHouse();
  });
  afterEach(() => house.close());

  const run = async (tool: string, args: Readonly<Record<string, string | boolean>>): Promise<ToolOutcome> => {
    const done = await house.run(callOf(tool, args));
    if (!done.ok) throw new Error(`${done.error.code}: ${done.error.message}`);
    return done.value;
  };
  const codeOf = async (tool: string, args: Readonly<Record<string, string | boolean>>): Promise<string> => {
    const done = await house.run(callOf(tool, args));
    return done.ok ? "ok" : done.error.code;
  };
  const inside = (path: string): string => join(house.workspace, path);
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(inside(path)), { recursive: true });
    await writeFile(inside(path), text);
  };

  it("are a stranger's words with the skill as their source, whoever asks for them", async () => {
    house.shelf.push(skill());
    const list = await run("skill.list", {});
    expect(list.text).toBe("tidy-notes (signed by Mallory, 3 files): How notes are kept tidy.");
    expect([list.label.integrity, list.label.sources]).toEqual(["untrusted", expect.arrayContaining(FROM_SKILL)]);
    const read = await run("skill.read", { skill: "tidy-notes" });
    expect(read.text).toBe(
      "# Tidy\n\n\n[Other files of this skill: scripts/tidy.py (20 bytes), logo.png (3 bytes). skill.read reads a text, skill.unpack puts them into the workspace.]",
    );
    expect([read.label.integrity, read.label.readers, read.label.sources]).toEqual(["untrusted", "public", FROM_SKILL]);
    expect((await run("skill.read", { skill: "tidy-notes", file: "scripts/tidy.py" })).text).toBe(SCRIPT);
    expect((await run("skill.read", { skill: "tidy-notes", file: "logo.png" })).text).toMatch(/^Not text: 3 bytes/);
  });

  it("are the person's own words where they signed them as theirs, and theirs alone to know", async () => {
    house.shelf.push(skill({ trusted: true, signer: "me" }));
    const read = await run("skill.read", { skill: "tidy-notes" });
    expect([read.label.integrity, read.label.readers, read.label.sources]).toEqual(["authority", [person], OWN]);
    expect((await run("skill.list", {})).label.integrity).toBe("authority");
    const other = PrincipalId.parse("01930000-0000-7000-8000-0000000000aa");
    const shared = { label: label("authority", [person, other]) };
    const hidden = await house.run(callOf("skill.read", { skill: "tidy-notes" }, shared));
    expect(hidden.ok && hidden.value.text).toBe("Not shown: not everybody in this conversation may know this skill.");
    const listed = await house.run(callOf("skill.list", {}, shared));
    expect(listed.ok && listed.value.text).toBe("none");
    expect((await house.run(callOf("skill.unpack", { skill: "tidy-notes" }, shared))).ok).toBe(false);
    expect(await readdir(house.workspace)).toEqual([]);
  });

  it("are no more trusted in a list than the least trusted of them", async () => {
    house.shelf.push(skill({ name: SkillName.parse("mine"), trusted: true }), skill());
    expect((await run("skill.list", {})).label.integrity).toBe("untrusted");
  });

  it("are there for nobody who was not given them, and no file outside their package is", async () => {
    expect(await codeOf("skill.read", { skill: "tidy-notes" })).toBe("NOT_FOUND");
    expect(await codeOf("skill.unpack", { skill: "tidy-notes" })).toBe("NOT_FOUND");
    house.shelf.push(skill());
    for (const file of ["../SKILL.md", "/etc/passwd", "constructor", "scripts", "skill.md"])
      expect(await codeOf("skill.read", { skill: "tidy-notes", file })).toBe("NOT_FOUND");
    const resolved = await house.tools.resolve(callOf("skill.read", { skill: "tidy-notes" }));
    expect(resolved.ok, "without the scope of the person nothing is looked up").toBe(false);
  });

  it("lie in their own folder when they are unpacked, run by nobody, and can be taken back", async () => {
    house.shelf.push(skill());
    const done = await run("skill.unpack", { skill: "tidy-notes" });
    expect(done.text).toMatch(/^ok: 3 files put into skills\/tidy-notes \(undo id /);
    expect(done.label.integrity, "numbers of ours bring no stranger's word into the view").toBe("authority");
    expect(await readdir(house.workspace)).toEqual(["skills"]);
    expect(await readFile(inside("skills/tidy-notes/scripts/tidy.py"), "utf8")).toBe(SCRIPT);
    expect((await stat(inside("skills/tidy-notes/scripts/tidy.py"))).mode & 0o111).toBe(0);
    expect(house.undo.map(({ changes }) => changes.map(({ path, before }) => [path, before]))).toEqual([
      [
        ["skills/tidy-notes/SKILL.md", null],
        ["skills/tidy-notes/scripts/tidy.py", null],
        ["skills/tidy-notes/logo.png", null],
      ],
    ]);
    const read = await run("file.read", { path: "skills/tidy-notes/scripts/tidy.py" });
    expect([read.label.integrity, read.label.sources]).toEqual(["untrusted", expect.arrayContaining(FROM_SKILL)]);
    expect((await run("skill.unpack", { skill: "tidy-notes" })).text).toBe(
      "ok: 0 files put into skills/tidy-notes, 3 stood there already",
    );
    expect(house.undo).toHaveLength(1);
  });

  it("bring one folder of theirs where that is meant", async () => {
    house.shelf.push(skill());
    await run("skill.unpack", { skill: "tidy-notes", folder: "scripts/" });
    expect(await readdir(inside("skills/tidy-notes"))).toEqual(["scripts"]);
    expect(await codeOf("skill.unpack", { skill: "tidy-notes", folder: "script" })).toBe("TOOL_FAILED");
  });

  it("replace no changed file that nobody gave up, and take the right to run from what they replace", async () => {
    house.shelf.push(skill());
    await put("skills/tidy-notes/scripts/tidy.py", "mine\n");
    await chmod(inside("skills/tidy-notes/scripts/tidy.py"), 0o700);
    expect(await codeOf("skill.unpack", { skill: "tidy-notes" })).toBe("TOOL_FAILED");
    expect(await readdir(inside("skills/tidy-notes"))).toEqual(["scripts"]);
    expect(await readFile(inside("skills/tidy-notes/scripts/tidy.py"), "utf8")).toBe("mine\n");
    await run("skill.unpack", { skill: "tidy-notes", replace: true });
    expect(await readFile(inside("skills/tidy-notes/scripts/tidy.py"), "utf8")).toBe(SCRIPT);
    expect((await stat(inside("skills/tidy-notes/scripts/tidy.py"))).mode & 0o777).toBe(0o600);
    const before = house.undo[0]?.changes.find(({ path }) => path.endsWith("tidy.py"))?.before;
    expect(Buffer.from(before?.content ?? "").toString()).toBe("mine\n");
  });

  it("are not unpacked where the package was updated between the question and the answer", async () => {
    house.shelf.push(skill());
    const call = callOf("skill.unpack", { skill: "tidy-notes" });
    const judged = await house.tools.resolve(call, scope);
    expect(judged.ok).toBe(true);
    house.shelf[0] = skill({ contents: { "SKILL.md": "evil", "scripts/tidy.py": "evil", "logo.png": "evil" } });
    const permit = house.permits.mint(call, judged.ok ? judged.value : []);
    const done = await house.tools.run(permit, call, scope, new AbortController().signal);
    expect(done.ok ? "ok" : done.error.code).toBe("CONFLICT");
    expect(await readdir(house.workspace)).toEqual([]);
  });

  it("show a person every file and what is in it before they come", async () => {
    house.shelf.push(skill());
    const preview = await house.tools.preview(callOf("skill.unpack", { skill: "tidy-notes" }), scope);
    expect(preview?.text).toContain("3 files come, 0 of them replace another; 0 stand there already");
    expect(preview?.text).toContain("+touch ran");
    expect(preview?.text).toContain("skills/tidy-notes/logo.png (3 bytes)");
  });

  const hostilePath = fc.oneof(
    fc
      .array(fc.constantFrom("..", ".", "a", "/", "\\", "~", "C:", "\0", "\u202e", "x.sh", ".git", " ", "…"), {
        minLength: 1,
        maxLength: 8,
      })
      .map((parts) => parts.join("")),
    fc
      .array(fc.constantFrom("..", "a", ".", "canary.txt", ""), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join("/")),
    fc.string({ minLength: 1, maxLength: 30 }),
  );

  it("never leave their folder, whatever their files are called", async () => {
    await fc.assert(
      fc.asyncProperty(hostilePath, async (path) => {
        house.shelf.splice(0, 1, skill({ contents: { [path]: "evil" } }));
        await house.run(callOf("skill.unpack", { skill: "tidy-notes", replace: true }));
        expect(await outsideOf(house)).toBe(CANARY);
        expect((await readdir(house.outside)).toSorted()).toEqual(expect.arrayContaining(["canary.txt", "workspace"]));
        expect((await readdir(house.outside)).filter((name) => name === "evil")).toEqual([]);
        for (const { changes } of house.undo)
          for (const change of changes) expect(change.path.startsWith("skills/tidy-notes/")).toBe(true);
        expect((await readdir(house.workspace)).filter((name) => name !== "skills")).toEqual([]);
        expect((await readdir(inside("skills")).catch(() => [])).filter((name) => name !== "tidy-notes")).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("would leave it, by a name alone, where places were not located (unplug)", async () => {
    // What a join of folder and name gives, which the located path never is.
    const evil = "../../../canary.txt";
    house.shelf.push(skill({ contents: { [evil]: "evil" } }));
    expect(await codeOf("skill.unpack", { skill: "tidy-notes", replace: true })).toBe("PATH_OUTSIDE_WORKSPACE");
    expect(await outsideOf(house)).toBe(CANARY);
    await mkdir(inside("skills/tidy-notes"), { recursive: true });
    await writeFile(join(house.workspace, "skills/tidy-notes", evil), "evil");
    expect(await outsideOf(house)).toBe("evil");
  });

  it("start no program by being read, listed or unpacked", async () => {
    const started: string[] = [];
    const programs = new Proxy(house.ports.programs, {
      get: (target, name) => {
        started.push(String(name));
        return Reflect.get(target, name) as unknown; // as it is
      },
    });
    house.shelf.push(
      skill({
        contents: {
          "SKILL.md": "!`touch ran`\n<script>run()</script>\n```sh\ntouch ran\n```\n",
          "package.json": '{"scripts":{"postinstall":"touch ran"}}',
          "scripts/tidy.py": SCRIPT,
        },
      }),
    );
    const tools = createToolExecutor({ ...house.ports, programs, redeemer: alwaysOk });
    for (const [tool, args] of [
      ["skill.list", {}],
      ["skill.read", { skill: "tidy-notes" }],
      ["skill.read", { skill: "tidy-notes", file: "scripts/tidy.py" }],
    ] as const) {
      const call = callOf(tool, args);
      expect((await tools.run(house.permits.mint(call), call, scope, new AbortController().signal)).ok).toBe(true);
    }
    const call = callOf("skill.unpack", { skill: "tidy-notes" });
    const judged = await tools.resolve(call, scope);
    const admitted = createToolExecutor({
      ...house.ports,
      programs,
      redeemer: { redeem: () => ok({ bounds: [], resources: judged.ok ? judged.value : [] }) },
    });
    expect((await admitted.run(house.permits.mint(call), call, scope, new AbortController().signal)).ok).toBe(true);
    expect(started).toEqual([]);
    const everything = await readdir(house.workspace, { recursive: true });
    expect(everything.filter((name) => name.endsWith("ran"))).toEqual([]);
    expect(house.sent).toEqual([]);
  });
});

describe("the head of a SKILL.md", () => {
  it("is no part of the instructions, however its lines end", () => {
    expect(withoutHead("---\nname: a\n---\n# A\n")).toBe("# A\n");
    expect(withoutHead("---\r\nname: a\r\n---\r\n\r\n# A\n")).toBe("# A\n");
    expect(withoutHead("\uFEFF---\n---\n# A")).toBe("# A");
    expect(withoutHead("# A\n---\nb\n---\n")).toBe("# A\n---\nb\n---\n");
    expect(withoutHead("---\nnever closed\n# A\n")).toBe("---\nnever closed\n# A\n");
    expect(withoutHead("---\nname: a\n----\n---\nb")).toBe("b");
  });

  it("takes no time that grows faster than the text", () => {
    const begin = performance.now();
    withoutHead(`---\n${"\n-- ---".repeat(40_000)}`);
    withoutHead(`---\n${"\n---x".repeat(40_000)}`);
    withoutHead("\n".repeat(200_000));
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});
