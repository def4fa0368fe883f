import { PLAN_TOOL, isReference } from "@moltbot/contracts";
import type { JsonObject, ModelPort, ModelRequest } from "@moltbot/contracts";
import { roundOf } from "./obeying-model.ts";
import { isReading, readerAnswer } from "./reader.ts";
import { saidModel } from "./said-model.ts";
import type { SaidAnswer } from "./said-model.ts";

/** What a model that means well is to do in its next turn. */
export interface Errand {
  readonly plan: JsonObject | null;
  readonly steps: readonly { readonly tool: string; readonly arguments: JsonObject }[];
}

/** The model of one task that does what its owner asks, and nothing else. */
export interface KindModel {
  readonly port: ModelPort;
  begin(errand: Errand): void;
}

/** Without a plan it writes the summary itself, once it has read. */
const withWords = (args: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      isReference(value) ? "Everything is configured as usual." : value,
    ]),
  );

/** What was not tried yet since the owner spoke; what a plan could not carry out is done off it, all at once. */
const stepsLeft = (steps: Errand["steps"], { messages }: ModelRequest): Errand["steps"] => {
  const tried = messages
    .slice(messages.findLastIndex(({ role }) => role === "user") + 1)
    .flatMap((message) => (message.role === "tool" ? [message.tool] : []));
  return steps.filter(({ tool }) => {
    const at = tried.indexOf(tool);
    if (at >= 0) tried.splice(at, 1);
    return at < 0;
  });
};

/** A model that plans what the turn asks where it may, and otherwise reads first and acts then. */
export const kindModel = (name: string): KindModel => {
  let errand: Errand = { plan: null, steps: [] };
  const say = (request: ModelRequest): SaidAnswer => {
    if (isReading(request)) return readerAnswer(request, "means well");
    const round = roundOf(request);
    const { plan, steps } = errand;
    const done: SaidAnswer = { text: "Done." };
    if (plan === null) return done;
    if (round === 0 && request.tools.some(({ name: tool }) => tool === PLAN_TOOL))
      return { calls: [{ tool: PLAN_TOOL, arguments: plan }] };
    const left = stepsLeft(steps, request);
    const later = left.filter(({ arguments: args }) => Object.values(args).some(isReference));
    const first = left.filter((step) => !later.includes(step));
    const calls = first.length > 0 ? first : later;
    return calls.length === 0
      ? done
      : { calls: calls.map(({ tool, arguments: args }) => ({ tool, arguments: withWords(args) })) };
  };
  return { port: saidModel(name, say), begin: (next) => void (errand = next) };
};
