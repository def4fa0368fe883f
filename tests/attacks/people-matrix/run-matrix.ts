import { setTimeout } from "node:timers/promises";
import { OPERATIONS } from "@moltbot/contracts";
import type { OperationName } from "@moltbot/contracts";
import type { Actor } from "./actors.ts";
import { COMMANDS } from "./commands.ts";
import { ACTORS, RELATIONS, ROLE_OF, SURFACES } from "./oracle.ts";
import type { ActorName, Cell, Relation, Surface } from "./oracle.ts";
import { pathOf, socketOf } from "./paths.ts";
import type { Path } from "./paths.ts";
import { PROBES } from "./probes.ts";
import type { Ask } from "./probes.ts";
import { CASES, RULES, operationOf } from "./rules.ts";
import type { Case } from "./rules.ts";
import type { Somebody } from "./somebody.ts";
import { around, foreignIn, missingIn, shownBy } from "./what-is-theirs.ts";
import type { World } from "./world.ts";

/** What the matrix found. */
export interface Findings {
  readonly cells: number;
  /** How many of them by actor, and by surface, where there are several. */
  readonly counts?: ReadonlyMap<string, number>;
  /** What was given to whom it must not be. */
  readonly leaks: readonly string[];
  /** What was refused to whom it is due, or refused in other words than the rules say. */
  readonly wrong: readonly string[];
}

/** How many seconds a budget of tries to sign in takes to be whole again, and some. */
const PATIENCE = 70;

const relationsOf = (name: Case): readonly Relation[] => {
  const whose = RULES[name]?.whose;
  if (whose === "house" || whose === "above" || whose === "strangers") return ["none"];
  return whose === "person" ? ["own", "shared", "foreign"] : RELATIONS;
};

export const targetOf = ({ bob, eve, dan, kim, fay, carl }: World, actor: Actor, relation: Relation): Somebody => {
  switch (relation) {
    case "shared":
      return bob;
    case "edited":
      return eve;
    case "removable":
      return dan;
    case "kept":
      return kim;
    case "barred":
      return fay;
    case "foreign":
      return carl;
    case "own":
    case "none":
      return actor.person ?? carl;
  }
};

export interface MatrixWish {
  /** Which operations; all of them when left out. */
  readonly only?: (name: OperationName) => boolean;
  /** For whom; for everybody when left out. */
  readonly actors?: readonly ActorName[];
}

/** What only reads comes first, while everything is there. */
const inOrder = (only: (name: OperationName) => boolean): readonly Case[] =>
  CASES.filter((name) => only(operationOf(name))).toSorted(
    (a, b) =>
      Number(OPERATIONS[operationOf(a)].effect !== "read") - Number(OPERATIONS[operationOf(b)].effect !== "read"),
  );

/** Asks for everything, as everybody, of everything, on every way, and compares what came of it with the oracle. */
export const runMatrix = async (
  world: World,
  { only = () => true, actors = ACTORS }: MatrixWish = {},
): Promise<Findings> => {
  const leaks: string[] = [];
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  let cells = 0;
  const count = (actor: ActorName, surface: Surface): void => {
    cells += 1;
    for (const what of [actor, surface]) counts.set(what, (counts.get(what) ?? 0) + 1);
  };
  const tryOne = async (actor: Actor, path: Path, name: Case, relation: Relation, surface: Surface) => {
    const cell: Cell = { actor: actor.name, relation, surface };
    if (COMMANDS[name] === null && (surface === "cli" || surface === "console")) return;
    const expected = path.expected(name, cell);
    const allowed = expected === "yes" && relation !== "foreign";
    const target = targetOf(world, actor, relation);
    const ask: Ask = { world, actor, relation, surface, target, allowed };
    if (path.lacks(name, ask)) return;
    const input = await PROBES[name].input(ask);
    let said = await path.ask(name, input, ask);
    // Who asked too often was told nothing about what they may: all of them sign in from one address.
    for (let tries = 0; said.code === "RATE_LIMITED" && expected !== "nobody" && tries < PATIENCE; tries += 1) {
      await setTimeout(1_000);
      said = await path.ask(name, input, ask);
    }
    const found = path.judge(name, said, ask);
    count(actor.name, surface);
    const where = `${actor.name} ${name} ${relation} by ${surface}`;
    if (found === "yes" && expected !== "yes") leaks.push(`${where}: ${found}, not ${expected}`);
    else if (found !== expected)
      wrong.push(`${where}: ${found}, not ${expected} ${said.code ?? ""} ${said.text.slice(0, 160)}`);
    const text = shownBy(said);
    const foreign = foreignIn(world, actor, name, JSON.stringify(input), text);
    if (foreign.length > 0) leaks.push(`${where} shows ${foreign.join(", ")}${around(text, foreign)}`);
    const missing = said.code === null && expected === "yes" ? missingIn(world, actor, name, relation, text) : [];
    if (missing.length > 0) wrong.push(`${where} misses ${missing.join(", ")}`);
  };
  const names = inOrder(only);
  for (const actor of world.actors.filter(({ name }) => actors.includes(name))) {
    const socket = socketOf(world, actor);
    await Promise.all(
      SURFACES.map(async (surface) => {
        const path = pathOf(actor, surface, socket);
        if (path === undefined) return;
        for (const name of names)
          for (const relation of relationsOf(name)) await tryOne(actor, path, name, relation, surface);
      }),
    );
  }
  // Who is nobody opens no socket at all.
  for (const actor of world.actors.filter(({ name }) => ROLE_OF[name] === null)) {
    const said = await socketOf(world, actor)("agents.list", {});
    cells += 1;
    if (said.code === null) leaks.push(`${actor.name} opened a socket`);
    if (actor.person === null) continue;
    const refreshed = await actor.person.device.refresh();
    cells += 1;
    if (refreshed.code === null) leaks.push(`${actor.name} came back with a device`);
  }
  return { cells, leaks, wrong, counts };
};
