import { ok } from "@moltbot/contracts";
import type { ContentRef, Message, PlanReference, Result } from "@moltbot/contracts";
import { contentOf } from "../../conversation/index.ts";
import type { Content } from "../../conversation/index.ts";
import type { TurnRun } from "../ports.ts";
import { askReader, gather } from "../reader/index.ts";
import type { StepProgress } from "./progress.ts";
import type { Followed } from "./references.ts";

/** Finds what a reference of a step names: the result of an earlier step, or what is kept under a handle. */
export type Find = (ref: ContentRef) => Content | null;

export const findIn =
  ({ ports }: TurnRun, path: readonly Message[], steps: readonly StepProgress[]): Find =>
  (ref) =>
    typeof ref === "number" ? (steps[ref - 1]?.result ?? null) : contentOf(ports.conversation, path, ref);

/** The value of a reference: the whole text, or what a reader without tools finds in it. Its label is that of what it names. */
export const followReference = async (
  run: TurnRun,
  find: Find,
  reference: PlanReference,
): Promise<Result<Followed>> => {
  const { $from, ask, as } = reference;
  const gathered = gather($from, find);
  if (!gathered.ok) return gathered;
  const { texts, label } = gathered.value;
  if (ask === undefined) return ok({ value: as === "texts" ? texts : texts.join("\n\n"), label });
  const answer = await askReader(run, texts, ask, as);
  return answer.ok ? ok({ value: answer.value, label }) : answer;
};
