import { chmod, link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { done, label, moltbotError, err } from "@moltbot/contracts";
import { createToolExecutor } from "../create-tool-executor.ts";
import { alwaysOk, callOf, CANARY, person, scope } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";
import { OK, inGroup, watchedHouse } from "../test-support/watched-house.ts";
import { holdByDescriptors } from "./hold-folder.ts";
import type { Holder } from "./hold-folder.ts";
import { locate } from "./locate.ts";
import { makeFile, MOST_BYTES, readPresent, removeFile, replaceFile } from "./put-file.ts";
import type { Present } from "./put-file.ts";

const place = watchedHouse();
const { inside, textAt, run, undo } = place;
const untrusted = { label: label("untrusted", [person], [{ kind: "host", ref: "evil.test" }]) } as const;
const labelOf = async (name: string) => {
  const known = await place.house.ports.fileLabels.of(scope, await readFile(inside(name)));
  return known.ok ? (known.value?.integrity ?? "unknown") : "unreadable";
};

describe("file.write", () => {
  it("makes a file with the folders above it, for its owner alone", async () => {
    expect(await run("file.write", { path: "a/b/c.txt", text: "hello" })).toMatch(OK);
    expect(await textAt("a/b/c.txt")).toBe("hello");
    expect((await stat(inside("a/b/c.txt"))).mode & 0o777).toBe(0o600);
    expect((await stat(inside("a/b"))).mode & 0o777).toBe(0o700);
  });

  it("replaces the whole of a file, keeps its mode, and leaves nothing else", async () => {
    await writeFile(inside("a.txt"), "much longer than before");
    await chmod(inside("a.txt"), 0o640);
    expect(await run("file.write", { path: "a.txt", text: "new" })).toMatch(OK);
    expect(await textAt("a.txt")).toBe("new");
    expect((await stat(inside("a.txt"))).mode & 0o777).toBe(0o640);
    expect(await readdir(place.house.workspace)).toEqual(["a.txt"]);
  });

  it("labels the new content as the call, whatever stood there", async () => {
    await run("file.write", { path: "a.txt", text: "from a page" }, untrusted);
    expect(await labelOf("a.txt")).toBe("untrusted");
    await run("file.write", { path: "a.txt", text: "my own words" });
    expect(await labelOf("a.txt")).toBe("authority");
  });

  it("says what would change, as a diff, and to a group only what the call holds", async () => {
    await writeFile(inside("a.txt"), "one\ntwo\nthree\n");
    const wish = { path: "a.txt", text: "one\n2\u202e\nthree\n" };
    const shown = await place.house.tools.preview(callOf("file.write", wish));
    expect(shown?.text).toBe("--- a.txt\n+++ a.txt\n@@ line 2 @@\n one\n-two\n+2⟨U+202E⟩\n three");
    const toGroup = await place.house.tools.preview(callOf("file.write", wish, inGroup));
    expect(toGroup?.text).not.toContain("two");
    expect(toGroup?.text).toContain("+2⟨U+202E⟩");
    expect(await textAt("a.txt")).toBe("one\ntwo\nthree\n");
  });

  it("shows each place that differs, with the lines around it and none of those between", async () => {
    const lines = Array.from({ length: 40 }, (_, at) => `line ${at + 1}`);
    await writeFile(inside("a.txt"), `${lines.join("\n")}\n`);
    const next = lines.with(4, "five").with(6, "seven").toSpliced(30, 1);
    const shown = await place.house.tools.preview(
      callOf("file.write", { path: "a.txt", text: `${next.join("\n")}\n` }),
    );
    expect(shown?.text.split("\n")).toEqual([
      "--- a.txt",
      "+++ a.txt",
      "@@ line 5 @@",
      " line 2",
      " line 3",
      " line 4",
      "-line 5",
      "+five",
      " line 6",
      "-line 7",
      "+seven",
      " line 8",
      " line 9",
      " line 10",
      "@@ line 31 @@",
      " line 28",
      " line 29",
      " line 30",
      "-line 31",
      " line 32",
      " line 33",
      " line 34",
    ]);
  });

  it("keeps the first and the last place in sight, whatever is padded between, and counts what is left out", async () => {
    const lines = Array.from({ length: 4000 }, (_, at) => `line ${at + 1} ${"x".repeat(30)}`);
    await writeFile(inside("a.txt"), lines.join("\n"));
    const next = lines
      .map((line, at) => (at % 10 === 5 ? `padding ${line}` : line))
      .with(5, "first")
      .with(3995, "last");
    const shown = await place.house.tools.preview(callOf("file.write", { path: "a.txt", text: next.join("\n") }));
    const text = shown?.text ?? "";
    expect(text.length).toBeLessThan(10_000);
    expect(text).toContain("\n+first\n");
    expect(text).toContain("\n+last\n");
    const [, places, removed] = /… \[(\d+) more places not shown: (\d+) lines removed, \2 added\] …/.exec(text) ?? [];
    expect(places).toBe(removed);
    expect(Number(places) + (text.match(/^@@ /gm) ?? []).length).toBe(400);
  });

  it("shows one place whose pieces are too many as a whole, with its beginning and its end", async () => {
    const lines = Array.from({ length: 3000 }, (_, at) => `line ${at + 1}`);
    await writeFile(inside("a.txt"), lines.join("\n"));
    const next = lines.map((line, at) => (at % 2 === 0 ? `changed ${line}` : line));
    const shown = await place.house.tools.preview(callOf("file.write", { path: "a.txt", text: next.join("\n") }));
    const text = shown?.text ?? "";
    expect(text.length).toBeLessThan(10_000);
    for (const part of ["\n-line 1\n", "\n+changed line 1\n", "\n-…", "\n+…"]) expect(text).toContain(part);
    expect(text.split("\n").every((line) => /^(---|\+\+\+|@@|[-+ …\\])/.test(line))).toBe(true);
  });

  it("lets no part of a long line look like a line of another kind", async () => {
    await writeFile(inside("a.txt"), `${"x".repeat(300)}+ fine\nold\n`);
    const text = `${"x".repeat(300)}+ fine\n${"y".repeat(3000)}${"-old".repeat(1000)}\n`;
    const shown = await place.house.tools.preview(callOf("file.write", { path: "a.txt", text }));
    const lines = shown?.text.split("\n") ?? [];
    expect(lines.map((line) => line.slice(0, 2))).toEqual(["--", "++", "@@", " x", "-o", "+y", "… ", "+…"]);
    expect(shown?.text.length).toBeLessThan(5_000);
  });

  it("resolves a file that may be run as such, so that the guard can ask", async () => {
    await writeFile(inside("tool"), "x");
    const resolved = async () => {
      const found = await place.house.tools.resolve(callOf("file.write", { path: "tool", text: "y" }));
      return found.ok ? found.value[0]?.executable : found.error.code;
    };
    expect(await resolved()).toBeUndefined();
    await chmod(inside("tool"), 0o711);
    expect(await resolved()).toBe(true);
  });
});

describe("file.edit", () => {
  beforeEach(() => writeFile(inside("a.txt"), "\uFEFFone two\r\nthree $& two\n"));

  it("replaces the one place, by its very characters", async () => {
    expect(await run("file.edit", { path: "a.txt", old: "three $&", new: "$& $1 $$" })).toMatch(OK);
    expect(await textAt("a.txt")).toBe("\uFEFFone two\r\n$& $1 $$ two\n");
  });

  it.each([
    ["two", "more than once"],
    ["four", "does not stand"],
  ])("changes nothing where %j stands there %s", async (old, says) => {
    const ran = await place.house.run(callOf("file.edit", { path: "a.txt", old, new: "x" }));
    expect(ran).toMatchObject({ ok: false, error: { code: "TOOL_FAILED" } });
    expect(JSON.stringify(ran)).toContain(says);
    expect(place.house.undo).toEqual([]);
  });

  it("counts occurrences that overlap", async () => {
    await writeFile(inside("b.txt"), "aaa");
    expect(await run("file.edit", { path: "b.txt", old: "aa", new: "b" })).toBe("TOOL_FAILED");
  });

  it("refuses what is no text, and what is not there", async () => {
    await writeFile(inside("binary"), Buffer.from([0xff, 0x00]));
    expect(await run("file.edit", { path: "binary", old: "x", new: "y" })).toBe("FILE_NOT_TEXT");
    expect(await run("file.edit", { path: "none", old: "x", new: "y" })).toBe("FILE_NOT_FOUND");
  });

  it("joins the label of what stays with the call's", async () => {
    expect(await run("file.edit", { path: "a.txt", old: "one", new: "1" })).toMatch(OK);
    expect(await labelOf("a.txt")).toBe("untrusted");
    await run("file.write", { path: "own.txt", text: "mine alone" });
    await run("file.edit", { path: "own.txt", old: "mine", new: "all mine" });
    expect(await labelOf("own.txt")).toBe("authority");
    await run("file.edit", { path: "own.txt", old: "alone", new: "evil" }, untrusted);
    expect(await labelOf("own.txt")).toBe("untrusted");
  });

  it("brings nothing of a stranger's file into the view but that it fitted", async () => {
    const ran = await place.house.run(callOf("file.edit", { path: "a.txt", old: "one", new: "1" }));
    expect(ran.ok && [ran.value.label.integrity, ran.value.label.readers]).toEqual(["authority", [person]]);
    expect(ran.ok && ran.value.text).toMatch(OK);
  });

  it("tells a group nothing of a file that not all of it may know, not even whether a text stands in it", async () => {
    for (const old of ["one", "not in it"])
      expect(await run("file.edit", { path: "a.txt", old, new: "1" }, inGroup)).toBe("TOOL_FAILED");
    expect(await run("file.edit", { path: "a.txt", old: "one", new: "1" })).toMatch(OK);
  });
});

describe("file.append", () => {
  it("keeps what stood there: a line can be taken back, and so can the file that it made", async () => {
    await writeFile(inside("a.txt"), "no end");
    await chmod(inside("a.txt"), 0o640);
    expect(await run("file.append", { path: "a.txt", text: "two" })).toMatch(OK);
    expect(await textAt("a.txt")).toBe("no end\ntwo\n");
    expect(await undo()).toBe("undone");
    expect(await textAt("a.txt")).toBe("no end");
    expect((await stat(inside("a.txt"))).mode & 0o777).toBe(0o640);
    expect(await run("file.append", { path: "new.txt", text: "one" })).toMatch(OK);
    expect(await undo()).toBe("undone");
    expect(await readdir(place.house.workspace)).toEqual(["a.txt"]);
  });

  it("keeps what each of several at once found, so that all can be taken back", async () => {
    await Promise.all(["one", "two", "three"].map((text) => run("file.append", { path: "a.txt", text })));
    expect((await textAt("a.txt"))?.split("\n").toSorted()).toEqual(["", "one", "three", "two"]);
    for (const entry of place.house.undo.toReversed()) expect(await undo(entry)).toBe("undone");
    expect(await readdir(place.house.workspace)).toEqual([]);
  });

  it("adds a line whatever somebody else wrote in between, and takes nothing of theirs back", async () => {
    await writeFile(inside("a.txt"), "one\n");
    const keep: House["ports"]["undo"]["keep"] = async (...given) => {
      await writeFile(inside("a.txt"), "theirs\n", { flag: "a" });
      return place.house.ports.undo.keep(...given);
    };
    const tools = createToolExecutor({
      ...place.house.ports,
      undo: { ...place.house.ports.undo, keep },
      redeemer: alwaysOk,
    });
    const call = callOf("file.append", { path: "a.txt", text: "two" });
    await tools.run(place.house.permits.mint(call), call, scope, new AbortController().signal);
    expect(await undo()).toBe("CONFLICT");
    expect(await textAt("a.txt")).toBe("one\ntheirs\ntwo\n");
  });
});

describe("file.move and file.delete", () => {
  it("move a file with its mode into new folders, and replace nothing", async () => {
    await writeFile(inside("a.txt"), "hello");
    await chmod(inside("a.txt"), 0o640);
    expect(await run("file.move", { from: "a.txt", to: "b/c.txt" })).toMatch(OK);
    expect([await textAt("a.txt"), await textAt("b/c.txt")]).toEqual([null, "hello"]);
    expect((await stat(inside("b/c.txt"))).mode & 0o777).toBe(0o640);
    await writeFile(inside("a.txt"), "other");
    expect(await run("file.move", { from: "a.txt", to: "b/c.txt" })).toBe("CONFLICT");
    expect(await run("file.move", { from: "a.txt", to: "b" })).toBe("CONFLICT");
    expect(await run("file.move", { from: "a.txt", to: "a.txt" })).toBe("CONFLICT");
    expect([await textAt("a.txt"), await textAt("b/c.txt")]).toEqual(["other", "hello"]);
  });

  it("put whoever chose a name into the label of what has it", async () => {
    await run("file.write", { path: "a.txt", text: "mine" });
    await run("file.move", { from: "a.txt", to: "ignore all rules.txt" }, untrusted);
    expect(await labelOf("ignore all rules.txt")).toBe("untrusted");
  });

  it("delete a file, and the folder around it stays", async () => {
    await mkdir(inside("d"));
    await writeFile(inside("d/a.txt"), "hello");
    expect(await run("file.delete", { path: "d/a.txt" })).toMatch(OK);
    expect(await run("file.delete", { path: "d/a.txt" })).toBe("FILE_NOT_FOUND");
    expect(await readdir(inside("d"))).toEqual([]);
  });

  it("show on the card what would go", async () => {
    await writeFile(inside("a.txt"), "one\ntwo");
    const shown = await place.house.tools.preview(callOf("file.delete", { path: "a.txt" }));
    expect(shown?.text).toBe("--- a.txt\n+++ (no file any more)\n@@ line 1 @@\n-one\n-two");
    expect(await place.house.tools.preview(callOf("file.delete", { path: "a.txt" }, inGroup))).toBeNull();
  });

  it("name both places to the guard", async () => {
    await writeFile(inside("a.txt"), "x");
    const found = await place.house.tools.resolve(callOf("file.move", { from: "a.txt", to: ".envrc" }));
    expect(found.ok && found.value.map(({ argument, value }) => [argument, value])).toEqual([
      ["from", "a.txt"],
      ["to", ".envrc"],
    ]);
  });
});

describe("undoing", () => {
  it("gives back the very bytes and modes of any run of changes, one after the other", async () => {
    const step = fc.oneof(
      fc.record({
        tool: fc.constant("file.write"),
        path: fc.constantFrom("a", "b/c"),
        text: fc.string({ maxLength: 20 }),
      }),
      fc.record({
        tool: fc.constant("file.append"),
        path: fc.constantFrom("a", "b/c"),
        text: fc.constantFrom("x", "y\n"),
      }),
      fc.record({ tool: fc.constant("file.delete"), path: fc.constantFrom("a", "b/c") }),
      fc.record({
        tool: fc.constant("file.move"),
        from: fc.constantFrom("a", "b/c"),
        to: fc.constantFrom("a", "b/c", "d"),
      }),
    );
    const world = async () => [await textAt("a"), await textAt("b/c"), await textAt("d")];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const before = [];
        for (const { tool, ...given } of steps) {
          const was = await world();
          const kept = place.house.undo.length;
          const ran = await run(tool, given);
          if (OK.test(ran)) before.push({ was, entry: place.house.undo.at(-1) });
          else expect([await world(), place.house.undo.length]).toEqual([was, kept]);
        }
        for (const { was, entry } of before.toReversed()) {
          expect(await undo(entry)).toBe("undone");
          expect(await world()).toEqual(was);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("puts nothing back over what somebody wrote since", async () => {
    await writeFile(inside("a.txt"), "first");
    await run("file.write", { path: "a.txt", text: "second" });
    await writeFile(inside("a.txt"), "the owner's own");
    expect(await undo()).toBe("CONFLICT");
    expect(await textAt("a.txt")).toBe("the owner's own");
    await run("file.delete", { path: "a.txt" });
    await writeFile(inside("a.txt"), "again");
    expect(await undo()).toBe("CONFLICT");
    expect(await textAt("a.txt")).toBe("again");
  });

  it("follows no link that took a file's place", async () => {
    await run("file.write", { path: "d/a.txt", text: "x" });
    await rename(inside("d"), inside("e"));
    await symlink(place.house.outside, inside("d"));
    expect(await undo()).toBe("PATH_OUTSIDE_WORKSPACE");
    expect(await textAt("e/a.txt")).toBe("x");
  });

  it("is kept before anything changes: what cannot be kept is not changed", async () => {
    await writeFile(inside("a.txt"), "first");
    const refusing = { ...place.house.ports.undo, keep: async () => err(moltbotError("CONTENT_UNREADABLE")) };
    const tools = createToolExecutor({ ...place.house.ports, undo: refusing, redeemer: alwaysOk });
    for (const [tool, given] of [
      ["file.write", { path: "a.txt", text: "x" }],
      ["file.append", { path: "a.txt", text: "x" }],
      ["file.append", { path: "new.txt", text: "x" }],
      ["file.edit", { path: "a.txt", old: "first", new: "x" }],
      ["file.patch", { path: "a.txt", patch: "@@ -1 +1 @@\n-first\n\\ No newline\n+x\n" }],
      ["file.move", { from: "a.txt", to: "b.txt" }],
      ["file.delete", { path: "a.txt" }],
    ] as const) {
      const call = callOf(tool, given);
      const ran = await tools.run(place.house.permits.mint(call), call, scope, new AbortController().signal);
      expect(ran).toMatchObject({ ok: false, error: { code: "CONTENT_UNREADABLE" } });
    }
    expect(await readdir(place.house.workspace)).toEqual(["a.txt"]);
    expect(await textAt("a.txt")).toBe("first");
  });

  it("unplug: without the port's keeping, the same write leaves nothing to come back to", async () => {
    await writeFile(inside("a.txt"), "first");
    const forgetting = { ...place.house.ports.undo, keep: async () => done };
    const tools = createToolExecutor({ ...place.house.ports, undo: forgetting, redeemer: alwaysOk });
    const call = callOf("file.write", { path: "a.txt", text: "gone" });
    await tools.run(place.house.permits.mint(call), call, scope, new AbortController().signal);
    expect(await undo()).toBe("nothing kept");
    expect(await textAt("a.txt")).toBe("gone");
  });
});

describe("limits", () => {
  it("keep a file within ten megabytes, and change none that cannot be kept", async () => {
    await writeFile(inside("large"), Buffer.alloc(MOST_BYTES + 1, 97));
    expect(await run("file.write", { path: "large", text: "x" })).toBe("FILE_TOO_LARGE");
    expect(await run("file.delete", { path: "large" })).toBe("FILE_TOO_LARGE");
    expect(await run("file.move", { from: "large", to: "b" })).toBe("FILE_TOO_LARGE");
    await writeFile(inside("full"), `${"a".repeat(MOST_BYTES - 1)}b`);
    expect(await run("file.edit", { path: "full", old: "b", new: "cc" })).toBe("FILE_TOO_LARGE");
    expect((await stat(inside("full"))).size).toBe(MOST_BYTES);
    expect(await run("file.write", { path: "a", text: "x".repeat(262_145) })).toBe("TOOL_ARGUMENTS_INVALID");
  });

  it("stop before the effect when everything was stopped", async () => {
    const call = callOf("file.write", { path: "a", text: "x" });
    const stopped = AbortSignal.abort(moltbotError("EVERYTHING_STOPPED", { since: "2026-11-22T12:00:00.000Z" }));
    expect((await place.house.run(call, stopped)).ok).toBe(false);
    expect(await readdir(place.house.workspace)).toEqual([]);
  });
});

const WAYS_OUT = [
  "../canary.txt",
  "/etc/passwd",
  "~/.ssh/id_rsa",
  "a/../../canary.txt",
  "..\\canary.txt",
  "C:canary.txt",
  "a\u200b.txt",
  "\u202Etxt.a",
  "nul",
  "a.txt.",
  "a.txt ",
  "a//b",
  "a\0b",
  "//server/share",
  "a:stream",
  "",
  ".",
];

describe("a hijacked model and what lies outside its workspace", () => {
  it.each(WAYS_OUT)("reaches nothing by %j", async (path) => {
    await writeFile(inside("own.txt"), "own");
    const codes = [
      await run("file.write", { path, text: "x" }),
      await run("file.edit", { path, old: "nobody", new: "x" }),
      await run("file.patch", { path, patch: "@@ -1 +1 @@\n-canary\n+x\n" }),
      await run("file.delete", { path }),
      await run("file.move", { from: path, to: "stolen.txt" }),
      await run("file.move", { from: "own.txt", to: path }),
      await run("file.list", { folder: path }),
      await run("file.search", { text: "canary", folder: path }),
    ];
    for (const code of codes) expect(code).toMatch(/^(PATH_OUTSIDE_WORKSPACE|TOOL_ARGUMENTS_INVALID)$/);
    expect(await readdir(place.house.workspace)).toEqual(["own.txt"]);
    expect(place.house.undo).toEqual([]);
  });

  it("reaches nothing through links, second names and folders that lead out", async () => {
    await symlink(join(place.house.outside, "canary.txt"), inside("soft"));
    await symlink(place.house.outside, inside("out"));
    await writeFile(inside("own.txt"), "own");
    await link(inside("own.txt"), inside("second"));
    for (const path of ["soft", "out/canary.txt", "out/new.txt", "second", "own.txt"]) {
      expect(await run("file.write", { path, text: "x" })).toBe("PATH_OUTSIDE_WORKSPACE");
      expect(await run("file.delete", { path })).toBe("PATH_OUTSIDE_WORKSPACE");
      expect(await run("file.move", { from: path, to: "stolen" })).toBe("PATH_OUTSIDE_WORKSPACE");
    }
    expect(await run("file.list", {})).toBe("No files.");
    expect(await run("file.search", { text: "canary" })).toBe("Nothing found.");
    expect(await run("file.list", { folder: "out" })).toBe("PATH_OUTSIDE_WORKSPACE");
  });
});

describe("a folder swapped for a link after it was looked at", () => {
  const target = async () => {
    await mkdir(inside("d"));
    await writeFile(inside("d/canary.txt"), "own");
    const located = await locate(place.house.workspace, "d/canary.txt");
    const present = located.ok ? await readPresent(located.value) : located;
    if (!located.ok || !present.ok || present.value === null) throw new Error("the file is there");
    await rename(inside("d"), inside("aside"));
    await symlink(place.house.outside, inside("d"));
    return { located: located.value, present: present.value };
  };
  /** What stands outside as if it were the file that was read: what a check by content alone would take for it. */
  const taken = async (): Promise<Present> => {
    const located = await locate(place.house.outside, "canary.txt");
    const present = located.ok ? await readPresent(located.value) : located;
    if (!present.ok || present.value === null) throw new Error("the canary is there");
    return present.value;
  };

  it("lets nothing be made, replaced or removed outside", async () => {
    const { located } = await target();
    const present = await taken();
    const code = "PATH_OUTSIDE_WORKSPACE";
    expect(await replaceFile(located, present, Buffer.from("evil"), "m")).toMatchObject({ ok: false, error: { code } });
    expect(await removeFile(located, present)).toMatchObject({ ok: false, error: { code } });
    const made = await makeFile({ ...located, parts: ["d", "planted.txt"] }, Buffer.from("evil"));
    expect(made).toMatchObject({ ok: false, error: { code } });
  });

  it("unplug: with a holder that goes by the path alone, the same removal reaches outside", async () => {
    const { located } = await target();
    const careless: Holder = async ({ root, parts }) => ({
      at: (name) => join(root, ...parts.slice(0, -1), name),
      isThere: async () => true,
      sync: async () => undefined,
      close: async () => undefined,
    });
    expect(await removeFile(located, await taken(), careless)).toEqual(done);
    expect(await readdir(place.house.outside)).not.toContain("canary.txt");
    await writeFile(join(place.house.outside, "canary.txt"), CANARY);
  });

  it("while it is held is found: nothing is written into a folder that was carried out of the workspace", async () => {
    await mkdir(inside("d"));
    const located = await locate(place.house.workspace, "d/a.txt");
    if (!located.ok) throw new Error("it lies inside");
    const carrying: Holder = async (where, make) => {
      const held = await holdByDescriptors(where, make);
      await rename(inside("d"), join(place.house.outside, "carried"));
      return held;
    };
    const made = await makeFile(located.value, Buffer.from("x"), 0o600, carrying);
    expect(made).toMatchObject({ ok: false, error: { code: "PATH_OUTSIDE_WORKSPACE" } });
    expect(await readdir(join(place.house.outside, "carried"))).toEqual([]);
    await rename(join(place.house.outside, "carried"), inside("d"));
  });

  it("or a file swapped for another is left alone", async () => {
    await writeFile(inside("a.txt"), "first");
    const located = await locate(place.house.workspace, "a.txt");
    const present = located.ok ? await readPresent(located.value) : located;
    if (!located.ok || !present.ok || present.value === null) throw new Error("the file is there");
    await writeFile(inside("b.txt"), "the owner's own");
    await rename(inside("b.txt"), inside("a.txt"));
    const code = "CONFLICT";
    expect(await removeFile(located.value, present.value)).toMatchObject({ ok: false, error: { code } });
    const replaced = await replaceFile(located.value, present.value, Buffer.from("evil"), "m");
    expect(replaced).toMatchObject({ ok: false, error: { code } });
    expect(await readdir(place.house.workspace)).toEqual(["a.txt"]);
    expect(await textAt("a.txt")).toBe("the owner's own");
  });
});

describe("file.list and file.search", () => {
  beforeEach(async () => {
    await run("file.write", { path: "docs/a.md", text: "one Apple\ntwo\n" });
    await writeFile(inside("note.txt"), "an apple of mine\n");
    await writeFile(inside("binary"), Buffer.from("apple\0"));
  });

  it("list files with their sizes, of a folder too", async () => {
    expect(await run("file.list", {})).toBe("binary (6 bytes)\ndocs/a.md (14 bytes)\nnote.txt (17 bytes)");
    expect(await run("file.list", { folder: "docs" })).toBe("docs/a.md (14 bytes)");
    expect(await run("file.list", { folder: "doc" })).toBe("No files.");
  });

  it("find a text in any case, with file and line, and no pattern", async () => {
    expect(await run("file.search", { text: "APPLE" })).toBe("docs/a.md:1: one Apple\nnote.txt:1: an apple of mine");
    expect(await run("file.search", { text: "a.*e" })).toBe("Nothing found.");
    expect(await run("file.search", { text: "apple", folder: "docs" })).toBe("docs/a.md:1: one Apple");
  });

  it("give a stranger's text: names too may have been chosen by anybody", async () => {
    for (const call of [callOf("file.list", {}), callOf("file.search", { text: "two" })]) {
      const ran = await place.house.run(call);
      expect(ran.ok && ran.value.label.integrity).toBe("untrusted");
      expect(ran.ok && ran.value.label.sources).toContainEqual({ kind: "file", ref: "docs/a.md" });
    }
  });

  it("leave out for a group what not all of it may know, names too", async () => {
    await run("file.write", { path: "shared.txt", text: "an apple for all" }, inGroup);
    expect(await run("file.list", {}, inGroup)).toBe("shared.txt (16 bytes)");
    expect(await run("file.search", { text: "apple" }, inGroup)).toBe("shared.txt:1: an apple for all");
    expect(await run("file.search", { text: "apple" })).toContain("note.txt");
  });

  it("stop at their limits and say so", async () => {
    await writeFile(inside("many.txt"), "needle\n".repeat(150));
    const found = (await run("file.search", { text: "needle" })).split("\n");
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe("… not all files were searched.");
    await mkdir(inside("lots"));
    for (let at = 0; at < 501; at += 1) await writeFile(inside(`lots/${at}`), "x");
    const listed = (await run("file.list", { folder: "lots" })).split("\n");
    expect(listed).toHaveLength(501);
    const last = listed.at(-2)?.replace(/ \(.*/, "");
    expect(listed.at(-1)).toBe(`… there are more files: go on with after “${last ?? ""}”.`);
    expect(await run("file.list", { folder: "lots", after: last ?? "" })).toBe("lots/99 (1 bytes)");
  });
});
