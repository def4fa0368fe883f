import { PluginChoices } from "@moltbot/contracts";
import type { JsonValue, PluginTrialAnswer, PluginTrialReport, Principal, Result } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { goesOn } from "./may-take.ts";
import { programOf, readArchive } from "./open-archive.ts";
import type { PackageParts } from "./ports.ts";

export interface TrialWish {
  readonly archive: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, JsonValue>>;
  readonly answers: readonly PluginTrialAnswer[];
  readonly kept: Readonly<Record<string, JsonValue>>;
}

/** Longer than any one call may take. */
const TRIAL_MILLISECONDS = 90_000;

/** Runs one tool of a package behind the wall, with nobody outside: it may be anybody's, since nothing of it is kept. */
export const tryPlugin = async (
  { host, house, ...parts }: PackageParts,
  by: Principal,
  { archive, ...wish }: TrialWish,
): Promise<Result<PluginTrialReport>> => {
  const free = await goesOn(house, house.store, houseScope(by));
  if (!free.ok) return free;
  const arrival = readArchive(parts, archive);
  if (!arrival.ok) return arrival;
  const program = programOf(arrival.value.opened);
  if (!program.ok) return program;
  const { digest } = arrival.value;
  return host.try(
    { ...program.value, choices: PluginChoices.parse({}), digest },
    wish,
    AbortSignal.timeout(TRIAL_MILLISECONDS),
  );
};
