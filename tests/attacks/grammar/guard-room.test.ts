import { afterAll, describe, expect, it } from "vitest";
import { callOf } from "../../../packages/core/src/guard/testing/house.ts";
import { attempt, exactly, give, GRANTABLE, harmIn } from "./attack.ts";
import type { Case } from "./attack.ts";
import { ADMISSION_CASES } from "./cases/admission.ts";
import { ANSWER_CASES, ASKED_CALLS } from "./cases/answers.ts";
import { GRANT_CASES } from "./cases/grants.ts";
import { HANDING_ON_CASES } from "./cases/handing-on.ts";
import { asPlanned, PLAN_CASES } from "./cases/plans.ts";
import { SAID, speaking, WORD_CASES } from "./cases/words.ts";
import { buildScene, roomWithout, SHIPPED } from "./plugs.ts";
import type { Control, Room } from "./plugs.ts";
import { grantOf } from "./tools.ts";

const CASES: readonly Case[] = [
  ...GRANT_CASES,
  ...WORD_CASES,
  ...ANSWER_CASES,
  ...ADMISSION_CASES,
  ...HANDING_ON_CASES,
  ...PLAN_CASES,
];

const tryOn = async (room: Room, { attack }: Case, out: readonly Control[] = []): Promise<number> => {
  const scene = buildScene(room, out);
  const wanted = await attack(scene);
  return harmIn(scene, wanted ?? []);
};
const namesOf = async (cases: readonly Case[], holds: (one: Case) => Promise<boolean>): Promise<readonly string[]> => {
  const names: string[] = [];
  for (const one of cases) if (await holds(one)) names.push(one.name);
  return names;
};

const counted = { cases: 0, succeeded: 0, unplugged: 0 };
const keyOf = ({ control }: Case): string => control.toSorted().join(" and ");

describe("the grammar at the guard: no sentence of it comes true", () => {
  it("has at least five hundred cases, each with a name of its own", () => {
    const names = CASES.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(CASES.length).toBeGreaterThanOrEqual(500);
  });

  it.each([...Map.groupBy(CASES, keyOf)])("%s", async (_, cases) => {
    const succeeded = await namesOf(cases, async (one) => (await tryOn(SHIPPED, one)) > 0);
    counted.cases += cases.length;
    counted.succeeded += succeeded.length;
    expect(succeeded).toEqual([]);
  });
});

describe("the grammar at the guard: what the owner fixed does happen, or nothing above would prove anything", () => {
  it.each(GRANTABLE.map((target) => [target.tool, target] as const))("as granted: %s", async (tool, { good }) => {
    const scene = buildScene();
    give(scene, grantOf(tool, exactly(good)));
    await attempt(scene, tool, good);
    expect(scene.world).toEqual([{ tool, arguments: good }]);
  });

  it.each(Object.entries(SAID))("as said: %s", async (role, [words, value]) => {
    const scene = buildScene();
    await speaking(role as keyof typeof SAID, value, [words])(scene); // the record's own keys
    expect(scene.world).toHaveLength(1);
  });

  it.each(Object.entries(asPlanned))("as planned: %s", async (_, follow) => {
    const scene = buildScene();
    const wanted = await follow(scene);
    expect(wanted).not.toEqual([]);
    expect(scene.world).toEqual(wanted);
  });

  it.each(Object.entries(ASKED_CALLS))("as allowed: %s", async (tool, given) => {
    const scene = buildScene();
    const call = callOf(tool, given, "untrusted");
    await scene.answer(await scene.parked(call));
    await scene.attempt(call);
    expect(scene.world).toEqual([{ tool, arguments: given }]);
  });
});

describe("unplug: each sentence comes true without the control it names", () => {
  it.each([...Map.groupBy(CASES, keyOf)])("%s", async (_, cases) => {
    const control = cases[0]?.control ?? [];
    const room = await roomWithout(control);
    const kept = await namesOf(cases, async (one) => (await tryOn(room, one, control)) === 0);
    counted.unplugged += cases.length - kept.length;
    expect(kept).toEqual([]);
  });

  // Two walls where one would do: each is worth its name only if it holds alone.
  it.each([...new Set(CASES.filter(({ control }) => control.length > 1).flatMap(({ control }) => control))])(
    "another still holds without: %s",
    async (control) => {
      const room = await roomWithout([control]);
      const double = CASES.filter((one) => one.control.length > 1 && one.control.includes(control));
      expect(await namesOf(double, async (one) => (await tryOn(room, one, [control])) > 0)).toEqual([]);
    },
  );
});

afterAll(() => {
  const { cases, succeeded, unplugged } = counted;
  process.stdout.write(
    `grammar, guard room: ${String(cases)} cases, ${String(succeeded)} succeeded, ${String(unplugged)} succeeded unplugged\n`,
  );
});
