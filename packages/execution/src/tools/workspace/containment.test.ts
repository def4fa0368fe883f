import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { link, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { label, ok } from "@moltbot/contracts";
import type { ToolCall } from "@moltbot/contracts";
import { buildHouse, callOf, CANARY, outsideOf, person } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";
import { locate } from "./locate.ts";
import { openByDescriptors, openByPath, openForAppend, openInside } from "./open-inside.ts";

let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(async () => {
  const [canary, names] = [await outsideOf(house), (await readdir(house.outside)).toSorted()];
  await house.close();
  if (canary !== CANARY || names.join() !== "canary.txt,workspace")
    throw new Error("something outside the workspace was changed");
});

const answerOf = async (call: ToolCall): Promise<string> => {
  const result = await house.run(call);
  return result.ok ? result.value.text : result.error.code;
};
const read = (path: string) => answerOf(callOf("file.read", { path }));
const append = async (path: string, text = "x") => {
  const answer = await answerOf(callOf("file.append", { path, text }));
  return /^ok \(undo id [0-9a-f-]{36}\)$/.test(answer) ? "ok" : answer;
};
const inside = (name: string) => join(house.workspace, name);
const refusalOf = async (path: string): Promise<string | null> => {
  const resolved = await house.tools.resolve(callOf("file.read", { path }));
  return resolved.ok ? (resolved.value[0]?.refusal ?? null) : resolved.error.code;
};

describe("files of the workspace", () => {
  it("that nobody here wrote are read with untrusted words that only the turn's person may know", async () => {
    await writeFile(inside("notes.txt"), "hello");
    const result = await house.run(callOf("file.read", { path: "./notes.txt" }));
    expect(result.ok && result.value).toMatchObject({
      text: "hello",
      label: label("untrusted", [person], [{ kind: "file", ref: "notes.txt" }]),
    });
  });

  it("are made for their owner alone and grow by whole lines", async () => {
    expect([await append("notes.txt", "one"), await append("notes.txt", "two\n")]).toEqual(["ok", "ok"]);
    await writeFile(inside("cut.txt"), "no newline");
    await append("cut.txt", "next");
    expect(await readFile(inside("notes.txt"), "utf8")).toBe("one\ntwo\n");
    expect(await readFile(inside("cut.txt"), "utf8")).toBe("no newline\nnext\n");
    expect((await stat(inside("notes.txt"))).mode & 0o777).toBe(0o600);
  });

  it("lie in folders that exist, and no others are made", async () => {
    await mkdir(inside("a/b"), { recursive: true });
    expect([await append("a/b/c.txt"), await read("a/b/c.txt"), await append("new/c.txt")]).toEqual([
      "ok",
      "x\n",
      "FILE_NOT_FOUND",
    ]);
    expect(existsSync(inside("new"))).toBe(false);
  });

  it("need a workspace, which is made at the first line", async () => {
    await rm(house.workspace, { recursive: true });
    expect([await read("notes.txt"), await append("notes.txt"), await read("notes.txt")]).toEqual([
      "FILE_NOT_FOUND",
      "ok",
      "x\n",
    ]);
  });

  it("that are folders, too large or not text are refused by name", async () => {
    await mkdir(inside("folder"));
    await writeFile(inside("large.txt"), Buffer.alloc(256 * 1024 + 1, "a"));
    await writeFile(inside("fits.txt"), Buffer.alloc(256 * 1024, "a"));
    await writeFile(inside("binary"), Buffer.from([0x41, 0, 0x42]));
    await writeFile(inside("latin"), Buffer.from([0x63, 0xe9]));
    expect([await read("folder"), await read("large.txt"), await read("binary"), await read("latin")]).toEqual([
      "FILE_NOT_FOUND",
      "FILE_TOO_LARGE",
      "FILE_NOT_TEXT",
      "FILE_NOT_TEXT",
    ]);
    expect((await read("fits.txt")).length).toBe(256 * 1024);
    expect(await append("folder")).toBe("FILE_NOT_FOUND");
    await writeFile(inside("huge.txt"), Buffer.alloc(10 * 1024 * 1024, "a"));
    expect(await append("huge.txt")).toBe("FILE_TOO_LARGE");
  });

  it("are resolved to one relative spelling", async () => {
    const resolved = await house.tools.resolve(callOf("file.append", { path: "./a/./b.txt", text: "x" }));
    expect(resolved).toEqual(
      ok([{ argument: "path", kind: "path", value: "a/b.txt", identity: "absent", refusal: null }]),
    );
  });
});

describe("ways out", () => {
  it.each([
    "../canary.txt",
    "a/../../canary.txt",
    "a/../b",
    "..",
    ".",
    "/",
    "/etc/passwd",
    "//etc/passwd",
    "~",
    "~/.ssh/id_rsa",
    "~root/x",
    "a//b",
    "a/",
    "a\u0000.txt",
    "a\nb",
    "..\\canary.txt",
    "C:\\Windows\\win.ini",
    "C:/Windows/win.ini",
    "c:x",
    "\\\\server\\share",
    "//server/share",
    "notes.txt:stream",
    "notes.txt::$DATA",
    "NUL",
    "con.txt",
    "a/COM1",
    "lpt9.log",
    "com¹",
    "CONIN$",
    "a.",
    "a ",
    "a./b",
    "... /x",
    "x".repeat(256),
    `${"a/".repeat(600)}b`,
    "a\u202eb",
    "\ud800",
    "file:///etc/passwd",
    "/proc/self/environ",
    "...",
  ])("refuses %j, and changes nothing", async (path) => {
    const code = path.length > 1024 ? "TOOL_ARGUMENTS_INVALID" : "PATH_OUTSIDE_WORKSPACE";
    expect([await refusalOf(path), await read(path), await append(path)]).toEqual([code, code, code]);
    expect(await readdir(house.workspace)).toEqual([]);
  });

  it("takes percent signs for what they are", async () => {
    expect(await refusalOf("%2e%2e%2fcanary.txt")).toBeNull();
    expect(await read("%2e%2e%2fcanary.txt")).toBe("FILE_NOT_FOUND");
    await writeFile(inside("%2e%2e"), "literal");
    expect(await read("%2e%2e")).toBe("literal");
  });

  it("through links are refused: to a file, to a folder, dangling, and hard", async () => {
    await symlink(join(house.outside, "canary.txt"), inside("to-file"));
    await symlink(house.outside, inside("to-folder"));
    await symlink(join(house.outside, "new.txt"), inside("dangling"));
    await symlink("loop", inside("loop"));
    await link(join(house.outside, "canary.txt"), inside("hard"));
    for (const path of ["to-file", "to-folder/canary.txt", "to-folder/new.txt", "dangling", "loop", "hard"]) {
      expect([path, await refusalOf(path), await read(path), await append(path)]).toEqual([
        path,
        "PATH_OUTSIDE_WORKSPACE",
        "PATH_OUTSIDE_WORKSPACE",
        "PATH_OUTSIDE_WORKSPACE",
      ]);
    }
  });

  it.skipIf(process.platform === "win32")("through devices and pipes are refused without waiting", async () => {
    execFileSync("mkfifo", [inside("pipe")]);
    expect([await refusalOf("pipe"), await read("pipe"), await append("pipe")]).toEqual(
      Array(3).fill("PATH_OUTSIDE_WORKSPACE"),
    );
    await mkdir(inside("file-as-folder"));
    await writeFile(inside("plain"), "x");
    expect(await read("plain/x")).toBe("PATH_OUTSIDE_WORKSPACE");
  });

  it("is no text that a person or a machine can write", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom("a", ".", "..", "/", "\\", "~", ":", "%2e", " ", "\u0000", "canary.txt") }),
        async (path) => {
          const located = await locate(house.workspace, path);
          if (!located.ok) return;
          expect(join(located.value.root, ...located.value.parts).startsWith(`${house.workspace}/`)).toBe(true);
          expect(located.value.parts).not.toContain("..");
        },
      ),
    );
  });
});

describe.each([
  ["part by part", openByDescriptors],
  ["by path", openByPath],
])("a swap after the check, opened %s", (_name, opener) => {
  const located = async (path: string) => {
    const found = await locate(house.workspace, path);
    if (!found.ok) throw new Error("the path should have been inside");
    return found.value;
  };
  const take = async (handle: { readFile(encoding: "utf8"): Promise<string> }) => ok(await handle.readFile("utf8"));

  it.runIf(process.platform === "linux")("of a file for a link, a hard link or a pipe is refused", async () => {
    for (const plant of [
      () => symlink(join(house.outside, "canary.txt"), inside("notes.txt")),
      () => link(join(house.outside, "canary.txt"), inside("notes.txt")),
      async () => void execFileSync("mkfifo", [inside("notes.txt")]),
    ]) {
      await writeFile(inside("notes.txt"), "mine");
      const found = await located("notes.txt");
      expect(await openInside(found, "read", take, opener)).toEqual(ok("mine"));
      await rm(inside("notes.txt"));
      await plant();
      const opened = await openInside(found, "read", take, opener);
      expect(!opened.ok && opened.error.code).toBe("PATH_OUTSIDE_WORKSPACE");
      const added = await openForAppend(found, async (handle) => ok(await handle.appendFile("x")), opener);
      expect(!added.ok && added.error.code).toBe("PATH_OUTSIDE_WORKSPACE");
      await rm(inside("notes.txt"));
    }
  });

  it.runIf(process.platform === "linux")("of a folder for a link is refused", async () => {
    await mkdir(inside("folder"));
    await writeFile(inside("folder/canary.txt"), "mine");
    const found = await located("folder/canary.txt");
    await rename(inside("folder"), inside("moved"));
    await symlink(house.outside, inside("folder"));
    const opened = await openInside(found, "read", take, opener);
    expect(!opened.ok && opened.error.code).toBe("PATH_OUTSIDE_WORKSPACE");
    const added = await openForAppend(found, async (handle) => ok(await handle.appendFile("x")), opener);
    expect(!added.ok && added.error.code).toBe("PATH_OUTSIDE_WORKSPACE");
  });
});

describe("SWAP: a file that is replaced between the decision and the run", () => {
  const resolved = async (tool: "file.read" | "file.append" = "file.append") => {
    const found = await house.tools.resolve(
      callOf(tool, tool === "file.read" ? { path: "n.txt" } : { path: "n.txt", text: "x" }),
    );
    if (!found.ok || found.value[0] === undefined) throw new Error("the path should have been inside");
    return found.value[0];
  };

  it("is another resource than the one that was decided on, whatever stands there instead", async () => {
    expect(await resolved()).toEqual({
      argument: "path",
      kind: "path",
      value: "n.txt",
      identity: "absent",
      refusal: null,
    });
    await writeFile(inside("n.txt"), "mine");
    const before = await resolved();
    expect(before.identity).toMatch(/^\d+:\d+:\d+$/);
    await writeFile(inside("other"), "theirs");
    await rename(inside("other"), inside("n.txt"));
    const renamed = await resolved();
    await rm(inside("n.txt"));
    const removed = await resolved();
    await writeFile(inside("n.txt"), "mine");
    const again = await resolved();
    await rm(inside("n.txt"));
    await symlink(join(house.outside, "canary.txt"), inside("n.txt"));
    const linked = await resolved();
    expect(removed.identity).toBe("absent");
    expect(linked).toMatchObject({ value: "", refusal: "PATH_OUTSIDE_WORKSPACE" });
    const identities = [before, renamed, removed, again].map(({ identity }) => identity);
    expect(new Set(identities).size).toBe(4);
    expect(await append("n.txt")).toBe("PATH_OUTSIDE_WORKSPACE");
  });

  it("stays the same resource while its words change, for reading and for adding", async () => {
    await append("n.txt", "one");
    const before = await resolved();
    await append("n.txt", "two");
    expect(await resolved()).toEqual(before);
    expect(await resolved("file.read")).toEqual(before);
  });

  it("unplug: without the identity, the file that was decided on and the one put there are the same resource", async () => {
    const { identity: none, ...before } = await resolved();
    await writeFile(inside("n.txt"), "theirs");
    const { identity: theirs, ...after } = await resolved();
    expect(after).toEqual(before);
    expect(theirs).not.toBe(none);
  });
});

describe("unplug: the containment check", () => {
  it("lets `..` and a link read the canary once paths are only joined", async () => {
    await symlink(join(house.outside, "canary.txt"), inside("to-file"));
    for (const path of ["../canary.txt", "to-file"]) {
      expect(await read(path)).toBe("PATH_OUTSIDE_WORKSPACE");
      const unplugged = await readFile(join(house.workspace, path), "utf8");
      expect(unplugged).toBe(CANARY);
    }
  });

  it("lets a link swapped in after the check read the canary once the opening is careless", async () => {
    await writeFile(inside("notes.txt"), "mine");
    const found = await locate(house.workspace, "notes.txt");
    if (!found.ok) throw new Error("the path should have been inside");
    await rm(inside("notes.txt"));
    await symlink(join(house.outside, "canary.txt"), inside("notes.txt"));
    const careful = await openInside(found.value, "read", async (handle) => ok(await handle.readFile("utf8")));
    expect(!careful.ok && careful.error.code).toBe("PATH_OUTSIDE_WORKSPACE");
    expect(await readFile(join(found.value.root, ...found.value.parts), "utf8")).toBe(CANARY);
  });
});

const CORPUS = fileURLToPath(new URL("../../../../../../shared/corpora/path-traversal.json", import.meta.url));
const present = existsSync(CORPUS);
if (!present)
  process.emitWarning("SKIPPED: the path traversal corpus is not on this machine; its payloads were not tried.");

describe.skipIf(!present)("the published path traversal payloads", () => {
  it("read and write nothing outside the workspace", async () => {
    const corpus = JSON.parse(readFileSync(CORPUS, "utf8")) as { readonly paths: readonly { readonly path: string }[] }; // a file of ours with a fixed shape
    expect(corpus.paths.length).toBeGreaterThan(900);
    await writeFile(inside("notes.txt"), "mine");
    const leaks: string[] = [];
    for (const { path } of corpus.paths) {
      for (const target of ["canary.txt", join(house.outside, "canary.txt"), "etc/passwd"]) {
        const filled = path.replaceAll("{FILE}", target);
        const text = await read(filled);
        if (!["PATH_OUTSIDE_WORKSPACE", "FILE_NOT_FOUND", "TOOL_ARGUMENTS_INVALID"].includes(text)) leaks.push(filled);
      }
      await append(path.replaceAll("{FILE}", "canary.txt"), "overwritten");
    }
    expect(leaks).toEqual([]);
    expect(await readFile(inside("notes.txt"), "utf8")).toBe("mine");
  });
});
