import { OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startFittedGateway } from "../../support/fitted-gateway.ts";
import { newPlace } from "../../support/gateway-process.ts";
import { openAiFindings } from "./openai-cells.ts";
import { RULES, outcomeOf } from "./oracle.ts";
import { PROBES } from "./probes.ts";
import { eventFindings, runMatrix } from "./run-matrix.ts";
import { MATRIX_SETTINGS, buildWorld, matrixModels } from "./world.ts";
import type { World } from "./world.ts";

describe("every operation, for everybody, of everything, on every way", { timeout: 180_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await buildWorld(await startFittedGateway({ models: matrixModels() }, newPlace(MATRIX_SETTINGS)));
  }, 120_000);
  afterAll(() => world.close());

  it("has a row of the rules and a way to ask for each operation, and a missing row fails", () => {
    expect(Object.keys(RULES).toSorted()).toEqual(OPERATION_NAMES.toSorted());
    expect(Object.keys(PROBES).toSorted()).toEqual(OPERATION_NAMES.toSorted());
    expect(OPERATION_NAMES.filter((name) => RULES[name].role !== OPERATIONS[name].role)).toEqual([]);
    const missing = { actor: "owner", relation: "none", surface: "token" } as const;
    expect(() => outcomeOf("agents.list", missing, null)).toThrow(/no row/);
  });

  it("gives nobody what is another's, and everybody what is due to them", async () => {
    const began = performance.now();
    const found = await runMatrix(world);
    const all = [found, await openAiFindings(world), eventFindings(world)];
    const leaks = all.flatMap((each) => each.leaks);
    const wrong = all.flatMap((each) => each.wrong);
    const cells = all.reduce((sum, each) => sum + each.cells, 0);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `people matrix: ${String(cells)} cells, ${String(leaks.length)} leaks, ${String(wrong.length)} wrong refusals, ${seconds} s\n`,
    );
    expect(leaks).toEqual([]);
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(5_000);
  });
});

const READS: ReadonlySet<string> = new Set([
  "agents.get",
  "audit.export",
  "config.list",
  "conversations.messages",
  "memories.list",
  "search.messages",
]);

/** The same house over weaker parts; only reading is tried, because what is not refused is done. */
const leaksWithout = async (weaken: () => void): Promise<readonly string[]> => {
  vi.resetModules();
  weaken();
  try {
    const { startFittedGateway: start } = await import("../../support/fitted-gateway.ts");
    const weaker = await buildWorld(await start({ models: matrixModels() }, newPlace(MATRIX_SETTINGS)));
    try {
      return (await runMatrix(weaker, { only: (name) => READS.has(name), actors: ["viewer", "member"] })).leaks;
    } finally {
      await weaker.close();
    }
  } finally {
    vi.doUnmock("../../../packages/storage/src/database/visibility.ts");
    vi.doUnmock("../../../packages/ingress/src/http/desk.ts");
    vi.resetModules();
  }
};

describe("unplug: the matrix shows what each control keeps", { timeout: 180_000 }, () => {
  it("without the visibility of rows, everybody reads what is another's", async () => {
    const leaks = await leaksWithout(() =>
      vi.doMock("../../../packages/storage/src/database/visibility.ts", async (original) => {
        const real = await original<typeof import("../../../packages/storage/src/database/visibility.ts")>();
        const open: typeof real.visibility = (reach, ...more) =>
          real.visibility(reach === "own" ? "tenant" : reach, ...more);
        return { ...real, visibility: open };
      }),
    );
    expect(leaks.filter((leak) => leak.includes("conversations.messages foreign")).length).toBeGreaterThan(0);
    expect(leaks.filter((leak) => leak.includes("search.messages")).length).toBeGreaterThan(0);
  });

  it("without the desk's look at the role, a viewer reads the settings", async () => {
    const leaks = await leaksWithout(() =>
      vi.doMock("../../../packages/ingress/src/http/desk.ts", async (original) => {
        const real = await original<typeof import("../../../packages/ingress/src/http/desk.ts")>();
        const open: typeof real.createDesk = (...given) => {
          const desk = real.createDesk(...given);
          return {
            ...desk,
            admit: (request, arrival, entry) => desk.admit(request, arrival, { ...entry, required: "viewer" }),
            admitAgain: (visitor, arrival, entry, stop) =>
              desk.admitAgain(visitor, arrival, { ...entry, required: "viewer" }, stop),
          };
        };
        return { ...real, createDesk: open };
      }),
    );
    expect(leaks.filter((leak) => leak.startsWith("viewer config.list")).length).toBeGreaterThan(0);
    expect(leaks.filter((leak) => leak.includes("audit.export")).length).toBeGreaterThan(0);
  });
});
