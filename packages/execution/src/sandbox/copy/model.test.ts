import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copiesWith, createGround, isLinux, must, never, sha256 } from "./testing/trees.ts";

/** What a side holds: path → content, a mark before it where it may run. */
type Side = Map<string, string>;
type Step =
  | {
      readonly do: "write";
      readonly side: "workspace" | "copy";
      readonly path: string;
      readonly content: string;
      readonly runs: boolean;
    }
  | { readonly do: "remove"; readonly side: "workspace" | "copy"; readonly path: string }
  | { readonly do: "refresh" }
  | { readonly do: "settle"; readonly paths: readonly string[] };

const PATHS = ["a", "b", "A", "d/a", "d/b", "d/e/a", "d", "b/x", "d/e"];
const path = fc.constantFrom(...PATHS);
const side = fc.constantFrom("workspace" as const, "copy" as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      side,
      path,
      content: fc.constantFrom("1", "2", "33"),
      runs: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("remove" as const), side, path }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("refresh" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("settle" as const), paths: fc.subarray(PATHS) }) },
);

const above = (at: string): readonly string[] =>
  at
    .split("/")
    .slice(0, -1)
    .map((_part, index, parts) => parts.slice(0, index + 1).join("/"));
/** Whether a file can stand there: no file is above it, and nothing below it. */
const isFree = (held: Side, at: string): boolean =>
  !above(at).some((folder) => held.has(folder)) && ![...held.keys()].some((other) => other.startsWith(`${at}/`));

/** What a refresh and a settling promise, in a few lines. */
const createModel = () => {
  const workspace: Side = new Map();
  const copy: Side = new Map();
  const known: Side = new Map();
  const refresh = (): readonly string[] => {
    const conflicts: string[] = [];
    for (const [at, content] of known) {
      if (workspace.has(at)) continue;
      const now = copy.get(at);
      const isChanged = now === undefined ? !isFree(copy, at) : now !== content;
      if (isChanged) conflicts.push(at);
      else {
        known.delete(at);
        copy.delete(at);
      }
    }
    for (const [at, content] of workspace) {
      if (known.get(at) === content) continue;
      const isUntouched = copy.get(at) === known.get(at) && (copy.has(at) || isFree(copy, at));
      if (isUntouched) copy.set(at, content);
      if (copy.get(at) === content) known.set(at, content);
      else conflicts.push(at);
    }
    return conflicts.toSorted();
  };
  const settle = (paths: readonly string[]): void => {
    for (const at of paths) {
      const [ours, theirs] = [workspace.get(at), copy.get(at)];
      if (ours === undefined && theirs === undefined) known.delete(at);
    }
  };
  const difference = (): readonly string[] =>
    [...new Set([...known.keys(), ...copy.keys()])]
      .filter((at) => known.get(at) !== copy.get(at))
      .map((at) => `${at} ${copy.get(at) ?? "removed"}`)
      .toSorted();
  return { workspace, copy, known, refresh, settle, difference };
};

const write = (root: string, at: string, content: string, runs: boolean): void => {
  mkdirSync(dirname(join(root, at)), { recursive: true });
  writeFileSync(join(root, at), content);
  chmodSync(join(root, at), runs ? 0o755 : 0o644);
};
const remove = (root: string, at: string): void => {
  rmSync(join(root, at));
  for (
    let folder = dirname(at);
    folder !== "." && readdirSync(join(root, folder)).length === 0;
    folder = dirname(folder)
  )
    rmdirSync(join(root, folder));
};
const read = (root: string): Side => {
  if (!existsSync(root)) return new Map();
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => lstatSync(join(root, name)).isFile());
  return new Map(
    files.map((name) => {
      const runs = (lstatSync(join(root, name)).mode & 0o111) !== 0;
      return [name, `${runs ? "*" : ""}${readFileSync(join(root, name), "utf8")}`];
    }),
  );
};
const sorted = (held: Side) => [...held].toSorted(([a], [b]) => (a < b ? -1 : 1));

describe.skipIf(!isLinux)("any run of changes on both sides", () => {
  it("leaves the copy, its conflicts and its difference as a model of maps says", { timeout: 60_000 }, async () => {
    const copies = copiesWith();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 16 }), async (steps) => {
        const ground = createGround();
        const model = createModel();
        try {
          must(await copies.refresh(ground.place, never()));
          for (const one of [...steps, { do: "refresh" } as const]) {
            if (one.do === "write") {
              if (!isFree(model[one.side], one.path)) continue;
              write(ground.place[one.side], one.path, one.content, one.runs);
              model[one.side].set(one.path, `${one.runs ? "*" : ""}${one.content}`);
            } else if (one.do === "remove") {
              if (!model[one.side].delete(one.path)) continue;
              remove(ground.place[one.side], one.path);
            } else if (one.do === "settle") {
              // Only what stands on both sides alike; of the rest, a settling says nothing.
              must(
                await copies.settle(
                  ground.place,
                  one.paths.filter((at) => model.workspace.get(at) === model.copy.get(at)),
                ),
              );
              for (const at of one.paths) {
                const both = model.copy.get(at);
                if (both !== undefined && model.workspace.get(at) === both) model.known.set(at, both);
              }
              model.settle(one.paths);
            } else {
              const { conflicts } = must(await copies.refresh(ground.place, never()));
              expect(conflicts).toEqual(model.refresh());
            }
            expect(sorted(read(ground.place.copy))).toEqual(sorted(model.copy));
            const { changes, passedOver, complete } = must(await copies.difference(ground.place));
            expect(
              changes
                .map(({ path: at, digest, executable }) =>
                  digest === null
                    ? `${at} removed`
                    : `${at} ${executable ? "*" : ""}${["1", "2", "33"].find((text) => sha256(text) === digest)}`,
                )
                .toSorted(),
            ).toEqual(model.difference());
            expect([passedOver, complete]).toEqual([[], true]);
          }
          expect(sorted(read(ground.place.workspace))).toEqual(sorted(model.workspace));
        } finally {
          ground.remove();
        }
      }),
      { numRuns: 60, interruptAfterTimeLimit: 30_000 },
    );
  });
});
