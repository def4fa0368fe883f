import type { DomainEvent, OperationHandlers, OperationName, RequestContext, Result } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import type { Visitor } from "./desk.ts";

/** What lives in cookies and headers is this room's business: these operations end here. */
export const ENDS_HERE = [
  "sessions.create",
  "sessions.end",
  "sessions.ticket",
  "devices.pair",
  "devices.refresh",
] as const satisfies readonly OperationName[];
export type EndsHere = (typeof ENDS_HERE)[number];
export type BoundHandlers = Omit<OperationHandlers, EndsHere>;
export type BoundName = Exclude<OperationName, EndsHere>;

/** Whether the gateway answers this operation; the others live in cookies and headers. */
export const isBound = (name: OperationName): name is BoundName => !ENDS_HERE.some((one) => one === name);

/** Who asks, for a handler. */
export const contextOf = (
  { principal, proof }: Visitor,
  { traceId }: Arrival,
  signal: AbortSignal,
  emit?: (event: DomainEvent) => void,
): RequestContext => ({
  principal,
  traceId,
  surface: proof.kind,
  proof,
  signal,
  ...(emit === undefined ? {} : { emit }),
});

type AnyHandler = (context: RequestContext, input: unknown) => Promise<Result<unknown>>;

/** Calls the handler of an operation: the one way to it, whichever door the request came through. */
export const callOperation = (
  handlers: BoundHandlers,
  name: BoundName,
  context: RequestContext,
  input: unknown,
): Promise<Result<unknown>> => {
  const handler = handlers[name] as AnyHandler; // the schema of the same name parsed the input
  return handler(context, input);
};
