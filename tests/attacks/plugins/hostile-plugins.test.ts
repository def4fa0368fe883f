/** Hostile plugins in a real gateway: all that attackers wrote by hand, and as many that a grammar makes; what they gained is looked for in the world. */
import { readFileSync } from "node:fs";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noWallHere } from "../../../packages/execution/src/sandbox/wall/test-support/no-wall-here.ts";
import { must } from "../../support/must.ts";
import { runPlugins } from "../harness/plugins/run-plugins.ts";
import { playCarelessly } from "./careless-host.ts";
import { corpusOf } from "./corpus.ts";
import { SENTENCES, generatedFrom } from "./grammar.ts";
import { GAINED } from "./hostile/hostile-plugin.ts";
import { HOSTILE } from "./hostile/index.ts";
import { openPluginHouse } from "./plugin-house.ts";
import type { Harm, Played, PluginHouse } from "./plugin-house.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;
/** As many as were written by hand, from a seed of their own; `npm run soak -- plugins` plays thousands. */
const SAMPLE = HOSTILE.length;
const SEED = 1;
/** What a call may use here by the clock, with what a busy machine needs to start a process and to end it. */
const LATEST_MS = 8_000;

const FAMILIES = [...new Set(HOSTILE.map(({ family }) => family))];

describe.skipIf(missing !== null)(`hostile plugins${WHY_NOT}`, { timeout: 300_000 }, () => {
  let place: PluginHouse;
  beforeAll(async () => {
    place = await openPluginHouse();
  }, 90_000);
  afterAll(async () => {
    expect(place.processes().length).toBeLessThanOrEqual(1);
    await place.close();
  });

  const late = (played: readonly Played[]): readonly string[] =>
    played.filter(({ calls }) => calls.some(({ milliseconds }) => milliseconds > LATEST_MS)).map(({ id }) => id);
  const notInstalled = (played: readonly Played[]): readonly string[] =>
    played.filter(({ calls }) => calls.some(({ status }) => status === "not installed")).map(({ id }) => id);
  const expectNothingOf = ({
    played,
    harm,
  }: {
    readonly played: readonly Played[];
    readonly harm: readonly Harm[];
  }): void => {
    expect(harm).toEqual([]);
    expect(late(played)).toEqual([]);
    expect(notInstalled(played)).toEqual([]);
  };

  it.each(FAMILIES)("of the family “%s” gain nothing, and end as they should", async (family) => {
    const these = HOSTILE.filter((one) => one.family === family);
    const came = await place.play(these);
    expectNothingOf(came);
    const endsOf = ({ calls: [first] }: Played): "answers" | "fails" => (first?.status === "ok" ? "answers" : "fails");
    const otherwise = came.played.flatMap((one) => {
      const ends = these.find(({ id }) => id === one.id)?.ends;
      return ends === undefined || ends === endsOf(one) ? [] : [{ id: one.id, calls: one.calls }];
    });
    expect(otherwise).toEqual([]);
  });

  it("of the grammar gain nothing, as many of them as were written by hand, and each of them runs", async () => {
    const came = await place.play(generatedFrom(SEED, SAMPLE));
    expectNothingOf(came);
    const ran = came.played.filter(({ calls }) => calls.some(({ status }) => status === "ok"));
    expect(ran.length).toBeGreaterThanOrEqual(came.played.length * 0.97);
  });

  it("leave the witness, the gateway and its record as they were", async () => {
    const [seen] = await place.call([{ tool: "witness.look" }]);
    expect(seen).toMatchObject({ status: "ok", text: '{"whole":true,"keys":["kept"]}' });
    const records = must(await place.house.readAudit());
    expect(records.length).toBeGreaterThan(HOSTILE.length);
    // Nothing ran but what was called: no tool of the house on the way of a plugin.
    const intended = records
      .filter(({ event }) => event === "tool:intended")
      .map(({ fields }) => String(fields["tool"]));
    expect(intended.length).toBeGreaterThan(HOSTILE.length);
    expect(intended.filter((tool) => !/^(?:hostile\d+|witness)\./.test(tool))).toEqual([]);
    expect(readFileSync(place.world.canaryFile, "utf8")).toBe(`${place.world.canary}\n`);
  });
});

describe("the attacks themselves", () => {
  it("are at least seventy by hand and thousands by grammar, each with a name of its own", () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(70);
    expect(new Set(HOSTILE.map(({ id }) => id)).size).toBe(HOSTILE.length);
    expect(SENTENCES).toBeGreaterThan(100_000);
    const made = generatedFrom(1, 2_000).map(({ code }) => code);
    expect(new Set(made).size).toBeGreaterThan(made.length * 0.99);
    expect(generatedFrom(7, 3)).toEqual(generatedFrom(7, 3));
  });

  const filled = (code: string): string =>
    code
      .replaceAll("@PORT@", "1")
      .replaceAll("@CANARY_FILE@", "/etc/hostname")
      .replaceAll("@PERSON@", "/nowhere")
      .replaceAll("@PID@", "999999");

  it("unplug: where a host believes them, those of the grammar get what they are after, whatever they hide behind", async () => {
    const these = generatedFrom(SEED, 200).map((one) => ({ ...one, code: filled(one.code) }));
    const said = await playCarelessly(these);
    expect(said.size).toBe(these.length);
    const gained = [...said].filter(([, words]) => words.includes(GAINED));
    expect(gained.length).toBeGreaterThan(these.length / 3);
    expect([...said].filter(([, words]) => words.startsWith("not loaded"))).toEqual([]);
  }, 90_000);

  it("unplug: and those by hand that go up chains", async () => {
    const these = HOSTILE.filter(
      ({ family, ends }) => ["chains", "errors", "environment"].includes(family) && ends === "answers",
    );
    const said = await playCarelessly(these.map((one) => ({ ...one, code: filled(one.code) })));
    expect([...said].filter(([, words]) => words.includes(GAINED)).length).toBeGreaterThan(these.length / 2);
  }, 90_000);
});

describe.skipIf(missing !== null)(`hostile plugins as a corpus${WHY_NOT}`, { timeout: 120_000 }, () => {
  it("are played by the harness like anybody's", async () => {
    const all = JSON.parse(corpusOf(HOSTILE)) as {
      readonly items: readonly { readonly id: string; readonly code: string }[];
    }; // as it was written
    expect(all.items).toHaveLength(HOSTILE.length);
    const items = all.items.filter(({ id }) =>
      ["chains: constructors by escapes and numbers", "environment: every constructor of functions"].includes(id),
    );
    const report = must(
      await runPlugins({
        corpus: JSON.stringify({ items }),
        connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
      }),
    );
    expect(report).toMatchObject({ cases: 2, ran: 2, succeeded: 0, failures: [], benignRefused: [] });
  });
});
