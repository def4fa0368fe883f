import { ok } from "@moltbot/contracts";
import type { JsonObject, Result, SampleTried } from "@moltbot/contracts";
import { runFlow } from "../flow/index.ts";
import type { FlowWish } from "../flow/index.ts";
import { shippedFlow } from "../scenarios/index.ts";

/** How many attacks; the same ones every time, so that two runs can be compared. */
export const SAMPLE = 60;
const SEED = 1;

export interface SampleWish {
  readonly settings: JsonObject;
  readonly policy: string;
  readonly connect: FlowWish["connect"];
  readonly progress: (done: number) => void;
}

/** Plays some of the recorded attacks under the owner's settings and policy, with tools and grants of the recordings. */
export const playSample = async ({ settings, policy, connect, progress }: SampleWish): Promise<Result<SampleTried>> => {
  const corpus = await shippedFlow();
  const ran = await runFlow({
    corpus,
    suite: null,
    sample: SAMPLE,
    seed: SEED,
    template: Object.keys(corpus.attack_templates)[0] ?? "",
    planner: "plan",
    parallel: 4,
    attacksOnly: true,
    settings,
    policy,
    connect,
    progress,
  });
  if (!ran.ok) return ran;
  const { cases, reached, succeeded, strayed, questionsDuringAttack, failures } = ran.value;
  return ok({
    corpus: corpus.meta.name,
    seed: SEED,
    cases,
    reached,
    succeeded,
    strayed,
    questionsDuringAttack,
    failures,
  });
};
