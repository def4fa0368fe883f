import { unlinkSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { CopySide } from "./copy-side.ts";
import { NOTHING, unless, within } from "./held-folder.ts";
import type { CopyMeans } from "./means.ts";

const TICKS = 40;
const TICK_MS = 5;

/** The file system's own time, in nanoseconds. */
export const timeThere = (staging: number, { ground }: CopyMeans): bigint => {
  const mark = within(staging, "time");
  unless(NOTHING, () => unlinkSync(mark));
  writeFileSync(mark, "", { mode: 0o600, flag: "wx" });
  return ground.lstat(mark).ctimeNs;
};

/** Waits until what changes now gets a later time than `moment`; false where it does not come soon. */
export const isPast = async ({ staging, means }: CopySide, moment: bigint): Promise<boolean> => {
  for (let tick = 0; tick < TICKS; tick += 1) {
    if (means.ground.isLater(timeThere(staging, means), moment)) return true;
    await setTimeout(TICK_MS);
  }
  return false;
};
