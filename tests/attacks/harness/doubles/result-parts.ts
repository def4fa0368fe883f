/** What a tool gives has no label of its own. */
import { NEUTRAL_LABEL, ok } from "@moltbot/contracts";
import { ranPart as labelled } from "../../../../packages/gateway/src/result-parts.ts";

export * from "../../../../packages/gateway/src/result-parts.ts";

export const ranPart: typeof labelled = (catalog, call, outcome, signals) =>
  labelled(catalog, call, outcome.ok ? ok({ ...outcome.value, label: NEUTRAL_LABEL }) : outcome, signals);
