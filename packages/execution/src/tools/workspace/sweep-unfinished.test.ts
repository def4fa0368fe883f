import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildHouse, callOf, CANARY, NOW, outsideOf } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";
import { listWorkspaceFiles } from "./list-files.ts";
import { sweepUnfinished } from "./sweep-unfinished.ts";

const LEFT = ".moltbot-01930000-0000-7000-8000-000000000001.part";
const now = Date.parse(NOW);
const HOUR = 3_600_000;
let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(async () => {
  expect(await outsideOf(house)).toBe(CANARY);
  await house.close();
});
const inside = (name: string): string => join(house.workspace, name);
const leave = async (path: string, at: number): Promise<void> => {
  await writeFile(path, "half of it");
  await utimes(path, at / 1000, at / 1000);
};
const answerOf = async (tool: string, given: Record<string, string>): Promise<string> => {
  const ran = await house.run(callOf(tool, given));
  return ran.ok ? ran.value.text : ran.error.code;
};

describe("what a crash leaves unfinished", () => {
  it("is removed at the start, in every folder, and nothing else is", async () => {
    await mkdir(inside("a/b"), { recursive: true });
    await leave(inside(LEFT), now - HOUR);
    await leave(inside(`a/b/${LEFT}`), now - HOUR);
    await leave(inside("a/moltbot-x.part"), now - HOUR);
    await leave(inside("a/.moltbot-.part"), now - HOUR);
    expect(await sweepUnfinished(house.workspace, now)).toBe(2);
    expect(await readdir(house.workspace)).toEqual(["a"]);
    expect((await readdir(inside("a"))).toSorted()).toEqual([".moltbot-.part", "b", "moltbot-x.part"]);
    expect(await readdir(inside("a/b"))).toEqual([]);
  });

  it("is left alone while somebody may still be at it", async () => {
    await leave(inside(LEFT), now + 1);
    expect(await sweepUnfinished(house.workspace, now)).toBe(0);
    expect(await sweepUnfinished(house.workspace, now + HOUR, AbortSignal.abort())).toBe(0);
    expect(await readdir(house.workspace)).toEqual([LEFT]);
  });

  it("is in no listing, and a listing by a tool removes it first", async () => {
    await leave(inside(LEFT), now - HOUR);
    const listed = await listWorkspaceFiles(house.workspace);
    expect(listed).toMatchObject({ ok: true, value: { files: [], complete: true } });
    expect(await readdir(house.workspace)).toEqual([LEFT]);
    expect(await answerOf("file.list", {})).toBe("No files.");
    expect(await readdir(house.workspace)).toEqual([]);
    await leave(inside(LEFT), now - 1000);
    expect(await answerOf("file.search", { text: "half" })).toBe("Nothing found.");
    expect(await readdir(house.workspace), "it may belong to a change that goes on").toEqual([LEFT]);
  });

  it("is nobody's file by its name: no tool reads, writes, moves or deletes one", async () => {
    await leave(inside(LEFT), now - 1000);
    await writeFile(inside("own.txt"), "own");
    for (const [tool, given] of [
      ["file.read", { path: LEFT }],
      ["file.write", { path: LEFT, text: "x" }],
      ["file.append", { path: LEFT.toUpperCase(), text: "x" }],
      ["file.delete", { path: LEFT }],
      ["file.move", { from: "own.txt", to: `new/${LEFT}` }],
      ["file.move", { from: LEFT, to: "stolen.txt" }],
    ] as const)
      expect(await answerOf(tool, given)).toBe("PATH_OUTSIDE_WORKSPACE");
    expect((await readdir(house.workspace)).toSorted()).toEqual([LEFT, "own.txt"]);
  });

  it("of others is not reached: neither through a link to a folder, nor as a link or a folder of that name", async () => {
    await leave(join(house.outside, LEFT), now - HOUR);
    await symlink(house.outside, inside("out"));
    await symlink(join(house.outside, "canary.txt"), inside(LEFT));
    await mkdir(inside(`d/${LEFT}`), { recursive: true });
    expect(await sweepUnfinished(house.workspace, now)).toBe(0);
    expect(await readdir(house.outside)).toContain(LEFT);
    expect((await readdir(house.workspace)).toSorted()).toEqual([LEFT, "d", "out"]);
    expect(await sweepUnfinished(join(house.outside, "nowhere"), now)).toBe(0);
  });
});
