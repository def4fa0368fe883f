import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWall } from "@moltbot/execution/sandbox";
import type { Wall } from "@moltbot/execution/sandbox";
import { SPARE_ID } from "../../packages/execution/src/sandbox/wall/bubblewrap-arguments.ts";
import { median } from "../result.ts";
import type { Figure } from "../result.ts";

const STARTS = 15;
const LIMITS = {
  wallSeconds: 2,
  cpuSeconds: 60,
  processes: 32,
  openFiles: 128,
  fileBytes: 50_000_000,
  outputBytes: 1_000_000,
  memoryBytes: 300_000_000,
  temporaryBytes: 5_000_000,
};

/** What never ends by itself, and by when its own limit has ended it, in seconds. */
const ENDLESS: readonly { readonly name: string; readonly script: string; readonly seconds: number }[] = [
  { name: "a loop", script: "while :; do :; done", seconds: LIMITS.wallSeconds },
  { name: "a fork bomb", script: "bomb() { bomb | bomb & }; bomb; sleep 60", seconds: LIMITS.wallSeconds },
  { name: "1 GB of memory", script: "python3 -c 'a = bytearray(1 << 30); import time; time.sleep(60)'", seconds: 0.5 },
  { name: "endless output", script: "yes", seconds: 0 },
  { name: "a file without end", script: "cat /dev/zero > zero", seconds: 0 },
];

const elapsed = async (wall: Wall, workspace: string, argv: readonly string[]): Promise<number> => {
  const began = performance.now();
  const ran = await wall.run({ argv, workspace, limits: LIMITS }, AbortSignal.timeout(30_000));
  if (!ran.ok) throw new Error(ran.error.message);
  return performance.now() - began;
};

/** What the wall costs, and how soon it ends what would never end. Nothing where there is no wall: then nothing runs there at all. */
export const measureSandbox = async (): Promise<readonly Figure[]> => {
  const wall = createWall();
  const state = await wall.check();
  if (state.kind === "missing") {
    process.stderr.write(`sandbox is not measured: ${state.problem}\n`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "moltbot-bench-wall-"));
  try {
    const workspace = join(folder, "workspace");
    mkdirSync(workspace);
    if (process.getuid?.() === 0) chownSync(workspace, SPARE_ID, SPARE_ID);
    const starts: number[] = [];
    for (let at = 0; at < STARTS; at += 1) starts.push(await elapsed(wall, workspace, ["true"]));
    const figures: Figure[] = [
      { name: "true behind the wall, p50", value: median(starts), unit: "ms", limit: 60, sense: "most", scaled: true },
    ];
    for (const { name, script, seconds } of ENDLESS) {
      const took = (await elapsed(wall, workspace, ["sh", "-c", script])) / 1_000;
      figures.push({
        name: `${name}, ended after its limit by`,
        value: Math.max(0, took - seconds),
        unit: "s",
        limit: 0.5,
        sense: "most",
        scaled: true,
      });
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
