import { OPERATIONS, OPERATION_NAMES, ok } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startFittedGateway } from "../../support/fitted-gateway.ts";
import { newPlace } from "../../support/gateway-process.ts";
import { COMMANDS } from "./commands.ts";
import { eventFindings } from "./event-cells.ts";
import { openAiFindings } from "./openai-cells.ts";
import { outcomeOf } from "./oracle.ts";
import type { ActorName } from "./oracle.ts";
import { PROBES } from "./probes.ts";
import { CASES, RULES, operationOf } from "./rules.ts";
import { runMatrix } from "./run-matrix.ts";
import { matrixModels } from "./things.ts";
import { PLANTED, secretsOf } from "./what-is-theirs.ts";
import { MATRIX_SETTINGS, buildWorld } from "./world.ts";
import type { World } from "./world.ts";

describe("every operation, for everybody, of everything, on every way", { timeout: 900_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await buildWorld(await startFittedGateway({ models: matrixModels() }, newPlace(MATRIX_SETTINGS)));
  }, 240_000);
  afterAll(() => world.close());

  it("has a row of the rules and a way to ask for each operation, and a missing row fails", () => {
    expect([...new Set(CASES.map(operationOf))].toSorted()).toEqual(OPERATION_NAMES.toSorted());
    expect(Object.keys(PROBES).toSorted()).toEqual(CASES.toSorted());
    expect(Object.keys(COMMANDS).toSorted()).toEqual(CASES.toSorted());
    expect(OPERATION_NAMES.filter((name) => RULES[name].role !== OPERATIONS[name].role)).toEqual([]);
    const missing = { actor: "owner", relation: "none", surface: "token" } as const;
    expect(() => outcomeOf("agents.list", missing, null)).toThrow(/no row/);
  });

  it("knows whatever was planted by its form", () => {
    const planted = world.people.flatMap(secretsOf);
    expect(planted.length).toBeGreaterThan(500);
    expect(planted.filter((secret) => secret.match(PLANTED)?.[0] !== secret)).toEqual([]);
  });

  it("gives nobody what is another's, and everybody what is due to them", async () => {
    const began = performance.now();
    const found = await runMatrix(world);
    const [openai, events] = [await openAiFindings(world), await eventFindings(world)];
    const all = [found, openai, events];
    const leaks = all.flatMap((each) => each.leaks);
    const wrong = all.flatMap((each) => each.wrong);
    const cells = all.reduce((sum, each) => sum + each.cells, 0);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const counts = [...(found.counts ?? []), ["openai", openai.cells], ["events", events.cells]] as const;
    process.stdout.write(
      `people matrix: ${String(cells)} cells, ${String(leaks.length)} leaks, ${String(wrong.length)} wrong refusals, ${seconds} s\n` +
        `people matrix: ${counts.map(([what, count]) => `${what} ${String(count)}`).join(", ")}\n`,
    );
    expect(leaks).toEqual([]);
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(25_000);
  });
});

const READS: ReadonlySet<string> = new Set([
  "agents.get",
  "audit.export",
  "config.list",
  "conversations.messages",
  "memories.list",
  "privacy.export",
  "prompts.list",
  "search.messages",
]);

const VISIBILITY = "../../../packages/storage/src/database/visibility.ts";
const DESK = "../../../packages/ingress/src/http/desk.ts";
const REACH = "../../../packages/gateway/src/privacy/reach.ts";
const PRINCIPAL = "../../../packages/contracts/src/principal.ts";

/** The same house over weaker parts; only reading is tried, because what is not refused is done. */
const leaksWithout = async (actors: readonly ActorName[], weaken: () => void): Promise<readonly string[]> => {
  vi.resetModules();
  weaken();
  try {
    const { startFittedGateway: start } = await import("../../support/fitted-gateway.ts");
    const weaker = await buildWorld(await start({ models: matrixModels() }, newPlace(MATRIX_SETTINGS)));
    try {
      return (await runMatrix(weaker, { only: (name) => READS.has(name), actors })).leaks;
    } finally {
      await weaker.close();
    }
  } finally {
    for (const part of [VISIBILITY, DESK, PRINCIPAL, REACH]) vi.doUnmock(part);
    vi.resetModules();
  }
};

const beginning = (leaks: readonly string[], words: string): number =>
  leaks.filter((leak) => leak.startsWith(words)).length;

describe("unplug: the matrix shows what each control keeps", { timeout: 900_000 }, () => {
  it("without the visibility of rows, everybody reads what is another's", async () => {
    const leaks = await leaksWithout(["viewer", "member"], () =>
      vi.doMock(VISIBILITY, async (original) => {
        const real = await original<typeof import("../../../packages/storage/src/database/visibility.ts")>();
        const open: typeof real.visibility = (reach, ...more) =>
          real.visibility(reach === "own" ? "tenant" : reach, ...more);
        return { ...real, visibility: open };
      }),
    );
    for (const words of [
      "viewer conversations.messages foreign by token",
      "viewer search.messages foreign by browser",
      "member prompts.list none by device",
      "member memories.list none by cli",
    ])
      expect(`${words}: ${String(beginning(leaks, words) > 0)}`).toBe(`${words}: true`);
  });

  it("without the look at whose archive is asked for, an owner carries away what is another's", async () => {
    const leaks = await leaksWithout(["owner"], () =>
      vi.doMock(REACH, async (original) => {
        const real = await original<typeof import("../../../packages/gateway/src/privacy/reach.ts")>();
        const open: typeof real.reachToExport = async (_store, { id, tenantId }) =>
          ok({ tenantId, principalId: id, reach: "tenant" });
        return { ...real, reachToExport: open };
      }),
    );
    for (const words of ["owner privacy.export foreign by cli", "owner privacy.export person foreign by device"])
      expect(`${words}: ${String(beginning(leaks, words) > 0)}`).toBe(`${words}: true`);
  });

  it("without the desk's look at role and cover, a viewer reads the settings and a narrowed member all that is theirs", async () => {
    const leaks = await leaksWithout(["viewer", "narrow"], () => {
      vi.doMock(DESK, async (original) => {
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
      });
      vi.doMock(PRINCIPAL, async (original) => {
        const real = await original<typeof import("../../../packages/contracts/src/principal.ts")>();
        const open: typeof real.proofCovers = ({ scopes }, operation) =>
          scopes === null || real.covers(scopes, operation);
        return { ...real, proofCovers: open };
      });
    });
    for (const words of [
      "viewer config.list none by token",
      "viewer audit.export none by cli",
      "narrow memories.list none by token",
      "narrow search.messages own by device",
    ])
      expect(`${words}: ${String(beginning(leaks, words) > 0)}`).toBe(`${words}: true`);
  });
});
