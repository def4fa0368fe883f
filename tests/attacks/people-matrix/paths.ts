import type { OperationName } from "@moltbot/contracts";
import { openSocket } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import type { TestSocket } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import type { Said } from "../../support/people.ts";
import type { Actor } from "./actors.ts";
import type { CommandLine } from "./command-line.ts";
import { COMMANDS } from "./commands.ts";
import type { Command } from "./commands.ts";
import { ROLE_OF, outcomeOf, outcomeOfCommand } from "./oracle.ts";
import type { Cell, Outcome, Surface } from "./oracle.ts";
import { PROBES } from "./probes.ts";
import type { Ask, Probe } from "./probes.ts";
import { REFUSALS } from "./refusals.ts";
import { operationOf } from "./rules.ts";
import type { Case } from "./rules.ts";
import type { World } from "./world.ts";

const isThrough = ({ through }: Probe, said: Said): boolean =>
  typeof through === "function" ? through(said) : through?.includes(said.code ?? "") === true;

const outcomeIn = (probe: Probe, said: Said, ask: Ask): string => {
  if (said.code === null) return probe.shows === undefined || probe.shows(said, ask) ? "yes" : "hidden";
  if (isThrough(probe, said)) return "yes";
  return REFUSALS[said.code] ?? `${String(said.status)} ${said.code} ${said.text.slice(0, 200)}`;
};

/** One socket for many frames: a run of refusals closes it, and then another is opened. */
export const socketOf = (world: World, actor: Actor) => {
  let open: TestSocket | null = null;
  let serial = 0;
  let asked = 0;
  const port = Number(new URL(world.url).port);
  return async (name: OperationName, input: unknown): Promise<Said> => {
    if (open === null || asked >= 40) {
      open?.leave();
      const headers = actor.token === null ? {} : { authorization: `Bearer ${actor.token}` };
      const opened = await openSocket({ port, headers });
      if ("status" in opened)
        return { status: opened.status, text: "", json: opened.json, code: String(opened.json["code"]) };
      open = opened;
      asked = 0;
    }
    asked += 1;
    serial += 1;
    const said = await open.ask(String(serial), name, input);
    const json = said.ok === true ? said.output : said.error;
    return {
      status: said.ok === true ? 200 : 400,
      text: JSON.stringify(json ?? null),
      json,
      code: said.ok === true ? null : String(said.error?.["code"]),
    };
  };
};

type Way = (name: OperationName, input: Readonly<Record<string, unknown>>) => Promise<Said>;

/** A way to ask for one case, and what must come of it there. Undefined: this actor does not have that way. */
export interface Path {
  readonly ask: (name: Case, input: Readonly<Record<string, unknown>>, ask: Ask) => Promise<Said>;
  readonly expected: (name: Case, cell: Cell) => Outcome;
  readonly judge: (name: Case, said: Said, ask: Ask) => string;
  readonly lacks: (name: Case, ask: Pick<Ask, "actor" | "relation" | "surface" | "allowed">) => boolean;
}

const callPath = (way: Way): Path => ({
  ask: (name, input) => way(operationOf(name), input),
  expected: (name, cell) => outcomeOf(name, cell),
  judge: (name, said, ask) => outcomeIn(PROBES[name], said, ask),
  lacks: (name, ask) => PROBES[name].skip?.(ask) === true,
});

const commandOf = (name: Case): Command => {
  const command = COMMANDS[name];
  if (command === null) throw new Error(`there is no command for ${name}`);
  return command;
};
const texts = (input: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(input).map(([key, value]) => [key, String(value)]));

const commandPath = (line: CommandLine): Path => ({
  ask: (name, input, ask) => line((folder) => commandOf(name).words(texts(input), ask, folder)),
  expected: (name, cell) => outcomeOfCommand(name, cell, commandOf(name)),
  judge: (name, said, ask) => {
    const { hidden, through } = commandOf(name);
    if (said.code === "USAGE" && hidden !== undefined && said.text.includes(hidden)) return "hidden";
    return through?.includes(said.code ?? "") === true ? "yes" : outcomeIn(PROBES[name], said, ask);
  },
  lacks: (name, ask) => {
    const command = COMMANDS[name];
    return command === null || command.skip?.(ask) === true || PROBES[name].skip?.(ask) === true;
  },
});

export const pathOf = (actor: Actor, surface: Surface, socket: Way): Path | undefined => {
  if (surface === "cli" || surface === "console") {
    const line = actor.commands[surface];
    return line === undefined ? undefined : commandPath(line);
  }
  const way = surface === "socket" ? (ROLE_OF[actor.name] === null ? undefined : socket) : actor.callers[surface];
  return way === undefined ? undefined : callPath(way);
};
