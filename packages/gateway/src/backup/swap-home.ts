import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { done, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";

/** One thing that takes a place in the home; what stood there goes aside and is kept. */
const Move = z.strictObject({
  /** Below the home, with forward slashes; null where only something goes aside. */
  from: z.string().min(1).nullable(),
  to: z.string().min(1),
  aside: z.string().min(1),
});
const Plan = z.strictObject({
  version: z.literal(1),
  /** Where the new things wait; removed in the end. */
  staging: z.string().min(1),
  moves: z.array(Move).readonly(),
  /** Schemas of PostgreSQL that change places in the same step; null on SQLite. */
  schemas: z
    .strictObject({
      from: z.string(),
      to: z.string(),
      aside: z.string(),
      /** Where the server is; its password is not ours to keep. */
      place: z.strictObject({ host: z.string(), port: z.int(), name: z.string(), user: z.string() }),
    })
    .nullable(),
});
/** What a restore has decided and a crash must not undo half of. */
export type SwapPlan = Readonly<z.infer<typeof Plan>>;

/** Stands in the home from the moment on from which the new things count. */
const FILE = "restoring.json";
/** Names inside the home alone: the file is ours, and must not become a way to move anything else. */
const INSIDE = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;

const syncFolder = (path: string): void => {
  if (process.platform === "win32") return; // folders cannot be opened there; NTFS journals the entry itself
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const writeDurably = (path: string, text: string): void => {
  const beside = `${path}.new`;
  const descriptor = openSync(beside, "w", 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(beside, path);
  syncFolder(dirname(path));
};

const readPlan = (root: string): SwapPlan | null => {
  const file = join(root, FILE);
  if (!existsSync(file)) return null;
  const plan = Plan.parse(JSON.parse(readFileSync(file, "utf8"))); // written by writeDurably, whole or not at all
  const names = [
    plan.staging,
    ...plan.moves.flatMap(({ from, to, aside }) => [to, aside, ...(from === null ? [] : [from])]),
  ];
  if (!names.every((name) => INSIDE.test(name))) throw new Error(`${FILE} names a place outside the home`);
  return plan;
};

/** How schemas change places; refused when the server cannot be reached, and then tried again at the next look. */
export type TakeSchemas = (schemas: NonNullable<SwapPlan["schemas"]>) => Promise<Result<void>>;

const setAside = (place: string, kept: string): void => {
  if (lstatSync(place).isDirectory() && readdirSync(place).length === 0) return rmdirSync(place);
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  renameSync(place, kept);
  syncFolder(dirname(kept));
  syncFolder(dirname(dirname(kept)));
};

const moveAll = (root: string, plan: SwapPlan): void => {
  for (const { from, to, aside } of plan.moves) {
    const [place, kept] = [join(root, to), join(root, aside)];
    const source = from === null ? null : join(root, from);
    if (source !== null && !existsSync(source)) continue;
    if (existsSync(place)) setAside(place, kept);
    if (source !== null) renameSync(source, place);
    for (const path of [place, ...(source === null ? [] : [source])]) syncFolder(dirname(path));
  }
};

/** Every step may be repeated: what has moved is not there any more. */
const carryOut = async (root: string, plan: SwapPlan, takeSchemas: TakeSchemas): Promise<Result<void>> => {
  const taken = plan.schemas === null ? done : await takeSchemas(plan.schemas);
  if (!taken.ok) return taken;
  moveAll(root, plan);
  rmSync(join(root, FILE));
  syncFolder(root);
  rmSync(join(root, plan.staging), { recursive: true, force: true });
  return done;
};

/**
 * Puts new things into their places in a home, all of them or none: before the plan is on the disk the old home stands, and from
 * then on the next look at the home finishes what a crash cut off.
 */
export const swapHome = async (root: string, plan: SwapPlan, takeSchemas: TakeSchemas): Promise<Result<void>> => {
  writeDurably(join(root, FILE), JSON.stringify(Plan.parse(plan)));
  return carryOut(root, plan, takeSchemas);
};

/** Finishes what a crash cut off; to be called with the home locked, before anything of it is opened. True when there was something. */
export const finishSwap = async (root: string, takeSchemas: TakeSchemas): Promise<Result<boolean>> => {
  rmSync(join(root, `${FILE}.new`), { force: true });
  const plan = readPlan(root);
  if (plan === null) return ok(false);
  const carried = await carryOut(root, plan, takeSchemas);
  return carried.ok ? ok(true) : carried;
};
