import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ResolvedResource, Result, ToolCall } from "@moltbot/contracts";
import type { ProgramWish, RunningProgram } from "../../sandbox/index.ts";
import type { ToolPorts } from "../tool.ts";
import { outsideIn } from "./from-outside.ts";
import { hostsOf } from "./network.ts";
import { hostResource } from "../tool-authority.ts";

/** With what each was started: whoever tells it something tells the hosts that it reaches. */
const begun = new WeakMap<RunningProgram, Pick<ProgramWish, "argv" | "hosts">>();

/** Remembers with what a program was started, for as long as it is there. */
export const remember = (program: RunningProgram, { argv, hosts }: ProgramWish): void =>
  void begun.set(program, { argv, hosts });

/** A program that was started for the same conversation, agent and person; NOT_FOUND for every other. */
export const findProgram = async (
  id: string,
  call: ToolCall,
  { programs, placeOf }: ToolPorts,
): Promise<Result<RunningProgram>> => {
  const place = await placeOf(call);
  if (!place.ok) return place;
  const program = programs.find(place.value.key, id);
  return program === null ? err(moltbotError("NOT_FOUND", { kind: "program" })) : ok(program);
};

/** The running program as the guard looks at it: which one it is, and whom it could tell what it is told. */
export const runningResources = async (
  id: string,
  call: ToolCall,
  ports: ToolPorts,
): Promise<Result<readonly ResolvedResource[]>> => {
  const program = await findProgram(id, call, ports);
  if (!program.ok) return program;
  const place = await ports.placeOf(call);
  const outside = place.ok && (await outsideIn(place.value)) !== null;
  const { argv, hosts } = begun.get(program.value) ?? { argv: [], hosts: [] };
  const targets = hostsOf(hosts);
  if (!targets.ok) return targets;
  return ok([
    // One of which nothing is known has no name, and what has none is refused.
    {
      argument: "program",
      kind: "executable",
      value: argv[0] ?? "",
      identity: id,
      ...(outside ? { outside } : {}),
      refusal: null,
    },
    ...targets.value.map((host) => hostResource("program", host)),
  ]);
};
