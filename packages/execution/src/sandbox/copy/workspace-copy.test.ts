import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SPARE_ID } from "../wall/bubblewrap-arguments.ts";
import { createWorkspaceCopy } from "./create-workspace-copy.ts";
import {
  codeOf,
  copiesWith,
  createGround,
  isLinux,
  isRootHere,
  must,
  never,
  sha256,
  treeOf,
  write,
} from "./testing/trees.ts";
import type { Ground } from "./testing/trees.ts";

const copies = copiesWith();
let ground: Ground;
beforeEach(() => {
  ground = createGround();
});
afterEach(() => ground.remove());

const refresh = async (): Promise<readonly string[]> => must(await copies.refresh(ground.place, never())).conflicts;
const difference = async () => must(await copies.difference(ground.place));
const changed = async (): Promise<readonly string[]> =>
  (await difference()).changes.map(({ kind, path }) => `${kind} ${path}`);
const inWorkspace = (path: string): string => ground.inWorkspace(path);
const inCopy = (path: string): string => ground.inCopy(path);
const readCopied = (path: string): string => readFileSync(inCopy(path), "utf8");

describe.skipIf(!isLinux)("a copy of a workspace", () => {
  it("has every file with its content and mode, empty folders too, and differs in nothing", async () => {
    write(inWorkspace("a.txt"), "one");
    write(inWorkspace("deep/er/run.sh"), "two", 0o755);
    write(inWorkspace("deep/read-only"), "three", 0o444);
    mkdirSync(inWorkspace("empty"));
    expect(await refresh()).toEqual([]);
    expect(treeOf(ground.place.copy)).toEqual(treeOf(ground.place.workspace));
    expect(await difference()).toEqual({ changes: [], passedOver: [], complete: true });
    expect(statSync(ground.place.copy).mode & 0o7777).toBe(0o700);
  });

  it("shares nothing with the workspace: no file of it is a second name", async () => {
    write(inWorkspace("a.txt"), "one");
    linkSync(inWorkspace("a.txt"), inWorkspace("twin.txt"));
    await refresh();
    writeFileSync(inCopy("a.txt"), "changed");
    expect([readFileSync(inWorkspace("a.txt"), "utf8"), readCopied("twin.txt")]).toEqual(["one", "one"]);
    expect(lstatSync(inCopy("twin.txt")).nlink).toBe(1);
  });

  it("belongs to the spare id where the gateway is root, and to its person elsewhere", async () => {
    write(inWorkspace("deep/a.txt"), "one");
    symlinkSync("deep/a.txt", inWorkspace("link"));
    await refresh();
    const owner = isRootHere ? SPARE_ID : process.geteuid?.();
    for (const path of ["", "deep", "deep/a.txt", "link"])
      expect([lstatSync(inCopy(path)).uid, lstatSync(inCopy(path)).gid === SPARE_ID]).toEqual([owner, isRootHere]);
    const place = { ...ground.place, copy: join(ground.root, "copies", "two") };
    must(await createWorkspaceCopy({ hash: sha256, isRoot: false }).refresh(place, never()));
    expect(statSync(join(place.copy, "deep/a.txt")).uid).toBe(process.geteuid?.());
  });

  it("has no bit that gives its owner's rights to whoever runs a file", async () => {
    write(inWorkspace("tool"), "x", 0o6755);
    mkdirSync(inWorkspace("sticky"));
    chmodSync(inWorkspace("sticky"), 0o1777);
    await refresh();
    expect(treeOf(ground.place.copy)).toEqual({ "sticky/": "", tool: "755 x" });
    expect(statSync(inCopy("sticky")).mode & 0o7777).toBe(0o777);
  });

  it("has the links that stay inside, and no other", async () => {
    write(inWorkspace("deep/a.txt"), "one");
    const links = {
      inside: "deep/a.txt",
      absolute: inWorkspace("deep/a.txt"),
      "deep/up": "../deep/a.txt",
      dangling: "not/there",
      self: "self",
      out: "../outside/canary.txt",
      "absolute-out": ground.canary,
      "round-about": "deep/hidden/canary.txt",
      "deep/hidden": "../../outside",
    };
    for (const [path, text] of Object.entries(links)) symlinkSync(text, inWorkspace(path));
    await refresh();
    expect(treeOf(ground.place.copy)).toEqual({
      "deep/": "",
      "deep/a.txt": "644 one",
      "deep/up": "link ../deep/a.txt",
      absolute: "link deep/a.txt",
      dangling: "link not/there",
      inside: "link deep/a.txt",
      self: "link self",
    });
    expect(await difference()).toEqual({ changes: [], passedOver: [], complete: true });
  });

  it("follows the workspace: new, changed and removed files, links and folders", async () => {
    write(inWorkspace("same"), "1");
    write(inWorkspace("changed"), "1");
    write(inWorkspace("removed/a"), "1");
    write(inWorkspace("becomes-folder"), "1");
    write(inWorkspace("becomes-file/a"), "1");
    symlinkSync("same", inWorkspace("link"));
    symlinkSync("same", inWorkspace("link-removed"));
    await refresh();
    write(inWorkspace("changed"), "2");
    write(inWorkspace("new/a"), "1");
    rmSync(inWorkspace("removed"), { recursive: true });
    rmSync(inWorkspace("becomes-folder"));
    write(inWorkspace("becomes-folder/a"), "2");
    rmSync(inWorkspace("becomes-file"), { recursive: true });
    write(inWorkspace("becomes-file"), "2");
    unlinkSync(inWorkspace("link-removed"));
    unlinkSync(inWorkspace("link"));
    symlinkSync("changed", inWorkspace("link"));
    expect(await refresh()).toEqual([]);
    expect(treeOf(ground.place.copy)).toEqual(treeOf(ground.place.workspace));
    expect(await changed()).toEqual([]);
  });

  it("sees a change that keeps size and time, made in the very moment after a refresh", async () => {
    write(inWorkspace("a.txt"), "one");
    utimesSync(inWorkspace("a.txt"), 1, 1);
    await refresh();
    writeFileSync(inWorkspace("a.txt"), "two");
    utimesSync(inWorkspace("a.txt"), 1, 1);
    await refresh();
    expect(readCopied("a.txt")).toBe("two");
    writeFileSync(inCopy("a.txt"), "six");
    utimesSync(inCopy("a.txt"), 1, 1);
    expect(await changed()).toEqual(["changed a.txt"]);
  });

  it("takes over a mode that changed, and leaves a file that was only touched", async () => {
    write(inWorkspace("a.txt"), "one");
    write(inWorkspace("b.txt"), "one");
    await refresh();
    const before = lstatSync(inCopy("b.txt")).ino;
    chmodSync(inWorkspace("a.txt"), 0o755);
    utimesSync(inWorkspace("b.txt"), 5, 5);
    await refresh();
    expect([statSync(inCopy("a.txt")).mode & 0o777, lstatSync(inCopy("b.txt")).ino]).toEqual([0o755, before]);
    expect(await changed()).toEqual([]);
  });

  it("keeps what a program left, between calls", async () => {
    write(inWorkspace("a.txt"), "one");
    await refresh();
    write(inCopy("node_modules/x/index.js"), "x");
    rmSync(inCopy("a.txt"));
    write(inWorkspace("b.txt"), "two");
    expect(await refresh()).toEqual([]);
    expect(treeOf(ground.place.copy)).toMatchObject({ "b.txt": "644 two", "node_modules/x/index.js": "644 x" });
    expect(await changed()).toEqual(["removed a.txt", "added node_modules/x/index.js"]);
  });

  it("keeps its own where both sides changed, and names it as long as that is so", async () => {
    for (const name of ["both", "gone-here", "gone-there", "same-change", "mode"]) write(inWorkspace(name), "1");
    await refresh();
    for (const name of ["both", "gone-there"]) writeFileSync(inCopy(name), "theirs");
    rmSync(inCopy("gone-here"));
    chmodSync(inCopy("mode"), 0o755);
    for (const name of ["both", "gone-here", "mode"]) writeFileSync(inWorkspace(name), "ours");
    rmSync(inWorkspace("gone-there"));
    writeFileSync(inCopy("same-change"), "equal");
    writeFileSync(inWorkspace("same-change"), "equal");
    write(inCopy("new"), "theirs");
    write(inWorkspace("new"), "ours");
    const expected = ["both", "gone-here", "gone-there", "mode", "new"];
    expect([await refresh(), await refresh()]).toEqual([expected, expected]);
    expect(treeOf(ground.place.copy)).toMatchObject({
      both: "644 theirs",
      "gone-there": "644 theirs",
      new: "644 theirs",
    });
    expect(existsSync(inCopy("gone-here"))).toBe(false);
    expect(await changed()).toEqual([
      "changed both",
      "removed gone-here",
      "changed gone-there",
      "changed mode",
      "added new",
    ]);
    writeFileSync(inCopy("both"), "ours");
    expect(await refresh()).toEqual(expected.slice(1));
  });

  it("names what cannot come because something else is in the way", async () => {
    write(inWorkspace("a"), "1");
    symlinkSync("a", inWorkspace("link"));
    symlinkSync("a", inWorkspace("second"));
    await refresh();
    for (const name of ["folder/x", "file", "new-link"]) write(inCopy(name), "theirs");
    mkdirSync(inCopy("empty"));
    unlinkSync(inCopy("link"));
    symlinkSync("elsewhere", inCopy("link"));
    write(inWorkspace("folder"), "1");
    write(inWorkspace("file/x"), "1");
    write(inWorkspace("empty"), "1");
    symlinkSync("a", inWorkspace("new-link"));
    unlinkSync(inWorkspace("link"));
    unlinkSync(inWorkspace("second"));
    symlinkSync("file", inWorkspace("second"));
    rmSync(inCopy("second"));
    mkdirSync(inCopy("second"));
    expect(await refresh()).toEqual(["file/x", "folder", "link", "new-link", "second"]);
    expect(readCopied("empty")).toBe("1");
  });

  it("is refused for a workspace that is too large, and nothing is copied", async () => {
    for (const name of ["a", "b", "c/d"]) write(inWorkspace(name), "12345");
    const tries = [{ files: 3 }, { bytes: 14 }, { depth: 1 }].map((limits) =>
      copiesWith(limits).refresh(ground.place, never()),
    );
    for (const refused of await Promise.all(tries)) expect(codeOf(refused)).toBe("WORKSPACE_TOO_LARGE");
    expect(existsSync(join(ground.root, "copies"))).toBe(false);
    expect(codeOf(await copiesWith({ files: 4, bytes: 15, depth: 2 }).refresh(ground.place, never()))).toBe("ok");
  });

  it("of a workspace that is not there yet is empty", async () => {
    rmSync(ground.place.workspace, { recursive: true });
    expect(await refresh()).toEqual([]);
    write(inCopy("made.txt"), "x");
    expect(await changed()).toEqual(["added made.txt"]);
  });

  it("stops when its person says so, and goes on at the next call", async () => {
    for (const name of ["a", "b", "c"]) write(inWorkspace(name), name);
    expect(codeOf(await copies.refresh(ground.place, AbortSignal.abort()))).toBe("TURN_STOPPED");
    const stop = new AbortController();
    const stopping = createWorkspaceCopy({
      hash: (content) => {
        if (Buffer.from(content).toString() === "b") stop.abort();
        return sha256(content);
      },
    });
    expect(codeOf(await stopping.refresh(ground.place, stop.signal))).toBe("TURN_STOPPED");
    const half = Object.keys(treeOf(ground.place.copy));
    expect([half.length > 0, half.length < 3, await changed()]).toEqual([true, true, []]);
    expect(await refresh()).toEqual([]);
    expect(treeOf(ground.place.copy)).toEqual(treeOf(ground.place.workspace));
  });

  it("is a folder apart from the workspace, named by a whole path", async () => {
    const { workspace, copy } = ground.place;
    symlinkSync(workspace, join(ground.root, "alias"));
    write(join(ground.root, "file"), "x");
    mkdirSync(join(ground.root, "somebodys"), { mode: 0o755 });
    const places = [
      { workspace, copy: workspace },
      { workspace, copy: join(workspace, "copy") },
      { workspace, copy: join(ground.root, "alias", "copy") },
      { workspace, copy: ground.root },
      { workspace, copy: "copy" },
      { workspace: "workspace", copy },
      { workspace, copy: `${copy}/../two` },
      { workspace, copy: join(ground.root, "file") },
      { workspace, copy: join(ground.root, "alias") },
      { workspace, copy: join(ground.root, "somebodys") },
      { workspace: join(ground.root, "file"), copy },
    ];
    for (const place of places)
      expect([place, codeOf(await copies.refresh(place, never()))]).toEqual([place, "PATH_OUTSIDE_WORKSPACE"]);
    expect(existsSync(join(ground.root, "somebodys.json"))).toBe(false);
  });

  it("passes over what is no file: pipes, names that are no text, what nobody may read", async () => {
    write(inWorkspace("a"), "1");
    writeFileSync(Buffer.concat([Buffer.from(`${ground.place.workspace}/`), Buffer.from([0x62, 0xff])]), "x");
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [inWorkspace("pipe")]);
    expect(await refresh()).toEqual([]);
    expect(Object.keys(treeOf(ground.place.copy))).toEqual(["a"]);
  });
});

describe.skipIf(!isLinux)("the difference", () => {
  it("tells kind, size, right to run and digest of each file", async () => {
    write(inWorkspace("changed"), "1");
    write(inWorkspace("removed.sh"), "1", 0o755);
    await refresh();
    write(inCopy("changed"), "22");
    rmSync(inCopy("removed.sh"));
    write(inCopy("new/run"), "333", 0o700);
    expect(await difference()).toEqual({
      changes: [
        { path: "changed", kind: "changed", bytes: 2, executable: false, digest: sha256("22") },
        { path: "new/run", kind: "added", bytes: 3, executable: true, digest: sha256("333") },
        { path: "removed.sh", kind: "removed", bytes: 0, executable: true, digest: null },
      ],
      passedOver: [],
      complete: true,
    });
  });

  it("is none where there is no copy, whatever was known of one", async () => {
    const none = { changes: [], passedOver: [], complete: true };
    expect(await difference()).toEqual(none);
    write(inWorkspace("a"), "1");
    await refresh();
    rmSync(ground.place.copy, { recursive: true });
    expect(await difference()).toEqual(none);
    await refresh();
    expect(readCopied("a")).toBe("1");
  });

  it("is not complete where more differs than is listed, and lists what came before what is new", async () => {
    write(inWorkspace("z/z/z"), "1");
    await refresh();
    for (let index = 0; index < 20; index += 1) write(inCopy(`a/${index}`), "x");
    write(inCopy("z/z/z"), "2");
    write(inCopy("top"), "x");
    const listed = must(await copiesWith({ changes: 3 }).difference(ground.place));
    expect([listed.complete, listed.changes.map(({ path }) => path)]).toEqual([false, ["a/0", "top", "z/z/z"]]);
    expect((await difference()).complete).toBe(true);
    for (const limits of [{ files: 5 }, { depth: 2 }, { bytes: 2 }])
      expect(must(await copiesWith(limits).difference(ground.place)).complete).toBe(false);
  });

  it("is asked of some paths: what is below them, and what hides them", async () => {
    for (const name of ["src/a", "src/b/c", "srcs", "other", "gone/x"]) write(inWorkspace(name), "1");
    await refresh();
    for (const name of ["src/a", "src/b/c", "src/new", "srcs", "other"]) write(inCopy(name), "2");
    rmSync(inCopy("gone"), { recursive: true });
    symlinkSync("src", inCopy("link"));
    const asked = async (...paths: string[]) => {
      const { changes, passedOver } = must(await copies.difference(ground.place, paths));
      return [...changes.map(({ path }) => path), ...passedOver.map((path) => `not ${path}`)];
    };
    expect(await asked("src")).toEqual(["src/a", "src/b/c", "src/new"]);
    expect(await asked("src/b", "gone/x", "link/a")).toEqual(["gone/x", "src/b/c", "not link"]);
    expect(await asked()).toEqual([]);
  });

  it("misses no change of a file that came, even behind more files than are looked at", async () => {
    for (const name of ["m/changed", "m/removed", "m/same", "m/link"]) write(inWorkspace(name), "1");
    await refresh();
    for (let index = 0; index < 50; index += 1) write(inCopy(`a/${index}`), "x");
    write(inCopy("m/changed"), "2");
    rmSync(inCopy("m/removed"));
    rmSync(inCopy("m/link"));
    symlinkSync("same", inCopy("m/link"));
    const listed = must(await copiesWith({ files: 0 }).difference(ground.place));
    expect(listed).toMatchObject({ complete: false, passedOver: ["m/link"] });
    expect(listed.changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "changed m/changed",
      "removed m/removed",
    ]);
  });

  it("counts everything as new where what was known is torn, missing, another's or from another folder", async () => {
    for (const name of ["a", "b"]) write(inWorkspace(name), "1");
    await refresh();
    const manifest = `${ground.place.copy}.json`;
    const whole = readFileSync(manifest, "utf8");
    const [first = "", body = ""] = whole.split("\n");
    const other = body.replace("moltbot-copy-1", "moltbot-copy-0");
    const torn = [
      "",
      whole.slice(0, 40),
      whole.slice(0, whole.length / 2),
      whole.slice(0, -1),
      `${first}\n${body.replace('"a"', '"c"')}`,
      `${sha256(other)}\n${other}`,
    ];
    for (const text of torn) {
      writeFileSync(manifest, text);
      expect(await changed()).toEqual(["added a", "added b"]);
    }
    unlinkSync(manifest);
    expect(await changed()).toEqual(["added a", "added b"]);
    writeFileSync(manifest, whole);
    expect(await changed()).toEqual([]);
    renameSync(ground.place.copy, `${ground.place.copy}-old`);
    mkdirSync(ground.place.copy);
    write(inCopy("c"), "1");
    expect(await changed()).toEqual(["added c"]);
  });

  it("of a copy whose manifest was lost is settled again by a refresh, but for what differs", async () => {
    for (const name of ["a", "b", "large"]) write(inWorkspace(name), "same");
    const small = copiesWith({ contentBytes: 3 });
    must(await small.refresh(ground.place, never()));
    writeFileSync(inCopy("b"), "theirs");
    unlinkSync(`${ground.place.copy}.json`);
    expect(await refresh()).toEqual(["b"]);
    expect(await changed()).toEqual(["added b"]);
  });

  it("passes over files that are too large to come back, and goes by their stamps", async () => {
    const small = copiesWith({ contentBytes: 10 });
    const look = async () => must(await small.difference(ground.place));
    write(inWorkspace("large"), "a".repeat(11));
    write(inWorkspace("other"), "a".repeat(11));
    must(await small.refresh(ground.place, never()));
    expect(await look()).toEqual({ changes: [], passedOver: [], complete: true });
    writeFileSync(inCopy("large"), "b".repeat(11));
    write(inCopy("new"), "c".repeat(11));
    expect((await look()).passedOver).toEqual(["large", "new"]);
    write(inWorkspace("other"), "b".repeat(12));
    write(inWorkspace("large"), "b".repeat(12));
    expect(must(await small.refresh(ground.place, never())).conflicts).toEqual(["large"]);
    expect([readCopied("other").length, readCopied("large").length]).toEqual([12, 11]);
    expect(codeOf(await small.content(ground.place, "large"))).toBe("FILE_TOO_LARGE");
  });

  it("reads large files whole, piece by piece", async () => {
    const content = Buffer.alloc(5_000_000, "abcdefg");
    write(inWorkspace("large"), content);
    await refresh();
    expect(await changed()).toEqual([]);
    content[4_999_999] = 0;
    write(inCopy("large"), content);
    expect((await difference()).changes).toMatchObject([{ path: "large", bytes: 5_000_000, digest: sha256(content) }]);
    write(inWorkspace("large"), content);
    expect(await refresh()).toEqual([]);
    expect(await changed()).toEqual([]);
  });

  it("shows on one line what it names and does not bring", async () => {
    write(inWorkspace("a\nb"), "1");
    write(inWorkspace("gone\u202Etxt"), "1");
    await refresh();
    expect((await difference()).passedOver).toEqual([]);
    writeFileSync(inCopy("a\nb"), "2");
    rmSync(inCopy("gone\u202Etxt"));
    for (const name of ["dots...", "nul", "c:stream", "~home", "new\tx"]) write(inCopy(name), "1");
    expect(await difference()).toEqual({
      changes: [],
      passedOver: ["a\\u{a}b", "c:stream", "dots...", "gone\\u{202e}txt", "new\\u{9}x", "nul", "~home"],
      complete: true,
    });
  });
});

describe.skipIf(!isLinux)("the content of a copied file", () => {
  it("comes back with the right to run, as it is now", async () => {
    write(inWorkspace("a"), "1", 0o755);
    await refresh();
    writeFileSync(inCopy("a"), "22");
    const read = must(await copies.content(ground.place, "a"));
    expect([Buffer.from(read.content).toString(), read.executable]).toEqual(["22", true]);
    truncateSync(inCopy("a"), 0);
    expect(must(await copies.content(ground.place, "a")).content.length).toBe(0);
  });

  it("is not found for folders, what is not there, and paths that no tool would take", async () => {
    write(inWorkspace("deep/a"), "1");
    expect(codeOf(await copies.content(ground.place, "deep/a"))).toBe("FILE_NOT_FOUND");
    await refresh();
    write(inCopy("a\nb"), "1");
    const paths = ["deep", "none", "deep/none/a", "deep/a/b", "", ".", "..", "../one.json", "deep//a", "/etc/passwd"];
    for (const path of [...paths, "a\nb", "deep/../deep/a", "x".repeat(256)])
      expect([path, codeOf(await copies.content(ground.place, path))]).toEqual([path, "FILE_NOT_FOUND"]);
    expect(codeOf(await copies.content(ground.place, "deep/a"))).toBe("ok");
  });
});

describe.skipIf(!isLinux)("what was brought back", () => {
  it("differs no more, and later changes of it are seen on both sides", async () => {
    write(inWorkspace("changed"), "1");
    write(inWorkspace("removed"), "1");
    await refresh();
    write(inCopy("changed"), "2");
    write(inCopy("new/run"), "3", 0o755);
    rmSync(inCopy("removed"));
    write(inWorkspace("changed"), "2");
    write(inWorkspace("new/run"), "3", 0o644);
    rmSync(inWorkspace("removed"));
    must(await copies.settle(ground.place, ["changed", "new/run", "removed", "../outside/canary.txt", "none"]));
    expect([await changed(), await refresh(), await changed()]).toEqual([[], [], []]);
    expect(statSync(inCopy("new/run")).mode & 0o777).toBe(0o755);
    write(inWorkspace("new/run"), "4");
    write(inCopy("changed"), "5");
    expect([await refresh(), readCopied("new/run"), await changed()]).toEqual([[], "4", ["changed changed"]]);
  });

  it("goes on to differ where workspace and copy are not the same", async () => {
    write(inWorkspace("a"), "1");
    await refresh();
    write(inCopy("a"), "2");
    write(inCopy("b"), "2");
    must(await copies.settle(ground.place, ["a", "b"]));
    expect(await changed()).toEqual(["changed a", "added b"]);
    rmSync(inWorkspace("a"));
    rmSync(inCopy("b"));
    write(inWorkspace("b"), "2");
    must(await copies.settle(ground.place, ["a", "b"]));
    expect(await changed()).toEqual(["changed a"]);
  });

  it("is nothing where there is no copy", async () => {
    expect(codeOf(await copies.settle(ground.place, ["a"]))).toBe("ok");
    expect(existsSync(join(ground.root, "copies"))).toBe(false);
  });
});

describe.skipIf(!isLinux)("removing", () => {
  it("leaves nothing of a copy, and everything else", async () => {
    write(inWorkspace("a/b"), "1");
    await refresh();
    const other = { ...ground.place, copy: join(ground.root, "copies", "other") };
    must(await copies.refresh(other, never()));
    await copies.remove(ground.place.copy);
    expect(Object.keys(treeOf(join(ground.root, "copies"))).toSorted()).toEqual([
      "other.json",
      "other/",
      "other/a/",
      "other/a/b",
    ]);
    expect(treeOf(ground.place.workspace)).toEqual({ "a/": "", "a/b": "644 1" });
    await copies.remove(ground.place.copy);
  });

  it("leaves alone what is no copy", async () => {
    write(join(ground.root, "mine", "a"), "1");
    for (const path of ["mine", "workspace", "outside", "none"]) await copies.remove(join(ground.root, path));
    expect(Object.keys(treeOf(ground.root))).toEqual([
      "mine/",
      "mine/a",
      "outside/",
      "outside/canary.txt",
      "workspace/",
    ]);
  });

  it("finishes what a crash cut off, also by the name of what is left", async () => {
    write(inWorkspace("a"), "1");
    await refresh();
    mkdirSync(`${ground.place.copy}.staging`);
    renameSync(ground.place.copy, `${ground.place.copy}.staging/copy`);
    await copies.remove(`${ground.place.copy}.staging`);
    expect(treeOf(join(ground.root, "copies"))).toEqual({});
  });

  it("says so when the system refuses", async () => {
    await refresh();
    write(`${ground.place.copy}.staging`, "in the way");
    await expect(copies.remove(ground.place.copy)).rejects.toThrow(/ENOTDIR/);
    expect(codeOf(await copies.refresh(ground.place, never()))).toBe("TOOL_FAILED");
  });
});

describe("on another system", () => {
  it("there is no wall, and no copy", async () => {
    const real = Object.getOwnPropertyDescriptor(process, "platform");
    Object.defineProperty(process, "platform", { value: "darwin" });
    try {
      expect(codeOf(await copies.refresh(ground.place, never()))).toBe("SANDBOX_UNAVAILABLE");
    } finally {
      if (real !== undefined) Object.defineProperty(process, "platform", real);
    }
  });
});
