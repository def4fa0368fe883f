import type { DomainEvent, OperationHandlers, OperationName, RequestContext, Result } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import type { Visitor } from "./desk.ts";

/** Sessions live in cookies, which are this room's business: these two operations end here. */
export type BoundHandlers = Omit<OperationHandlers, "sessions.create" | "sessions.end">;
export type BoundName = Exclude<OperationName, "sessions.create" | "sessions.end">;

/** Whether the gateway answers this operation; the others live in cookies. */
export const isBound = (name: OperationName): name is BoundName =>
  name !== "sessions.create" && name !== "sessions.end";

/** Who asks, for a handler. */
export const contextOf = (
  { principal, credential }: Visitor,
  { traceId }: Arrival,
  signal: AbortSignal,
  emit?: (event: DomainEvent) => void,
): RequestContext => ({
  principal,
  traceId,
  surface: credential.kind,
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
