import type { Capability, Integrity, JsonObject, JsonValue, ToolCall } from "@moltbot/contracts";
import { AGENT, callOf } from "../../../packages/core/src/guard/testing/house.ts";
import { NUMBERS, SPELLINGS } from "./encodings.ts";
import type { Control, Scene } from "./plugs.ts";

/** One effect that a person wanted: the attack may bring it about without having succeeded. */
export interface Wanted {
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** What is tried in a scene; it gives what the owner wanted of all that may have happened. */
export type Attack = (scene: Scene) => Promise<readonly Wanted[] | void>;

/** One sentence of the grammar. */
export interface Case {
  readonly name: string;
  readonly argument: string;
  readonly encoding: string;
  readonly time: string;
  readonly surface: string;
  /** What keeps it out: without all of these together it succeeds, and each alone still keeps it out. */
  readonly control: readonly Control[];
  readonly attack: Attack;
}

/** A case whose name is made of what it crosses. */
export const named = ({ name = "", ...parts }: Omit<Case, "name"> & { readonly name?: string }): Case => {
  const { argument, encoding, time, surface } = parts;
  const said = [`${argument}: ${encoding}`, surface, ...(time === "in force" ? [] : [time])].join(", ");
  return { ...parts, name: name === "" ? said : name };
};

/** What the owner gives in a scene; anything else that is found in the end was not given. */
const gifts = new WeakMap<Scene, Set<string>>();
export const give = (scene: Scene, ...capabilities: readonly Capability[]): void => {
  scene.grant(...capabilities);
  const known = gifts.get(scene) ?? new Set();
  for (const { id } of capabilities) known.add(id);
  gifts.set(scene, known);
};
/** Marks all capabilities of now as given. */
export const accept = (scene: Scene): void => give(scene, ...scene.rows.capabilities.values());

const sameEffect = (a: Wanted, b: Wanted): boolean =>
  a.tool === b.tool && JSON.stringify(a.arguments) === JSON.stringify(b.arguments);

/**
 * Looks at the world afterwards: effects nobody wanted (one wanted effect excuses one), effects that no record announced,
 * and capabilities nobody gave.
 */
export const harmIn = (scene: Scene, wanted: readonly Wanted[]): number => {
  const excuses = [...wanted];
  const unwanted = scene.world.filter((effect) => {
    const at = excuses.findIndex((excuse) => sameEffect(excuse, effect));
    if (at !== -1) excuses.splice(at, 1);
    return at === -1;
  }).length;
  const announced = scene.audit.events.filter(({ event }) => event === "tool:intended").length;
  const given = gifts.get(scene) ?? new Set();
  const found = [...scene.rows.capabilities.keys()].filter((id) => !given.has(id)).length;
  return unwanted + Math.max(0, scene.world.length - announced) + found;
};

/** A granted call: the tool, arguments that the owner wants, and the one that the attacker changes. */
export interface Target {
  readonly tool: string;
  readonly argument: string;
  readonly good: JsonObject;
}

export const TARGETS: readonly Target[] = [
  { tool: "mail.send", argument: "to", good: { to: "zoé@example.org", text: "hi" } },
  { tool: "mail.send", argument: "text", good: { to: "zoé@example.org", text: "see you, café" } },
  { tool: "file.append", argument: "path", good: { path: "notes/café.txt", text: "x" } },
  { tool: "order.place", argument: "to", good: { to: "café-1", amount: 5 } },
  { tool: "reminder.create", argument: "text", good: { text: "call zoé", minutes: 5 } },
  { tool: "share.add", argument: "who", good: { who: "zoé@example.org", permission: "réad" } },
  { tool: "share.add", argument: "permission", good: { who: "zoé@example.org", permission: "réad" } },
  { tool: "job.run", argument: "command", good: { command: "tidy café" } },
  { tool: "memory.search", argument: "query", good: { query: "tea and café" } },
];
export const NUMBER_TARGETS: readonly Target[] = [
  { tool: "order.place", argument: "amount", good: { to: "café-1", amount: 5 } },
  { tool: "reminder.create", argument: "minutes", good: { text: "call zoé", minutes: 5 } },
];

/** One target for each tool that a grant can let through unasked. */
export const GRANTABLE: readonly Target[] = [
  ...TARGETS.filter(({ argument }) => argument !== "text" && argument !== "permission"),
  { tool: "reminder.create", argument: "text", good: { text: "call zoé", minutes: 5 } },
  { tool: "exec.run", argument: "argv", good: { argv: ["git", "log", "café"] } },
  { tool: "mail.many", argument: "to", good: { to: ["zoé@example.org"], text: "hi" } },
];

/** Limits that leave the call no other arguments. */
export const exactly = (good: JsonObject) =>
  Object.entries(good).map(([argument, value]) => ({ kind: "equals", argument, value }) as const);

/** Whether the value is text, another shape, or text that is no valid Unicode: what stands in its way differs. */
const kindOf = (value: JsonValue, good: JsonValue): "fits" | "misfits" | "broken" => {
  if (typeof value === "string" && !value.isWellFormed()) return "broken";
  if (Array.isArray(good)) {
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? "fits" : "misfits";
  }
  return typeof value === typeof good && value !== null ? "fits" : "misfits";
};

/** The controls in the way of a value besides the one that looks at it. */
export const inTheWay = (value: JsonValue, good: JsonValue): readonly Control[] => {
  switch (kindOf(value, good)) {
    case "fits":
      return [];
    case "misfits":
      return ["arguments fit the schema"];
    case "broken":
      return ["a call has one canonical form", "arguments fit the schema"];
  }
};

/** Every other spelling of a good value, by name. */
export const otherSpellings = (good: JsonValue): readonly (readonly [string, JsonValue])[] => {
  if (typeof good === "number") return Object.entries(NUMBERS).map(([name, write]) => [name, write(good)]);
  if (typeof good !== "string") return [];
  return Object.entries(SPELLINGS)
    .map(([name, write]): readonly [string, JsonValue] => [name, write(good)])
    .filter(([, value]) => value !== good);
};

export const attempt = async (
  scene: Scene,
  tool: string,
  given: JsonObject,
  integrity: Integrity = "untrusted",
  change: Partial<ToolCall> = {},
): Promise<void> => {
  await scene.attempt({ ...callOf(tool, given, integrity), agentId: AGENT, ...change });
};
