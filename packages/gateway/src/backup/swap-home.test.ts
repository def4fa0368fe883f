import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { done, err, moltbotError } from "@moltbot/contracts";
import { finishSwap, swapHome } from "./swap-home.ts";
import type { SwapPlan, TakeSchemas } from "./swap-home.ts";
import { must, removeFolders, temporaryFolder } from "./testing/rich-home.ts";

afterEach(removeFolders);

const PLAN: SwapPlan = {
  version: 1,
  staging: "restoring",
  moves: [
    { from: null, to: "moltbot.db-wal", aside: "before/moltbot.db-wal" },
    { from: "restoring/moltbot.db", to: "moltbot.db", aside: "before/moltbot.db" },
    { from: "restoring/audit", to: "audit", aside: "before/audit" },
  ],
  schemas: null,
};
const none: TakeSchemas = async () => done;

/** A home with old things in place and new ones waiting. */
const prepared = (): string => {
  const root = temporaryFolder();
  mkdirSync(join(root, "audit"));
  mkdirSync(join(root, "restoring", "audit"), { recursive: true });
  writeFileSync(join(root, "moltbot.db-wal"), "old");
  for (const [folder, text] of [
    [root, "old"],
    [join(root, "restoring"), "new"],
  ] as const) {
    writeFileSync(join(folder, "moltbot.db"), text);
    writeFileSync(join(folder, "audit", "log.jsonl"), text);
  }
  return root;
};
const stateOf = (root: string): readonly string[] =>
  ["moltbot.db", "audit/log.jsonl", "moltbot.db-wal"].map((name) =>
    existsSync(join(root, name)) ? readFileSync(join(root, name), "utf8") : "none",
  );
const OLD = ["old", "old", "old"];
const NEW = ["new", "new", "none"];

/** The renames in their order, for a crash after any of them. */
const steps = (root: string): readonly (() => void)[] =>
  PLAN.moves.flatMap(({ from, to, aside }) => [
    () => {
      mkdirSync(dirname(join(root, aside)), { recursive: true });
      renameSync(join(root, to), join(root, aside));
    },
    ...(from === null ? [] : [() => renameSync(join(root, from), join(root, to))]),
  ]);

describe("changing places", () => {
  it("puts everything new in place, keeps everything old aside, and leaves nothing behind", async () => {
    const root = prepared();
    must(await swapHome(root, PLAN, none));
    expect(stateOf(root)).toEqual(NEW);
    expect(stateOf(join(root, "before"))).toEqual(OLD);
    expect(readdirSync(root).toSorted()).toEqual(["audit", "before", "moltbot.db"]);
  });

  it("is finished at the next look after a crash behind any step", async () => {
    const count = steps(prepared()).length;
    for (let crash = 0; crash <= count; crash += 1) {
      const root = prepared();
      writeFileSync(join(root, "restoring.json"), JSON.stringify(PLAN));
      for (const step of steps(root).slice(0, crash)) step();
      expect(must(await finishSwap(root, none))).toBe(true);
      expect(stateOf(root)).toEqual(NEW);
      expect(stateOf(join(root, "before"))).toEqual(OLD);
      expect(must(await finishSwap(root, none))).toBe(false);
    }
  });

  it("has not begun before its plan is on the disk", async () => {
    const root = prepared();
    writeFileSync(join(root, "restoring.json.new"), '{"version":1,"sta');
    expect(must(await finishSwap(root, none))).toBe(false);
    expect(stateOf(root)).toEqual(OLD);
  });

  it("unplug: without its plan a crash between two steps leaves half of each", async () => {
    const root = prepared();
    for (const step of steps(root).slice(0, 3)) step();
    rmSync(join(root, "restoring.json"), { force: true });
    expect(must(await finishSwap(root, none))).toBe(false);
    expect(stateOf(root)).toEqual(["new", "old", "none"]);
  });

  it("waits for the server when schemas change places too, and moves no file before", async () => {
    const root = prepared();
    const schemas = { from: "a", to: "b", aside: "c", place: { host: "h", port: 1, name: "d", user: "u" } };
    const refused = err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it is down" }));
    expect(await swapHome(root, { ...PLAN, schemas }, async () => refused)).toEqual(refused);
    expect(stateOf(root)).toEqual(OLD);
    const taken: unknown[] = [];
    must(
      await finishSwap(root, async (names) => {
        taken.push(names);
        return done;
      }),
    );
    expect(taken).toEqual([schemas]);
    expect(stateOf(root)).toEqual(NEW);
  });

  it("moves nothing for a plan that names a place outside the home", async () => {
    for (const to of ["../outside", "/etc/passwd", "a/../../b"]) {
      const root = prepared();
      const moves = [{ from: "restoring/moltbot.db", to, aside: "before/x" }];
      writeFileSync(join(root, "restoring.json"), JSON.stringify({ ...PLAN, moves }));
      await expect(finishSwap(root, none)).rejects.toThrow("outside the home");
      expect(stateOf(root)).toEqual(OLD);
    }
  });
});
