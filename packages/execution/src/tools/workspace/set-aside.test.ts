import { link, mkdir, readFile, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildHouse, CANARY, outsideOf } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";
import { listWorkspaceFiles } from "./list-files.ts";
import { setAsideFile } from "./set-aside.ts";

let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(() => house.close());
const inside = (name: string) => join(house.workspace, name);
const aside = () => join(house.outside, "removed");

const listed = async (most?: number) => {
  const listing = await listWorkspaceFiles(house.workspace, most === undefined ? {} : { most });
  return listing.ok ? { paths: listing.value.files.map(({ path }) => path), complete: listing.value.complete } : null;
};

describe("the files of a workspace", () => {
  it("are listed in order with what they hold, those in folders too", async () => {
    await mkdir(inside("a/b"), { recursive: true });
    await writeFile(inside("a/b/c.txt"), "deep");
    await writeFile(inside("z.txt"), "last");
    const listing = await listWorkspaceFiles(house.workspace);
    const files = listing.ok ? listing.value.files : [];
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ["a/b/c.txt", 4],
      ["z.txt", 4],
    ]);
    const content = await files[0]?.content();
    expect(content?.ok === true && Buffer.from(content.value).toString()).toBe("deep");
  });

  it("are only those that stand inside: no link, no second name, nothing behind a linked folder", async () => {
    await symlink(join(house.outside, "canary.txt"), inside("link.txt"));
    await link(join(house.outside, "canary.txt"), inside("second.txt"));
    await symlink(house.outside, inside("out"));
    await writeFile(inside("own.txt"), "x");
    expect(await listed()).toEqual({ paths: ["own.txt"], complete: true });
  });

  it("are no more than asked for, and it says so", async () => {
    for (const name of ["a", "b", "c"]) await writeFile(inside(name), "x");
    expect(await listed(2)).toEqual({ paths: ["a", "b"], complete: false });
    expect(await listWorkspaceFiles(join(house.outside, "nowhere"))).toMatchObject({ ok: true, value: { files: [] } });
  });

  it("are refused when something else took their place since", async () => {
    await writeFile(inside("own.txt"), "x");
    const listing = await listWorkspaceFiles(house.workspace);
    const file = listing.ok ? listing.value.files[0] : undefined;
    await setAsideFile(house.workspace, "own.txt", aside());
    await symlink(join(house.outside, "canary.txt"), inside("own.txt"));
    expect(await file?.content()).toMatchObject({ ok: false, error: { code: "PATH_OUTSIDE_WORKSPACE" } });
  });
});

describe("a file that is set aside", () => {
  it("is out of the workspace and kept elsewhere, beside others of its name", async () => {
    await mkdir(inside("a"));
    for (const text of ["first", "second"]) {
      await writeFile(inside("a/x.txt"), text);
      const moved = await setAsideFile(house.workspace, "a/x.txt", aside());
      expect(moved.ok && (await readFile(moved.value, "utf8"))).toBe(text);
    }
    expect(await listed()).toEqual({ paths: [], complete: true });
    expect((await readdir(aside())).toSorted()).toEqual(["a__x.txt", "a__x.txt.1"]);
  });

  it("is never one outside: links, second names and ways out are refused, and nothing moves", async () => {
    await symlink(join(house.outside, "canary.txt"), inside("link.txt"));
    await link(join(house.outside, "canary.txt"), inside("second.txt"));
    await symlink(house.outside, inside("out"));
    for (const path of ["link.txt", "second.txt", "out/canary.txt", "../canary.txt", "/etc/hostname"]) {
      expect(await setAsideFile(house.workspace, path, aside())).toMatchObject({
        ok: false,
        error: { code: "PATH_OUTSIDE_WORKSPACE" },
      });
    }
    expect(await outsideOf(house)).toBe(CANARY);
    expect((await readdir(inside("."))).toSorted()).toEqual(["link.txt", "out", "second.txt"]);
  });

  it("does not go into the workspace itself, nor where there is none", async () => {
    await writeFile(inside("x.txt"), "x");
    expect((await setAsideFile(house.workspace, "x.txt", inside("trash"))).ok).toBe(false);
    expect(await setAsideFile(house.workspace, "none.txt", aside())).toMatchObject({
      ok: false,
      error: { code: "FILE_NOT_FOUND" },
    });
    expect(await readFile(inside("x.txt"), "utf8")).toBe("x");
  });

  it("stays where it is when the other place cannot be used", async () => {
    await writeFile(inside("x.txt"), "x");
    expect((await setAsideFile(house.workspace, "x.txt", join(house.outside, "canary.txt"))).ok).toBe(false);
    expect(await readFile(inside("x.txt"), "utf8")).toBe("x");
    expect(await outsideOf(house)).toBe(CANARY);
  });
});
