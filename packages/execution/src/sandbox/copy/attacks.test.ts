import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { BigIntStats } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COPY_GROUND } from "./means.ts";
import type { CopyGround } from "./means.ts";
import {
  CANARY,
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
import type { CopyDifference, WorkspaceCopy } from "./workspace-copy.ts";

const copies = copiesWith();
let ground: Ground;
let outsideBefore: unknown;
beforeEach(() => {
  ground = createGround();
  outsideBefore = treeOf(outside());
});
afterEach(() => ground.remove());

const outside = (path = ""): string => join(ground.root, "outside", path);
const inWorkspace = (path: string): string => ground.inWorkspace(path);
const inCopy = (path: string): string => ground.inCopy(path);
const refreshBy = async (by: WorkspaceCopy): Promise<readonly string[]> =>
  must(await by.refresh(ground.place, never())).conflicts;
const refresh = (): Promise<readonly string[]> => refreshBy(copies);
const differenceBy = async (by: WorkspaceCopy): Promise<CopyDifference> => must(await by.difference(ground.place));
const contentBy = async (by: WorkspaceCopy, path: string): Promise<string> => {
  const read = await by.content(ground.place, path);
  return read.ok ? Buffer.from(read.value.content).toString() : read.error.code;
};

/** What a program can leave in place of what came: each leads outside. */
const leaveLinks = (): void => {
  rmSync(inCopy("src"), { recursive: true });
  symlinkSync(outside(), inCopy("src"));
  symlinkSync(ground.canary, inCopy("link.txt"));
  symlinkSync("/proc/self/environ", inCopy("environ"));
  symlinkSync("/dev/zero", inCopy("zero"));
};

const FOLLOWING: CopyGround = {
  ...COPY_GROUND,
  noFollow: 0,
  lstat: (path) => statSync(path, { bigint: true }),
};

/** A workspace and its copy with a file of the very name and content that stands outside. */
const withTwinOutside = async (): Promise<void> => {
  write(inWorkspace("src/canary.txt"), CANARY);
  write(inWorkspace("src/other.txt"), "1");
  await refresh();
};

describe.skipIf(!isLinux)("links that a program left", () => {
  it("are named, and nothing behind them is read", async () => {
    await withTwinOutside();
    leaveLinks();
    write(outside("new.txt"), "new");
    const { changes, passedOver, complete } = await differenceBy(copies);
    expect({ changes, passedOver, complete }).toEqual({
      changes: [],
      passedOver: ["environ", "link.txt", "src", "zero"],
      complete: true,
    });
    for (const path of ["link.txt", "src/canary.txt", "src/new.txt", "environ", "zero"])
      expect([path, await contentBy(copies, path)]).toEqual([path, "FILE_NOT_FOUND"]);
  });

  it("lead no refresh outside: nothing there is written, replaced or removed", async () => {
    await withTwinOutside();
    leaveLinks();
    write(inWorkspace("src/canary.txt"), "overwritten");
    write(inWorkspace("src/new.txt"), "planted");
    write(inWorkspace("src/deep/new.txt"), "planted");
    write(inWorkspace("link.txt"), "overwritten");
    rmSync(inWorkspace("src/other.txt"));
    expect(await refresh()).toEqual(["link.txt", "src/canary.txt", "src/deep/new.txt", "src/new.txt", "src/other.txt"]);
    expect(treeOf(outside())).toEqual(outsideBefore);
    rmSync(inWorkspace("src"), { recursive: true });
    await refresh();
    expect(treeOf(outside())).toEqual(outsideBefore);
  });

  it("lead no settling outside", async () => {
    await withTwinOutside();
    leaveLinks();
    write(inWorkspace("link.txt"), CANARY);
    must(await copies.settle(ground.place, ["link.txt", "src/canary.txt"]));
    expect((await differenceBy(copies)).passedOver).toContain("link.txt");
    expect(await refresh()).toEqual(["link.txt"]);
  });

  it("are removed with the copy, and what they lead to stays", async () => {
    await withTwinOutside();
    leaveLinks();
    await copies.remove(ground.place.copy);
    expect([treeOf(join(ground.root, "copies")), treeOf(outside())]).toEqual([{}, outsideBefore]);
  });

  it("in the place of the copy itself are refused, and not removed", async () => {
    await withTwinOutside();
    rmSync(ground.place.copy, { recursive: true });
    symlinkSync(outside(), ground.place.copy);
    const said = [
      codeOf(await copies.refresh(ground.place, never())),
      codeOf(await copies.difference(ground.place)),
      await contentBy(copies, "canary.txt"),
      codeOf(await copies.settle(ground.place, ["canary.txt"])),
    ];
    expect(new Set(said)).toEqual(new Set(["PATH_OUTSIDE_WORKSPACE"]));
    await copies.remove(ground.place.copy);
    expect(treeOf(outside())).toEqual(outsideBefore);
  });
});

describe.skipIf(!isLinux)("unplug: with links followed", () => {
  const following = copiesWith({}, FOLLOWING);

  it("the canary's content comes back", async () => {
    await withTwinOutside();
    symlinkSync(ground.canary, inCopy("link.txt"));
    expect((await differenceBy(following)).changes.map(({ path }) => path)).toEqual(["link.txt"]);
    expect(await contentBy(following, "link.txt")).toBe(CANARY);
  });

  it("a refresh writes and removes outside", async () => {
    write(outside("other.txt"), "1");
    await withTwinOutside();
    rmSync(inCopy("src"), { recursive: true });
    symlinkSync(outside(), inCopy("src"));
    write(inWorkspace("src/canary.txt"), "overwritten");
    rmSync(inWorkspace("src/other.txt"));
    await refreshBy(following);
    expect([readFileSync(ground.canary, "utf8"), existsSync(outside("other.txt"))]).toEqual(["overwritten", false]);
  });

  it("removing a copy removes the canary", async () => {
    await withTwinOutside();
    symlinkSync(outside(), inCopy("way-out"));
    // It ends in an error, because a link is no folder to remove; the canary is gone by then.
    await following.remove(ground.place.copy).catch(() => undefined);
    expect(existsSync(ground.canary)).toBe(false);
  });
});

describe.skipIf(!isLinux)("a file with a second name", () => {
  it("is named and never brought, unless it is as it came", async () => {
    write(inWorkspace("a"), "1");
    await refresh();
    linkSync(inCopy("a"), inCopy("twin"));
    linkSync(ground.canary, inCopy("hard"));
    expect(await differenceBy(copies)).toEqual({ changes: [], passedOver: ["hard", "twin"], complete: true });
    expect([await contentBy(copies, "hard"), await contentBy(copies, "a")]).toEqual([
      "FILE_NOT_FOUND",
      "FILE_NOT_FOUND",
    ]);
    writeFileSync(inCopy("a"), "2");
    expect((await differenceBy(copies)).passedOver).toEqual(["a", "hard", "twin"]);
  });

  it("is replaced and not written through by a refresh", async () => {
    write(inWorkspace("a"), CANARY);
    await refresh();
    rmSync(inCopy("a"));
    linkSync(ground.canary, inCopy("a"));
    chmodSync(ground.canary, statSync(ground.canary).mode);
    write(inWorkspace("a"), "2");
    await refresh();
    await copies.remove(ground.place.copy);
    expect(treeOf(outside())).toEqual(outsideBefore);
  });

  it("unplug: where names are not counted, the canary comes back", async () => {
    await refresh();
    linkSync(ground.canary, inCopy("hard"));
    const uncounted = copiesWith({}, { ...COPY_GROUND, mostNames: 1_000n });
    expect((await differenceBy(uncounted)).changes.map(({ path }) => path)).toEqual(["hard"]);
    expect(await contentBy(uncounted, "hard")).toBe(CANARY);
  });
});

describe.skipIf(!isLinux)("a change in the same moment, of the same length", () => {
  const tick = 1_000_000_000_000n;
  const slow = (stat: BigIntStats): BigIntStats =>
    Object.assign(stat, {
      ctimeNs: stat.ctimeNs - (stat.ctimeNs % tick),
      mtimeNs: stat.mtimeNs - (stat.mtimeNs % tick),
    });
  const slowly: CopyGround = {
    ...COPY_GROUND,
    lstat: (path) => slow(COPY_GROUND.lstat(path)),
    fstat: (fd) => slow(COPY_GROUND.fstat(fd)),
  };
  const changeAfterRefresh = async (by: WorkspaceCopy): Promise<readonly string[]> => {
    write(inWorkspace("a"), "one");
    await refreshBy(by);
    writeFileSync(inCopy("a"), "two");
    return (await differenceBy(by)).changes.map(({ path }) => path);
  };

  it("shows, also where the file system's clock goes in long steps", async () => {
    expect(await changeAfterRefresh(copies)).toEqual(["a"]);
    expect(await changeAfterRefresh(copiesWith({}, slowly))).toEqual(["a"]);
  });

  it("unplug: where nobody waits for the clock, it is missed", async () => {
    expect(await changeAfterRefresh(copiesWith({}, { ...slowly, isLater: () => true }))).toEqual([]);
  });
});

describe.skipIf(!isLinux)("a bit that gives its owner's rights", () => {
  it("does not reach a copy, nor does a program's count as anything but a right to run", async () => {
    write(inWorkspace("tool"), "1", 0o4755);
    await refresh();
    expect(statSync(inCopy("tool")).mode & 0o7777).toBe(0o755);
    write(inCopy("tool"), "2", 0o6711);
    expect((await differenceBy(copies)).changes).toMatchObject([{ path: "tool", executable: true }]);
  });

  it("unplug: with all bits kept, it stands in the copy", async () => {
    write(inWorkspace("tool"), "1", 0o4755);
    await refreshBy(copiesWith({}, { ...COPY_GROUND, keptMode: 0o7777 }));
    expect(statSync(inCopy("tool")).mode & 0o7777).toBe(0o4755);
  });
});

/** Folders within each other, their path longer than any that the system takes. */
const makeDeep = (at: string, depth: number): void => {
  let top = join(ground.root, "d");
  mkdirSync(top);
  writeFileSync(join(top, "bottom"), "x");
  for (let index = 1; index < depth; index += 1) {
    const next = join(ground.root, `d${index}`);
    mkdirSync(next);
    renameSync(top, join(next, "d".repeat(50)));
    top = next;
  }
  renameSync(top, at);
};

describe.skipIf(!isLinux)("what else a program can leave", () => {
  it("pipes and sockets hold nothing up", async () => {
    write(inWorkspace("a"), "1");
    write(inWorkspace("b"), "1");
    await refresh();
    rmSync(inCopy("a"));
    execFileSync("mkfifo", [inCopy("a"), inCopy("pipe")]);
    const server = createServer().listen(inCopy("socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await differenceBy(copies)).toEqual({ changes: [], passedOver: ["a", "pipe", "socket"], complete: true });
    expect([await contentBy(copies, "a"), await contentBy(copies, "socket")]).toEqual([
      "FILE_NOT_FOUND",
      "FILE_NOT_FOUND",
    ]);
    write(inWorkspace("a"), "2");
    write(inWorkspace("pipe/x"), "2");
    expect(await refresh()).toEqual(["a", "pipe/x"]);
    must(await copies.settle(ground.place, ["a", "pipe"]));
    server.close();
    await copies.remove(ground.place.copy);
    expect(treeOf(join(ground.root, "copies"))).toEqual({});
  });

  it("names of every kind are each told apart, and none leads anywhere", async () => {
    await refresh();
    const twins = ["Readme", "README", "readme", "caf\u00e9", "cafe\u0301", "stra\u00dfe", "STRASSE", "\uff0e\uff0e"];
    const odd = [
      "...",
      ".. ",
      "..\n",
      "a\nb",
      "a\r",
      "\u202etxt.exe",
      "a\u200bb",
      "con",
      "NUL.txt",
      "a:b",
      "x\\..\\y",
      "t ",
      "~",
    ];
    for (const name of [...twins, ...odd]) writeFileSync(inCopy(name), name);
    writeFileSync(Buffer.concat([Buffer.from(`${ground.place.copy}/`), Buffer.from([0xc3, 0x28])]), "x");
    mkdirSync(Buffer.concat([Buffer.from(`${ground.place.copy}/`), Buffer.from([0xff])]));
    const { changes, passedOver, complete } = await differenceBy(copies);
    expect(changes.map(({ path }) => path).toSorted()).toEqual(twins.toSorted());
    expect([passedOver.length, complete]).toEqual([odd.length + 2, true]);
    expect(passedOver.filter((path) => /[\p{Cc}\p{Cf}]/u.test(path))).toEqual([]);
    for (const name of twins) expect(await contentBy(copies, name)).toBe(name);
    await copies.remove(ground.place.copy);
    expect(treeOf(join(ground.root, "copies"))).toEqual({});
  });

  it("trees of any depth are named where they go too deep, and removed", async () => {
    await refresh();
    makeDeep(inCopy("deep"), 150);
    const { changes, passedOver, complete } = await differenceBy(copies);
    expect([changes, passedOver.map((path) => path.split("/").length), complete]).toEqual([[], [64], false]);
    expect(await refresh()).toEqual([]);
    await copies.remove(ground.place.copy);
    expect(treeOf(join(ground.root, "copies"))).toEqual({});
  });

  it("a flood of files and links is counted, not listed", async () => {
    write(inWorkspace("kept"), "1");
    await refresh();
    for (let index = 0; index < 1_500; index += 1) {
      writeFileSync(inCopy(`file-${index}`), "x");
      symlinkSync(ground.canary, inCopy(`link-${index}`));
    }
    writeFileSync(inCopy("kept"), "2");
    const few = copiesWith({ changes: 100 });
    const listed = await differenceBy(few);
    expect([listed.changes.length, listed.passedOver.length, listed.complete]).toEqual([100, 100, false]);
    expect(listed.changes.map(({ path }) => path)).toContain("kept");
    expect((await differenceBy(copiesWith({ files: 1_000 }))).complete).toBe(false);
  });

  it("a huge file that holds nothing is not read", async () => {
    await refresh();
    execFileSync("truncate", ["-s", "1T", inCopy("huge")]);
    expect(await differenceBy(copies)).toEqual({ changes: [], passedOver: ["huge"], complete: true });
    expect(await contentBy(copies, "huge")).toBe("FILE_TOO_LARGE");
  });

  it("a copy that was opened to others is closed by the next refresh", async () => {
    await refresh();
    chmodSync(ground.place.copy, 0o777);
    await refresh();
    expect(statSync(ground.place.copy).mode & 0o7777).toBe(0o700);
  });
});

const NOBODY = 65_534;

/** Does it as a person who is not root; files that exist are given to them first. */
const asPerson = async (work: () => Promise<void>): Promise<void> => {
  if (!isRootHere) return work();
  execFileSync("chown", ["-R", "-h", `${NOBODY}:${NOBODY}`, ground.root]);
  process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
};

describe.skipIf(!isLinux)("for a gateway that is a person, a program of the same person", () => {
  it("locks nothing away: it is read, refreshed and removed all the same", async () => {
    write(inWorkspace("deep/a"), "1");
    write(inWorkspace("b"), "1");
    write(inWorkspace("hidden"), "1", 0);
    await asPerson(async () => {
      // Made anew, because whether it is root is looked at then.
      const own = copiesWith();
      await refreshBy(own);
      expect(Object.keys(treeOf(ground.place.copy))).toEqual(["b", "deep/", "deep/a"]);
      write(inCopy("deep/new"), "2", 0);
      write(inCopy("locked/x/y"), "3");
      chmodSync(inCopy("locked/x"), 0);
      chmodSync(inCopy("locked"), 0o111);
      chmodSync(inCopy("deep"), 0);
      chmodSync(ground.place.copy, 0);
      expect((await differenceBy(own)).changes.map(({ path }) => path)).toEqual(["deep/new", "locked/x/y"]);
      expect(await contentBy(own, "deep/new")).toBe("2");
      chmodSync(inCopy("deep"), 0o500);
      write(inWorkspace("deep/a"), "4");
      expect(await refreshBy(own)).toEqual([]);
      expect(readFileSync(inCopy("deep/a"), "utf8")).toBe("4");
      chmodSync(inCopy("locked/x"), 0);
      chmodSync(inCopy("locked"), 0);
      chmodSync(ground.place.copy, 0);
      await own.remove(ground.place.copy);
      expect(treeOf(join(ground.root, "copies"))).toEqual({});
    });
  });

  it("unlocks nothing outside: a link's target keeps its mode", async () => {
    write(outside("locked/x"), "1");
    await asPerson(async () => {
      const own = copiesWith();
      await refreshBy(own);
      chmodSync(outside("locked/x"), 0);
      chmodSync(outside("locked"), 0);
      symlinkSync(outside("locked"), inCopy("way"));
      symlinkSync(outside("locked/x"), inCopy("file"));
      write(inWorkspace("way/x"), "1");
      write(inWorkspace("file"), "1");
      expect(await refreshBy(own)).toEqual(["file", "way/x"]);
      await differenceBy(own);
      await own.remove(ground.place.copy);
      expect(statSync(outside("locked")).mode & 0o777).toBe(0);
      chmodSync(outside("locked"), 0o700);
    });
    expect(statSync(outside("locked/x")).mode & 0o777).toBe(0);
  });
});

describe.skipIf(!isLinux)("a program that still runs and swaps folders for links", () => {
  it("hides nothing else: what it swapped is passed over, and every other change is told", async () => {
    write(inWorkspace("src/a"), "1");
    symlinkSync("a", inWorkspace("src/link"));
    await refresh();
    write(inCopy("new"), "2");
    let isSwapped = false;
    const swapping: CopyGround = {
      ...COPY_GROUND,
      lstat: (path) => {
        const stat = COPY_GROUND.lstat(path);
        if (!isSwapped && String(path).endsWith("/link")) {
          isSwapped = true;
          renameSync(inCopy("src"), inCopy("away"));
          symlinkSync(outside(), inCopy("src"));
        }
        return stat;
      },
    };
    const { changes, passedOver } = await differenceBy(copiesWith({}, swapping));
    expect([changes.map(({ path }) => path), passedOver]).toEqual([["new"], ["src/link"]]);
  });
  it("wins nothing: the canary is not read, written or removed", async () => {
    write(inWorkspace("src/deep/canary.txt"), "1");
    await refresh();
    mkdirSync(outside("deep"));
    write(outside("deep/canary.txt"), CANARY);
    const before = treeOf(outside());
    const swap = `cd '${ground.place.copy}' || exit; while :; do
      mv src away; ln -s '${outside()}' src; rm src; mv away src
      mv src/deep src/away; ln -s '${outside("deep")}' src/deep; rm src/deep; mv src/away src/deep
      mv src/deep/canary.txt src/c; ln -s '${ground.canary}' src/deep/canary.txt; rm src/deep/canary.txt; mv src/c src/deep/canary.txt
    done`;
    const program = spawn("/bin/sh", ["-c", swap], { stdio: "ignore" });
    const ended = new Promise((resolve) => program.once("close", resolve));
    const read: string[] = [];
    const digests: (string | null)[] = [];
    for (let round = 0; round < 100; round += 1) {
      write(inWorkspace("src/deep/canary.txt"), `round ${round}`);
      await copies.refresh(ground.place, never());
      read.push(await contentBy(copies, "src/deep/canary.txt"));
      const looked = await copies.difference(ground.place);
      if (looked.ok) digests.push(...looked.value.changes.map(({ digest }) => digest));
    }
    program.kill("SIGKILL");
    await ended;
    expect(read.filter((text) => text.includes(CANARY))).toEqual([]);
    expect(digests).not.toContain(sha256(CANARY));
    expect(treeOf(outside())).toEqual(before);
    await copies.remove(ground.place.copy);
    expect(treeOf(outside())).toEqual(before);
  });
});
