import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AgentId, ModelPort, Result, ToolName } from "@moltbot/contracts";
import { openDrillHouse } from "../house.ts";
import type { DrillHouse, DrillWish } from "../house.ts";
import type { CorpusSuite } from "./corpus.ts";
import { replayTool } from "./replay-tool.ts";
import { createScriptedModel } from "./scripted-model.ts";
import type { ScriptedModel } from "./scripted-model.ts";
import { toolNames } from "./tool-name.ts";
import type { World } from "./world.ts";

/** One agent of a suite's house, for one case at a time: its own model, and the world that its tools act in. */
export interface Lane {
  readonly agent: AgentId;
  readonly model: ScriptedModel;
  enter(world: World): void;
}

/** A house with the tools of one suite, and lanes in it that run cases beside each other. */
export interface SuiteHouse {
  readonly house: DrillHouse;
  readonly names: ReadonlyMap<string, ToolName>;
  readonly lanes: readonly Lane[];
}

const NOBODY: World = { deeds: [], act: () => "" };

/** The tools of a suite are its accounts: the owner connected them, and grants each without limits. Nothing else is granted. */
const addLane = async (
  house: DrillHouse,
  model: ScriptedModel,
  tools: readonly string[],
  worlds: Map<AgentId, World>,
): Promise<Result<Lane>> => {
  const { name } = model.describe();
  const agent = await house.addAgent({ name, model: name, tools, granted: tools });
  if (!agent.ok) return agent;
  return ok({ agent: agent.value, model, enter: (world) => void worlds.set(agent.value, world) });
};

/** Opens the house of one suite. On failure it is closed again. */
export const openSuiteHouse = async (
  suite: CorpusSuite,
  wish: Pick<DrillWish, "connect" | "settings"> & { readonly lanes: number; readonly policy: string },
): Promise<Result<SuiteHouse>> => {
  const names = toolNames(suite.tools.map(({ name }) => name));
  const worlds = new Map<AgentId, World>();
  const worldOf = (agent: AgentId): World => worlds.get(agent) ?? NOBODY;
  const tools = suite.tools.flatMap((tool) => {
    const name = names.get(tool.name);
    return name === undefined ? [] : [replayTool(tool, name, worldOf)];
  });
  const models = Array.from({ length: wish.lanes }, (_, at) => createScriptedModel(`lane-${String(at + 1)}`));
  const { connect, settings } = wish;
  const house = await openDrillHouse({
    connect,
    ...(settings === undefined ? {} : { settings }),
    tools,
    models: Object.fromEntries(models.map((model): [string, ModelPort] => [model.describe().name, model])),
  });
  if (!house.ok) return house;
  const lanes: Lane[] = [];
  for (const model of models) {
    const lane = await addLane(house.value, model, [...names.values()], worlds);
    if (!lane.ok) return closing(house.value, lane);
    lanes.push(lane.value);
  }
  for (const contact of suite.directory) {
    const added = await house.value.addContact(contact);
    if (!added.ok) return closing(house.value, added);
  }
  if (wish.policy.trim() !== "") {
    const set = await house.value.door.call("policy.set", { text: wish.policy });
    if (!set.ok) return closing(house.value, set);
  }
  return lanes.length === 0
    ? closing(house.value, err(moltbotError("INTERNAL", { traceId: "no lane" })))
    : ok({ house: house.value, names, lanes });
};

const closing = async <T>(house: DrillHouse, failed: Result<T>): Promise<Result<never>> => {
  await house.close();
  return failed.ok ? err(moltbotError("INTERNAL", { traceId: "closed" })) : failed;
};
