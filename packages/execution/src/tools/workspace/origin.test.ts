import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { err, label, moltbotError, ok, PrincipalId, SOMEBODY, speakersOf } from "@moltbot/contracts";
import type { JsonObject, Label, Source, ToolCall } from "@moltbot/contracts";
import { createToolExecutor } from "../create-tool-executor.ts";
import { buildHouse, callOf, CANARY, outsideOf, person, scope } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";
import { locate } from "./locate.ts";
import { keepOrigin, originAt, speaksOfPlaces } from "./origin.ts";
import { MOST_BYTES, readPresent } from "./put-file.ts";
import { undoChanges } from "./undo-changes.ts";

const EVIL: Source = { kind: "host", ref: "evil.example:443" };
const REPO: Source = { kind: "host", ref: "repo.example:443" };
const REMEMBERED: Source = { kind: "memory", ref: "m7" };
const seeing = (...sources: readonly Source[]): { readonly label: Label } => ({
  label: label("untrusted", [person], [{ kind: "message", ref: "m1" }, ...sources]),
});

let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(async () => {
  expect(await outsideOf(house)).toBe(CANARY);
  await house.close();
});

const inside = (name: string): string => join(house.workspace, name);
const textAt = (name: string): Promise<string | null> => readFile(inside(name), "utf8").catch(() => null);
const mine = async (name: string, text: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(inside(name)), { recursive: true });
  await writeFile(inside(name), text);
};
/** As the guard looks at it for its person. */
const resolved = async (call: ToolCall) => {
  const found = await house.tools.resolve(call, scope);
  if (!found.ok) throw new Error(found.error.code);
  return found.value;
};
/** Looked at, admitted and run, with something happening in between. */
const run = async (
  tool: string,
  given: JsonObject,
  more: Partial<ToolCall> = {},
  between: () => Promise<unknown> = async () => undefined,
): Promise<string> => {
  const call = callOf(tool, given, more);
  const resources = await resolved(call);
  await between();
  const ran = await house.tools.run(house.permits.mint(call, resources), call, scope, new AbortController().signal);
  return ran.ok ? (ran.value.text.split(/[ \n]/)[0] ?? "") : ran.error.code;
};
/** What the guard is told of who made a file. */
const makersOf = async (path: string, tool = "file.write"): Promise<readonly Source[] | undefined> => {
  const given = { path, text: "x", old: "x", new: "y", patch: "@@ -1 +1 @@\n-x\n+y\n" };
  const { text, old, new: next, patch } = given;
  const rest = tool === "file.edit" ? { old, new: next } : tool === "file.patch" ? { patch } : { text };
  const [resource] = await resolved(callOf(tool, { path, ...rest }, seeing()));
  return resource?.origin;
};

describe("who made a file, as the guard is told", () => {
  it("is who was in view when a call made it, by every tool that changes content", async () => {
    expect(await run("file.write", { path: "new.md", text: "one\n" }, seeing(REPO, REMEMBERED))).toBe("ok");
    for (const tool of ["file.write", "file.edit", "file.patch"])
      expect(await makersOf("new.md", tool)).toEqual([REPO, REMEMBERED]);
  });

  it("is nobody that can be told for the owner's file, one that does not stand, an empty one and a folder", async () => {
    await mine("mine.md", "my own words");
    await mine("empty.md", "");
    await mine("folder/x.md", "x");
    for (const path of ["mine.md", "none.md", "empty.md", "folder"]) expect(await makersOf(path)).toBeUndefined();
    await run("file.write", { path: "emptied.md", text: "" }, seeing(REPO));
    expect(await makersOf("emptied.md")).toBeUndefined();
  });

  it("is not looked up for a call in which nothing from outside had a part: nobody asks who made the file", async () => {
    await run("file.write", { path: "new.md", text: "one" }, seeing(REPO));
    const [plain] = await resolved(callOf("file.write", { path: "new.md", text: "x" }));
    expect([plain?.origin, await makersOf("new.md")]).toEqual([undefined, [REPO]]);
  });

  it("is not looked up for anybody but the call's own person", async () => {
    await run("file.write", { path: "new.md", text: "one" }, seeing(REPO));
    const stranger = PrincipalId.parse("01890000-0000-7000-8000-000000000000");
    const call = callOf("file.write", { path: "new.md", text: "x" }, seeing());
    for (const looked of [
      house.tools.resolve(call),
      house.tools.resolve(call, { ...scope, principalId: stranger }),
      house.tools.resolve({ ...call, authority: stranger }, scope),
    ]) {
      const found = await looked;
      expect(found.ok && found.value.map(({ origin }) => origin)).toEqual([undefined]);
    }
  });

  it("is unknown where it cannot be looked up or read", async () => {
    await run("file.write", { path: "new.md", text: "one" }, seeing(REPO));
    const of = vi.spyOn(house.ports.fileLabels, "of");
    of.mockResolvedValue(err(moltbotError("DATABASE_UNAVAILABLE", { problem: "away" })));
    expect(await makersOf("new.md")).toBeUndefined();
    of.mockRestore();
    expect(await makersOf("new.md")).toEqual([REPO]);
    await mine("large.bin", Buffer.alloc(MOST_BYTES + 1, "x"));
    expect(await makersOf("large.bin")).toBeUndefined();
    expect(await run("file.write", { path: "large.bin", text: "x" }, seeing(REPO))).toBe("FILE_TOO_LARGE");
    await symlink("new.md", inside("link.md"));
    expect(await makersOf("link.md")).toBeUndefined();
    if (process.getuid?.() === 0) return;
    await chmod(inside("new.md"), 0o000);
    expect(await makersOf("new.md")).toBeUndefined();
  });

  it("is the owner again once they touched it, and who it was once they put it back", async () => {
    await run("file.write", { path: "new.md", text: "one" }, seeing(REPO));
    await mine("new.md", "one, and mine");
    expect(await makersOf("new.md")).toBeUndefined();
    await mine("new.md", "one");
    expect(await makersOf("new.md")).toEqual([REPO]);
  });

  it("grows by whom a person let change it, and never by the owner's own change", async () => {
    await run("file.write", { path: "new.md", text: "one" }, seeing(REPO));
    await run("file.edit", { path: "new.md", old: "one", new: "two" }, seeing(REPO, EVIL));
    expect(await makersOf("new.md")).toEqual([EVIL, REPO]);
    await run("file.append", { path: "new.md", text: "three" }, seeing(REMEMBERED));
    expect(await makersOf("new.md")).toEqual([EVIL, REPO, REMEMBERED]);
    await run("file.edit", { path: "new.md", old: "two", new: "mine" });
    expect(await makersOf("new.md")).toBeUndefined();
  });

  it("counts what a value was made of", async () => {
    const values = { path: label("authority", [person]), text: label("untrusted", [person], [EVIL]) };
    await run("file.write", { path: "new.md", text: "one" }, { values });
    expect(await makersOf("new.md")).toEqual([EVIL]);
  });

  it("names no page that was read: it goes on with nothing, not even at the host of a repository", async () => {
    const fetched = await house.run(callOf("web.fetch", { url: "https://repo.example/issues/5" }));
    if (!fetched.ok) throw new Error(fetched.error.code);
    const FETCHED: Source = { kind: "tool", ref: "web.fetch" };
    expect(speakersOf(fetched.value.label.sources)).toEqual([REPO, FETCHED]);
    await run("file.write", { path: "new.md", text: "one" }, { label: fetched.value.label });
    expect(await makersOf("new.md")).toEqual([REPO]);
    // By a file, a memory or a program's copy it stays a page.
    const given = { label: fetched.value.label };
    await run("memory.save", { text: "a sum" }, given);
    await run("exec.run", { argv: ["x"] }, given);
    const later = [
      await house.run(callOf("file.read", { path: "new.md" })),
      await house.run(callOf("memory.search", { query: "a sum" })),
      await house.run(callOf("exec.run", { argv: ["x"] })),
    ];
    for (const seen of later) expect(seen.ok && seen.value.label.sources).toContainEqual(FETCHED);
  });

  it("names nobody for whom no name is left", async () => {
    await run("file.write", { path: "new.md", text: "one" }, seeing(SOMEBODY, REPO));
    expect(await makersOf("new.md")).toEqual([REPO]);
  });

  it("is who it was after an undo gives back what they made", async () => {
    await run("file.write", { path: "new.md", text: "one" }, seeing(REPO));
    await run("file.edit", { path: "new.md", old: "one", new: "two" }, seeing(REPO, EVIL));
    const [, entry] = house.undo;
    if (entry === undefined) throw new Error("nothing was kept");
    expect((await undoChanges(house.workspace, entry, house.ports.undo.hash)).ok).toBe(true);
    expect([await textAt("new.md"), await makersOf("new.md")]).toEqual(["one", [REPO]]);
  });
});

describe("an attack on an owner's file by making it seem a stranger's", () => {
  const OWN = "my own words\n";
  beforeEach(() => mine("mine.md", OWN));
  /** What a hijacked model may do before it tries: whatever it is, the owner's file stays the owner's. */
  const ATTEMPTS: Readonly<Record<string, () => Promise<unknown>>> = {
    "moving it away and back": async () => {
      await run("file.move", { from: "mine.md", to: "x.md" }, seeing(EVIL));
      expect(await makersOf("x.md")).toBeUndefined();
      await run("file.move", { from: "x.md", to: "mine.md" }, seeing(EVIL));
    },
    "moving its folder away and back": async () => {
      await run("file.move", { from: "mine.md", to: "f/mine.md" }, seeing(EVIL));
      await run("file.move", { from: "f", to: "g" }, seeing(EVIL));
      expect(await makersOf("g/mine.md")).toBeUndefined();
      await run("file.move", { from: "g/mine.md", to: "mine.md" }, seeing(EVIL));
    },
    "writing the same text elsewhere": () => run("file.write", { path: "copy.md", text: OWN }, seeing(EVIL)),
    "editing a file of its own making to the same text": async () => {
      await run("file.write", { path: "copy.md", text: "x" }, seeing(EVIL));
      await run("file.edit", { path: "copy.md", old: "x", new: OWN }, seeing(EVIL));
      expect(await makersOf("copy.md")).toEqual([EVIL]);
    },
    "changing it once by a person's yes": async () => {
      await run("file.append", { path: "mine.md", text: "one line" }, seeing(EVIL));
      await run("file.edit", { path: "mine.md", old: "one line\n", new: "" }, seeing(EVIL));
    },
    "writing it whole by a person's yes": () => run("file.write", { path: "mine.md", text: OWN }, seeing(EVIL)),
    "keeping a program's copy of it": async () => {
      house.fake.act = (copy) => writeFile(join(copy, "copy.md"), OWN);
      await run("exec.run", { argv: ["cp", "mine.md", "copy.md"], network: ["evil.example"] }, seeing(EVIL));
      expect(await run("exec.keep", {}, seeing(EVIL))).toBe("ok:");
      expect(await makersOf("copy.md")).toEqual([EVIL]);
    },
    "keeping what a program made of it": async () => {
      house.fake.act = (copy) => writeFile(join(copy, "mine.md"), `${OWN}evil`);
      await run("exec.run", { argv: ["x"], network: ["evil.example"] }, seeing(EVIL));
      expect(await run("exec.keep", { paths: ["mine.md"] }, seeing(EVIL))).toBe("ok:");
    },
    "an undo of a change": async () => {
      await run("file.edit", { path: "mine.md", old: "own", new: "evil" }, seeing(EVIL));
      const [entry] = house.undo;
      if (entry !== undefined) await undoChanges(house.workspace, entry, house.ports.undo.hash);
    },
    "a place beside it that is written the same but for case or form": async () => {
      for (const twin of ["MINE.md", "mine.MD", "m\u0131ne.md", "mi\u0301ne.md"])
        await run("file.write", { path: twin, text: OWN }, seeing(EVIL));
    },
    "a file that has the form of what is kept about places": async () => {
      const known: string[] = [];
      const of = vi.spyOn(house.ports.fileLabels, "of");
      await makersOf("mine.md");
      for (const [, content] of of.mock.calls) known.push(Buffer.from(content).toString());
      of.mockRestore();
      expect(known.length).toBeGreaterThan(0);
      for (const [at, text] of known.entries()) {
        expect(speaksOfPlaces(Buffer.from(text))).toBe(true);
        await run("file.write", { path: `forged${String(at)}.md`, text }, seeing(EVIL));
        await run("file.append", { path: `added${String(at)}.md`, text }, seeing(EVIL));
        house.fake.act = (copy) => writeFile(join(copy, `kept${String(at)}.md`), text);
        await run("exec.run", { argv: ["x"], network: ["evil.example"] }, seeing(EVIL));
        await run("exec.keep", {}, seeing(EVIL));
      }
    },
  };

  it.each(Object.entries(ATTEMPTS))("fails by %s", async (_, attempt) => {
    await attempt();
    expect(await textAt("mine.md")).not.toBeNull();
    expect(await makersOf("mine.md")).toBeUndefined();
  });

  it("fails by any of these one after another", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(Object.values(ATTEMPTS), { minLength: 2, maxLength: 4 }),
        async (attempts) => {
          // What an earlier run left where this one moves things would keep them from coming back.
          for (const left of ["mine.md", "x.md", "f", "g"]) await rm(inside(left), { recursive: true, force: true });
          await mine("mine.md", OWN);
          for (const attempt of attempts) {
            house.undo.length = 0;
            await attempt().catch(() => undefined);
          }
          expect(await makersOf("mine.md")).toBeUndefined();
        },
      ),
      { numRuns: 12 },
    );
  });

  it("unplug: where a content alone says who made it, moving a file away and back is enough", async () => {
    const byContent: House["ports"]["fileLabels"] = {
      ...house.ports.fileLabels,
      of: (by, content) => {
        const [, digest = ""] = /"([0-9a-f]{64})"\]$/.exec(Buffer.from(content).toString()) ?? [];
        const kept = house.labels.get(digest);
        return speaksOfPlaces(content) ? Promise.resolve(ok(kept ?? null)) : house.ports.fileLabels.of(by, content);
      },
    };
    const makers = async () => {
      const tools = createToolExecutor({ ...house.ports, fileLabels: byContent, redeemer: house.permits });
      const found = await tools.resolve(callOf("file.write", { path: "mine.md", text: "x" }, seeing()), scope);
      return found.ok ? found.value[0]?.origin : undefined;
    };
    expect(await makers()).toBeUndefined();
    await ATTEMPTS["moving it away and back"]?.();
    expect([await makersOf("mine.md"), await makers()]).toEqual([undefined, [EVIL]]);
  });
});

describe("a stranger's file and another stranger", () => {
  it("is not the other's by having the same content at another place", async () => {
    await run("file.write", { path: "repo.md", text: "licence" }, seeing(REPO));
    await run("file.write", { path: "evil.md", text: "x" }, seeing(EVIL));
    await run("file.edit", { path: "evil.md", old: "x", new: "licence" }, seeing(EVIL));
    expect([await makersOf("repo.md"), await makersOf("evil.md")]).toEqual([[REPO], [EVIL]]);
  });

  it("is not the other's by being moved: a name that somebody chose is a new one", async () => {
    await run("file.write", { path: "repo.md", text: "one" }, seeing(REPO));
    await run("file.move", { from: "repo.md", to: "moved.md" }, seeing(EVIL));
    expect(await makersOf("moved.md")).toBeUndefined();
  });
});

describe("a move, as the guard looks at it", () => {
  const marks = async (given: JsonObject, more: Partial<ToolCall> = {}) =>
    (await resolved(callOf("file.move", given, more))).map(({ value, outside }) => [value, outside ?? false]);

  it("says of each place where something comes that it may be what somebody from outside made", async () => {
    await mine("a.md", "x");
    await mine("folder/b.md", "x");
    const values = { from: label("authority", [person]), to: label("untrusted", [person], [EVIL]) };
    for (const more of [seeing(EVIL), seeing(), { label: label("participant", [person]) }, { values }]) {
      expect(await marks({ from: "a.md", to: "c.md" }, more)).toEqual([
        ["a.md", false],
        ["c.md", true],
      ]);
      expect(await marks({ from: "folder", to: "other" }, more)).toEqual([
        ["folder", false],
        ["other", true],
        ["folder/b.md", false],
        ["other/b.md", true],
      ]);
      expect(await run("file.move", { from: "folder", to: "other" }, more)).toBe("ok");
      expect(await run("file.move", { from: "other", to: "folder" }, more)).toBe("ok");
    }
  });

  it("says nothing of it where all is the owner's own choice", async () => {
    await mine("a.md", "x");
    expect(await marks({ from: "a.md", to: "c.md" })).toEqual([
      ["a.md", false],
      ["c.md", false],
    ]);
  });
});

describe("a change that was allowed for who made the file", () => {
  const CHANGES: readonly (readonly [string, JsonObject])[] = [
    ["file.write", { path: "new.md", text: "evil" }],
    ["file.edit", { path: "new.md", old: "one", new: "evil" }],
    ["file.patch", { path: "new.md", patch: "@@ -1 +1 @@\n-one\n+evil\n" }],
  ];
  beforeEach(async () => {
    await run("file.write", { path: "new.md", text: "one\n" }, seeing(REPO));
    house.undo.length = 0;
  });

  it.each(CHANGES)("passes with %s while it stands", async (tool, given) => {
    expect(await run(tool, given, seeing(REPO))).toBe("ok");
    expect(await textAt("new.md")).toContain("evil");
  });

  const MEANWHILE: readonly (readonly [string, () => Promise<unknown>, string | null])[] = [
    ["the owner wrote into it", () => mine("new.md", "one\nand mine\n"), "one\nand mine\n"],
    [
      "the owner put another in its place",
      async () => {
        await mine("other", "one\nmine\n");
        await rename(inside("other"), inside("new.md"));
      },
      "one\nmine\n",
    ],
    ["it went", () => rm(inside("new.md")), null],
    ["it was emptied", () => mine("new.md", ""), ""],
    [
      "somebody else had a part in it by then",
      () => run("file.append", { path: "new.md", text: "two" }, seeing(EVIL)),
      "one\ntwo\n",
    ],
    [
      "who made it cannot be looked up any more",
      async () => void vi.spyOn(house.ports.fileLabels, "of").mockResolvedValue(ok(null)),
      "one\n",
    ],
  ];
  it.each(
    CHANGES.flatMap(([tool, given]) => MEANWHILE.map(([what, ...rest]) => [tool, what, given, ...rest] as const)),
  )("changes nothing with %s where %s", async (tool, _, given, between, left) => {
    expect(await run(tool, given, seeing(REPO), between)).toMatch(/^(CONFLICT|FILE_NOT_FOUND)$/);
    vi.restoreAllMocks();
    expect(await textAt("new.md")).toBe(left);
    expect(house.undo.filter(({ tool: by }) => by === tool)).toEqual([]);
  });

  it("unplug: without the second look, words of the owner that came meanwhile are changed", async () => {
    const call = callOf("file.write", { path: "new.md", text: "evil" }, seeing(REPO));
    const blind = (await resolved(call)).map(({ argument, kind, value, refusal }) => ({
      argument,
      kind,
      value,
      refusal,
    }));
    await mine("new.md", "mine\n");
    const ran = await house.tools.run(house.permits.mint(call, blind), call, scope, new AbortController().signal);
    expect([ran.ok, await textAt("new.md")]).toEqual([true, "evil"]);
  });
});

describe("what programs left, and who made it", () => {
  const left = (path: string, text: string) => {
    house.fake.act = async (copy) => {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), text);
    };
  };

  it("is who had a part in the copy, with whoever is in view when it is kept", async () => {
    left("sum/a.js", "a - b");
    await run("exec.run", { argv: ["git", "clone"], network: ["repo.example"] });
    expect(await run("exec.keep", {})).toBe("ok:");
    expect(await makersOf("sum/a.js")).toEqual([REPO]);
    left("sum/b.js", "b");
    await run("exec.run", { argv: ["make"] }, seeing(REMEMBERED));
    expect(await run("exec.keep", {}, seeing(EVIL))).toBe("ok:");
    expect(await makersOf("sum/b.js")).toEqual([EVIL, REPO, REMEMBERED]);
  });

  it("is the owner where nothing from outside was in the copy or in view", async () => {
    left("made.js", "mine, in other words");
    await run("exec.run", { argv: ["make"] });
    expect(await run("exec.keep", {})).toBe("ok:");
    expect(await makersOf("made.js")).toBeUndefined();
  });

  it("stays the owner's where a file of theirs is replaced", async () => {
    await mine("mine.js", "mine");
    left("mine.js", "theirs");
    await run("exec.run", { argv: ["make"], network: ["repo.example"] });
    expect(await run("exec.keep", {})).toBe("ok:");
    expect([await textAt("mine.js"), await makersOf("mine.js")]).toEqual(["theirs", undefined]);
  });
});

describe("the parts that keep it", () => {
  it("keep nothing for an empty content, the owner's own change, or a file of the owner's", async () => {
    await mine("a.md", "mine");
    const at = await locate(house.workspace, "a.md");
    if (!at.ok) throw new Error(at.error.code);
    const present = await readPresent(at.value);
    if (!present.ok || present.value === null) throw new Error("it must stand there");
    const before = house.labels.size;
    const [outside, own] = [label("untrusted", [person], [EVIL]), label("authority", [person])];
    const on = { scope, ports: house.ports };
    await keepOrigin(on, at.value, Buffer.alloc(0), outside, null);
    await keepOrigin(on, at.value, Buffer.from("x"), own, null);
    await keepOrigin(on, at.value, Buffer.from("x"), outside, present.value);
    expect(house.labels.size).toBe(before);
    await keepOrigin(on, at.value, Buffer.from("x"), outside, null);
    expect(await originAt(at.value, { content: Buffer.from("x") }, house.ports, scope)).toEqual([EVIL]);
  });

  it("change nothing else where it cannot be kept", async () => {
    vi.spyOn(house.ports.fileLabels, "keep").mockRejectedValue(new Error("away"));
    expect(await run("file.write", { path: "new.md", text: "one" }, seeing(REPO))).toBe("ok");
    expect(await run("file.append", { path: "new.md", text: "two" }, seeing(REPO))).toBe("ok");
    expect([await textAt("new.md"), await makersOf("new.md")]).toEqual(["one\ntwo\n", undefined]);
  });
});
