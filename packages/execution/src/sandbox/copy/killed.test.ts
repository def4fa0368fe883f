import { spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copiesWith, createGround, isLinux, must, never, treeOf, write } from "./testing/trees.ts";
import type { Ground } from "./testing/trees.ts";

const PROGRAM = fileURLToPath(new URL("./testing/refresh-until-killed.ts", import.meta.url));

let ground: Ground;
beforeEach(() => {
  ground = createGround();
});
afterEach(() => ground.remove());

/** Lets it refresh, and kills it so many milliseconds after it said that it begins for the `rounds`th time. */
const killIn = async (rounds: number, milliseconds: number): Promise<void> => {
  const child = spawn(process.execPath, [PROGRAM, ground.place.workspace, ground.place.copy], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let begun = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== "begins" || (begun += 1) !== rounds) continue;
    await setTimeout(milliseconds);
    child.kill("SIGKILL");
  }
};

const withoutPrograms = (folder: string) =>
  Object.entries(treeOf(folder)).filter(([path]) => !/^kept\/(changed|removed|new)$/.test(path));

describe.skipIf(!isLinux)("a gateway killed in the middle of a refresh", () => {
  it(
    "misses no change of a program, brings no file half, and goes on as if nothing had been",
    { timeout: 120_000 },
    async () => {
      const copies = copiesWith();
      const look = async () => must(await copies.difference(ground.place));
      for (const name of ["kept/changed", "kept/removed", "kept/same"]) write(ground.inWorkspace(name), "as it came");
      must(await copies.refresh(ground.place, never()));
      write(ground.inCopy("kept/changed"), "by a program");
      write(ground.inCopy("kept/new"), "by a program");
      rmSync(ground.inCopy("kept/removed"));
      const programs = ["changed kept/changed", "added kept/new", "removed kept/removed"];

      // The first refresh writes its first files some milliseconds after the word; later ones replace and remove as well.
      for (const [rounds, milliseconds] of [
        [1, 3],
        [1, 8],
        [1, 15],
        [1, 30],
        [2, 4],
        [2, 10],
        [2, 20],
        [3, 6],
        [3, 12],
        [4, 25],
      ] as const) {
        await killIn(rounds, milliseconds);
        const after = await look();
        const said = after.changes.map(({ kind, path }) => `${kind} ${path}`);
        expect(said).toEqual(expect.arrayContaining(programs));
        // What it said too much is what came and was not noted yet: whole files of the workspace's, of this round or the one before.
        for (const { path, digest } of after.changes) {
          if (path.startsWith("kept/") || digest === null) continue;
          const read = must(await copies.content(ground.place, path));
          expect(Buffer.from(read.content).toString()).toMatch(/^round \d+ of \d+$/);
        }

        expect(must(await copies.refresh(ground.place, never())).conflicts).toEqual([]);
        expect((await look()).changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual(programs);
        expect(withoutPrograms(ground.place.copy)).toEqual(withoutPrograms(ground.place.workspace));
        expect(readdirSync(join(ground.root, "copies")).toSorted()).toEqual(["one", "one.json"]);
      }
      await copies.remove(ground.place.copy);
      expect(readdirSync(join(ground.root, "copies"))).toEqual([]);
    },
  );
});
