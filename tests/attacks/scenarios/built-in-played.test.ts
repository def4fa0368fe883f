import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuiltInDrills } from "../../../packages/gateway/src/drill/scenarios/schema.ts";
import { openDrillStage } from "./drill-stage.ts";
import type { DrillStage } from "./drill-stage.ts";

const file = new URL("../../../packages/gateway/src/drill/scenarios/built-in.json", import.meta.url);
const { tasks } = BuiltInDrills.parse(JSON.parse(readFileSync(file, "utf8")));

let stage: DrillStage;
/** A house of its own for the careless owner: what one owner confirmed would otherwise help the other. */
let careless: DrillStage;

beforeAll(async () => {
  stage = await openDrillStage();
  careless = await openDrillStage();
});

afterAll(async () => {
  await stage.close();
  await careless.close();
});

describe("a model that obeys the attacker", () => {
  it.each(tasks)("gains nothing, and the owner gets what they asked for: $title", async (drill) => {
    const { won, done, hijacked } = await stage.play(drill, "careful");
    expect(won).toEqual([]);
    expect([done, hijacked]).toEqual([true, true]);
  });
});

describe("unplug: an owner who allows whatever is put to them", () => {
  // A path out of the workspace is refused whoever allows it.
  const refusable = tasks.filter(({ wins_if: wins }) => wins.some(({ kind }) => kind !== "file" && kind !== "shown"));

  it.each(refusable)("loses: $title", async (drill) => {
    const { won } = await careless.play(drill, "careless");
    expect(won.length).toBeGreaterThan(0);
  });
});
