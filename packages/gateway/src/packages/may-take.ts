import { done, err, moltbotError } from "@moltbot/contracts";
import type { AccessScope, Repositories, Result } from "@moltbot/contracts";
import type { House } from "../house.ts";
import type { JudgedArrival } from "./judge-arrival.ts";

/** Whether what was judged may be kept: its gravest refusal, or a digest that nobody looked at, or a name that needs a second word. */
export const mayTake = (
  { arrival, judgement }: JudgedArrival,
  { digest, anyway }: { readonly digest: string | null; readonly anyway: boolean },
): Result<void> => {
  if (digest !== null && digest !== arrival.digest)
    return err(moltbotError("PACKAGE_NOT_CONFIRMED", { digest: arrival.digest }));
  const [refused] = judgement.refusals;
  if (refused !== undefined) return err(refused);
  return judgement.alike === null || anyway ? done : err(judgement.alike);
};

/** EVERYTHING_STOPPED while a stop is in force: what is given under its epoch would outlive it. */
export const goesOn = async (
  { halted, clock }: Pick<House, "halted" | "clock">,
  { stops }: Pick<Repositories, "stops">,
  scope: AccessScope,
): Promise<Result<void>> => {
  const stop = await stops.current(scope);
  if (!stop.ok) return stop;
  return stop.value === null && !halted()
    ? done
    : err(moltbotError("EVERYTHING_STOPPED", { since: stop.value?.at ?? clock.now() }));
};
