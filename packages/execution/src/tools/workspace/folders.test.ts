import { chmod, link, mkdir, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { err, label, moltbotError } from "@moltbot/contracts";
import type { JsonObject, UndoEntry } from "@moltbot/contracts";
import { createToolExecutor } from "../create-tool-executor.ts";
import { callOf, person, scope } from "../test-support/world.ts";
import { OK, inGroup, watchedHouse } from "../test-support/watched-house.ts";
import type { Holder } from "./hold-folder.ts";
import { listWorkspaceFiles } from "./list-files.ts";
import { locate } from "./locate.ts";
import { moveFolder, removeFolder } from "./put-folder.ts";

const place = watchedHouse();
const { inside, textAt, run, undo } = place;
const world = async (): Promise<Readonly<Record<string, string>>> => {
  const listing = await listWorkspaceFiles(place.house.workspace);
  const files = listing.ok ? listing.value.files : [];
  const found: Record<string, string> = {};
  for (const { path } of files) found[path] = (await textAt(path)) ?? "unreadable";
  return found;
};
const resolved = async (tool: string, given: JsonObject): Promise<readonly (readonly [string, string, boolean])[]> => {
  const found = await place.house.tools.resolve(callOf(tool, given));
  if (!found.ok) throw new Error(found.error.code);
  return found.value.map(({ argument, value, executable }) => [argument, value, executable === true]);
};
const codeOfResolve = async (tool: string, given: JsonObject): Promise<string> => {
  const found = await place.house.tools.resolve(callOf(tool, given));
  return found.ok ? "ok" : found.error.code;
};

const lay = async (): Promise<void> => {
  await mkdir(inside("site/css"), { recursive: true });
  await mkdir(inside("site/empty"));
  await writeFile(inside("site/index.html"), "<p>hi</p>");
  await writeFile(inside("site/css/a.css"), "p {}");
  await writeFile(inside("site/tool"), "#!/bin/sh\n");
  await chmod(inside("site/tool"), 0o750);
};

describe("a folder", () => {
  it("is deleted with all that is in it, and comes back whole, with the right to run", async () => {
    await lay();
    const before = await world();
    expect(await run("file.delete", { path: "site" })).toMatch(OK);
    expect(await readdir(place.house.workspace)).toEqual([]);
    expect(await undo()).toBe("undone");
    expect(await world()).toEqual(before);
    expect((await stat(inside("site/tool"))).mode & 0o777).toBe(0o750);
  });

  it("is moved as a whole, the same files in it, and comes back", async () => {
    await lay();
    const [before, inode] = [await world(), (await stat(inside("site/css/a.css"))).ino];
    expect(await run("file.move", { from: "site", to: "old/site" })).toMatch(OK);
    expect(Object.keys(await world())).toEqual(["old/site/css/a.css", "old/site/index.html", "old/site/tool"]);
    expect((await stat(inside("old/site/css/a.css"))).ino).toBe(inode);
    expect((await stat(inside("old/site/empty"))).isDirectory()).toBe(true);
    expect(await undo()).toBe("undone");
    expect(await world()).toEqual(before);
  });

  it("is put back by undoing whatever was done to it, one after the other", async () => {
    const step = fc.oneof(
      fc.record({ tool: fc.constant("file.delete"), path: fc.constantFrom("site", "site/css", "b") }),
      fc.record({
        tool: fc.constant("file.move"),
        from: fc.constantFrom("site", "site/css", "b"),
        to: fc.constantFrom("b", "site/b", "c/d"),
      }),
      fc.record({
        tool: fc.constant("file.write"),
        path: fc.constantFrom("site/index.html", "b/new.txt"),
        text: fc.constant("x"),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        await rm(place.house.workspace, { recursive: true });
        await lay();
        const before: { readonly was: Readonly<Record<string, string>>; readonly entry: UndoEntry | undefined }[] = [];
        for (const { tool, ...given } of steps) {
          const was = await world();
          if (OK.test(await run(tool, given))) before.push({ was, entry: place.house.undo.at(-1) });
          else expect(await world()).toEqual(was);
        }
        for (const { was, entry } of before.toReversed()) {
          expect(await undo(entry)).toBe("undone");
          expect(await world()).toEqual(was);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("names every file in it to the guard, where it is and where it comes: what runs later is asked about", async () => {
    await lay();
    await writeFile(inside("site/.envrc"), "x");
    expect(await resolved("file.delete", { path: "site" })).toEqual([
      ["path", "site", false],
      ["path", "site/.envrc", false],
      ["path", "site/css/a.css", false],
      ["path", "site/index.html", false],
      ["path", "site/tool", true],
    ]);
    await rm(inside("site/.envrc"));
    expect(await resolved("file.move", { from: "site", to: ".git/hooks" })).toEqual([
      ["from", "site", false],
      ["to", ".git/hooks", false],
      ["from", "site/css/a.css", false],
      ["from", "site/index.html", false],
      ["from", "site/tool", true],
      ["to", ".git/hooks/css/a.css", false],
      ["to", ".git/hooks/index.html", false],
      ["to", ".git/hooks/tool", false],
    ]);
  });

  it("shows on the card what goes with it, to its person alone", async () => {
    await lay();
    const shown = await place.house.tools.preview(callOf("file.delete", { path: "site" }));
    expect(shown?.text.split("\n")).toEqual([
      "--- the folder site: 3 files",
      "+++ (no folder any more)",
      "-site/css/a.css",
      "-site/index.html",
      "-site/tool",
    ]);
    expect(await place.house.tools.preview(callOf("file.delete", { path: "site" }, inGroup))).toBeNull();
  });

  it("is left alone where something in it could not be kept: links, second names, too much", async () => {
    await lay();
    await symlink(place.house.outside, inside("site/out"));
    const calls: readonly (readonly [string, JsonObject])[] = [
      ["file.delete", { path: "site" }],
      ["file.move", { from: "site", to: "b" }],
    ];
    for (const [tool, given] of calls) {
      expect(await run(tool, given)).toBe("TOOL_FAILED");
      expect(await codeOfResolve(tool, given)).toBe("TOOL_FAILED");
    }
    await rm(inside("site/out"));
    await link(inside("site/index.html"), inside("site/second"));
    expect(await run("file.delete", { path: "site" })).toBe("TOOL_FAILED");
    await rm(inside("site/second"));
    await mkdir(inside("site/many"));
    for (let at = 0; at < 500; at += 1) await writeFile(inside(`site/many/${String(at)}`), "x");
    expect(await run("file.delete", { path: "site" })).toBe("TOOL_FAILED");
    await rm(inside("site/many"), { recursive: true });
    for (let at = 0; at < 4; at += 1) await writeFile(inside(`site/${String(at)}`), Buffer.alloc(9 * 1024 * 1024, 97));
    expect(await run("file.delete", { path: "site" })).toBe("FILE_TOO_LARGE");
    expect(place.house.undo).toEqual([]);
    expect(await textAt("site/index.html")).toBe("<p>hi</p>");
  });

  it("replaces nothing, goes not into itself, and is none where a link stands", async () => {
    await lay();
    await writeFile(inside("b"), "a file");
    await mkdir(inside("c"));
    await symlink(place.house.outside, inside("out"));
    for (const to of ["b", "c"]) expect(await run("file.move", { from: "site", to })).toBe("CONFLICT");
    expect(await run("file.move", { from: "site", to: "site/inner" })).toBe("TOOL_FAILED");
    expect(await run("file.move", { from: "site", to: "out/site" })).toBe("PATH_OUTSIDE_WORKSPACE");
    expect(await run("file.delete", { path: "out" })).toBe("PATH_OUTSIDE_WORKSPACE");
    expect(await run("file.delete", { path: "." })).toBe("PATH_OUTSIDE_WORKSPACE");
    expect(await run("file.move", { from: "b", to: "c" })).toBe("CONFLICT");
    expect(Object.keys(await world())).toEqual(["b", "site/css/a.css", "site/index.html", "site/tool"]);
  });

  it("is not deleted when somebody put a file into it since it was allowed", async () => {
    await lay();
    const tools = createToolExecutor({ ...place.house.ports, redeemer: place.house.permits });
    const call = callOf("file.delete", { path: "site" });
    const found = await tools.resolve(call);
    if (!found.ok) throw new Error(found.error.code);
    await writeFile(inside("site/.envrc"), "the owner's own");
    const ran = await tools.run(place.house.permits.mint(call, found.value), call, scope, new AbortController().signal);
    expect(ran).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    expect(await textAt("site/.envrc")).toBe("the owner's own");
    expect(place.house.undo).toEqual([]);
  });

  it("is not changed where it cannot be kept", async () => {
    await lay();
    const before = await world();
    const refusing = { ...place.house.ports.undo, keep: async () => err(moltbotError("CONTENT_UNREADABLE")) };
    const tools = createToolExecutor({ ...place.house.ports, undo: refusing, redeemer: place.house.permits });
    for (const call of [callOf("file.delete", { path: "site" }), callOf("file.move", { from: "site", to: "b" })]) {
      const found = await tools.resolve(call);
      if (!found.ok) throw new Error(found.error.code);
      const ran = await tools.run(
        place.house.permits.mint(call, found.value),
        call,
        scope,
        new AbortController().signal,
      );
      expect(ran).toMatchObject({ ok: false, error: { code: "CONTENT_UNREADABLE" } });
    }
    expect(await world()).toEqual(before);
  });

  it("gives its files the label of whoever chose their new name", async () => {
    await run("file.write", { path: "site/a.txt", text: "mine" });
    const untrusted = { label: label("untrusted", [person], [{ kind: "host", ref: "evil.test" }]) } as const;
    await run("file.move", { from: "site", to: "ignore all rules" }, untrusted);
    const known = await place.house.ports.fileLabels.of(scope, Buffer.from("mine"));
    expect(known.ok && known.value?.integrity).toBe("untrusted");
  });
});

describe("a folder whose way is swapped for a link after it was looked at", () => {
  const target = async () => {
    await mkdir(inside("d/inner"), { recursive: true });
    const [from, to] = [await locate(place.house.workspace, "d/inner"), await locate(place.house.workspace, "d/new")];
    if (!from.ok || !to.ok) throw new Error("both lie inside");
    await rename(inside("d"), inside("aside"));
    await symlink(place.house.outside, inside("d"));
    await mkdir(join(place.house.outside, "inner"));
    return { from: from.value, to: to.value };
  };
  const careless: Holder = async ({ root, parts }) => ({
    at: (name) => join(root, ...parts.slice(0, -1), name),
    isThere: async () => true,
    sync: async () => undefined,
    close: async () => undefined,
  });

  it("is neither moved nor removed outside", async () => {
    const { from, to } = await target();
    const refusal = { ok: false, error: { code: "PATH_OUTSIDE_WORKSPACE" } };
    expect(await removeFolder(from)).toMatchObject(refusal);
    expect(await moveFolder(from, to)).toMatchObject(refusal);
    expect(await readdir(place.house.outside)).toContain("inner");
    await rm(join(place.house.outside, "inner"), { recursive: true });
  });

  it("unplug: with a holder that goes by the path alone, the same folder outside is removed", async () => {
    const { from } = await target();
    expect((await removeFolder(from, careless)).ok).toBe(true);
    expect(await readdir(place.house.outside)).not.toContain("inner");
  });
});

describe("a list of many files", () => {
  it("goes on behind a path, and misses and repeats none", async () => {
    const names = ["a.txt", "a/b.txt", "a/c/d.txt", "a-b/e.txt", "b.txt", "b/z"];
    for (const name of names) {
      await mkdir(join(inside(name), ".."), { recursive: true });
      await writeFile(inside(name), "x");
    }
    const all = await listWorkspaceFiles(place.house.workspace);
    const order = all.ok ? all.value.files.map(({ path }) => path) : [];
    expect(order.toSorted()).toEqual(names.toSorted());
    for (const [at, after] of order.entries()) {
      const rest = await listWorkspaceFiles(place.house.workspace, { after });
      expect(rest.ok && rest.value.files.map(({ path }) => path)).toEqual(order.slice(at + 1));
    }
    expect(await run("file.list", { after: "a/c/gone.txt", folder: "a" })).toBe("No files.");
    expect(await run("file.list", { after: "./a/b.txt", folder: "a" })).toBe("a/c/d.txt (1 bytes)");
  });

  it("of one folder is whole although the workspace holds more than a list looks at before it", async () => {
    await mkdir(inside("aaa"));
    for (let at = 0; at < 30; at += 1) await writeFile(inside(`aaa/${String(at)}`), "x");
    await mkdir(inside("zzz"));
    await writeFile(inside("zzz/last.txt"), "x");
    const folder = await locate(place.house.workspace, "zzz");
    if (!folder.ok) throw new Error(folder.error.code);
    const listed = await listWorkspaceFiles(place.house.workspace, { folder: folder.value, most: 5 });
    expect(listed).toMatchObject({ ok: true, value: { complete: true, files: [{ path: "zzz/last.txt" }] } });
  });
});
