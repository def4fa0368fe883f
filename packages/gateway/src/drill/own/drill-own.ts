import { ok } from "@moltbot/contracts";
import type { Capability, DrillTried, GotThrough, OwnConfigurationReport, Result } from "@moltbot/contracts";
import { TOOL_OF, createStage, playDrill } from "../built-in/index.ts";
import type { Attempted, PlacedDrill, Played, Stage } from "../built-in/index.ts";
import { openDrillHouse } from "../house.ts";
import type { DrillHouse } from "../house.ts";
import { shippedDrills } from "../scenarios/index.ts";
import { commandFor } from "./advice.ts";
import { copyConfiguration, renewGrants, settingsOf } from "./copy-configuration.ts";
import type { Copied } from "./copy-configuration.ts";
import { drillsFor } from "./drills-for-agent.ts";
import { SAMPLE, playSample } from "./play-sample.ts";
import type { OwnConfigurationWish } from "./wish.ts";

interface Ended {
  readonly tried: DrillTried;
  readonly failures: readonly GotThrough[];
}

/** Which grants of the owner let a call through, and by which rule. */
const causeOf = async (
  house: DrillHouse,
  { grants }: Copied,
  { call }: Attempted,
): Promise<{ readonly rule: string; readonly by: readonly Capability[] }> => {
  const explained = await house.door.call("decisions.explain", { id: call.callId });
  const allowed = explained.ok ? explained.value.find(({ verdict }) => verdict === "allow") : undefined;
  const by = (allowed?.capabilities ?? [])
    .filter(({ keptFrom }) => keptFrom === null)
    .flatMap(({ id }) => {
      const own = grants.get(id);
      return own === undefined ? [] : [own];
    });
  return { rule: allowed?.rule ?? "unknown", by };
};

const failureOf = async (
  house: DrillHouse,
  copied: Copied,
  drill: PlacedDrill,
  attempted: Attempted,
): Promise<GotThrough> => {
  const { rule, by } = await causeOf(house, copied, attempted);
  const { tool } = attempted.call;
  return {
    drill: drill.title,
    agent: copied.own.name,
    tool,
    says: attempted.result?.summary ?? `${tool} ran`,
    rule,
    grants: by.map(({ id }) => id),
    narrow: by.flatMap((capability) => commandFor(capability, copied.own.name, tool)),
  };
};

/** The calls by which a won drill was won. A request counts although it failed: it went out. */
const winningCalls = ({ won, attempted }: Played): readonly Attempted[] => {
  const tools = new Set(won.map(({ kind }) => TOOL_OF[kind]));
  return attempted.filter(({ call, result }) => tools.has(call.tool) && result?.status !== "refused");
};

const runDrill = async (house: DrillHouse, stage: Stage, copied: Copied, drill: PlacedDrill): Promise<Ended> => {
  await renewGrants(house, copied);
  const played = await playDrill(house, stage, copied.agent, drill, "careful");
  const failures: GotThrough[] = [];
  for (const call of winningCalls(played)) failures.push(await failureOf(house, copied, drill, call));
  return {
    tried: {
      drill: drill.title,
      says: drill.attacker.goal,
      agent: copied.own.name,
      reached: stage.hijacked,
      attempts: played.attempted.length,
      refused: played.attempted.filter(({ result }) => result?.status === "refused").length,
      questions: played.questions,
      gotThrough: played.won.length,
    },
    failures,
  };
};

/** A drill takes about a tenth of a second; many agents are drilled for so long, and the rest is named. */
const LONGEST_SECONDS = 35;

/**
 * Tries the attacks that ship with the product against a copy of an owner's configuration: their settings, policy, agents and
 * grants, a model that does what hostile words say as soon as it was shown them, and a way out that writes down and dials nobody.
 * Nothing of the owner's is opened: what is copied came from their gateway.
 */
export const drillOwn = async (wish: OwnConfigurationWish): Promise<Result<OwnConfigurationReport>> => {
  const { configuration, connect } = wish;
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  const stage = createStage();
  const settings = settingsOf(configuration.settings);
  const opened = await openDrillHouse({
    tools: [],
    models: { drilled: stage.model },
    connect,
    egress: stage.egress,
    settings,
  });
  if (!opened.ok) return opened;
  const house = opened.value;
  const ends: Ended[] = [];
  const leftOut: string[] = [];
  let all = SAMPLE;
  try {
    const shipped = await shippedDrills();
    const copy = await copyConfiguration(house, configuration);
    leftOut.push(...copy.leftOut);
    const planned = copy.agents.map((copied) => ({ copied, ...drillsFor(copied, shipped) }));
    all += planned.reduce((sum, { drills }) => sum + drills.length, 0);
    for (const { copied, drills, without } of planned) {
      if (without > 0) leftOut.push(`${String(without)} drills with ${copied.own.name}: it has no tools for them`);
      let late = 0;
      for (const drill of drills) {
        if (since() > LONGEST_SECONDS) late += 1;
        else ends.push(await runDrill(house, stage, copied, drill));
        wish.progress?.(ends.length, all);
      }
      if (late > 0) leftOut.push(`${String(late)} drills with ${copied.own.name}: there was no time left`);
    }
  } finally {
    await house.close();
  }
  const sample = await playSample({
    settings,
    policy: configuration.policy,
    connect,
    progress: (done) => wish.progress?.(all - SAMPLE + done, all),
  });
  if (!sample.ok) return sample;
  const tried = ends.map((end) => end.tried);
  return ok({
    kind: "own-configuration",
    cases: tried.length + sample.value.cases,
    succeeded: tried.filter(({ gotThrough }) => gotThrough > 0).length + sample.value.failures.length,
    tried,
    failures: ends.flatMap(({ failures }) => failures),
    sample: sample.value,
    questions: tried.reduce((sum, { questions }) => sum + questions, 0),
    seconds: Math.round(since() * 10) / 10,
    leftOut,
  });
};
