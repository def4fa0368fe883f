import { z } from "zod";
import { OPERATION_NAMES, err, moltbotError, ok } from "@moltbot/contracts";
import type { DomainEvent, MoltbotError, Result } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { isBound } from "./call-operation.ts";
import type { BoundName } from "./call-operation.ts";
import { problemOf } from "./problem.ts";

/** Asks for events on the same socket; no operation of the registry, because it has no single answer. */
export const SUBSCRIBE = "events.subscribe";

const Frame = z.strictObject({
  id: z.string().min(1).max(64),
  operation: z.string().max(64),
  input: z.unknown().optional(),
});

/** One request on a socket. */
export interface RequestFrame {
  readonly id: string;
  readonly operation: string;
  readonly input: unknown;
}

/** Reads one request; what has no readable id is answered with id null. */
export const readFrame = (value: unknown): Result<RequestFrame> => {
  const parsed = Frame.safeParse(value);
  if (parsed.success) return ok({ ...parsed.data, input: parsed.data.input ?? {} });
  const problem = "it is not {id, operation, input} with an id of 1 to 64 characters";
  return err(moltbotError("REQUEST_INVALID", { path: "the frame", problem }));
};

/** The operation of that name: ROUTE_NOT_FOUND, or METHOD_NOT_ALLOWED for those that live in cookies and headers. */
export const findOperation = (name: string): Result<BoundName> => {
  const found = OPERATION_NAMES.find((one) => one === name);
  if (found === undefined) return err(moltbotError("ROUTE_NOT_FOUND"));
  return isBound(found) ? ok(found) : err(moltbotError("METHOD_NOT_ALLOWED"));
};

export const outputFrame = (id: string, output: unknown): string => JSON.stringify({ id, ok: true, output });
export const problemFrame = (id: string | null, error: MoltbotError, arrival: Arrival): string =>
  JSON.stringify({ id, ok: false, error: problemOf(error, arrival) });
export const eventFrame = (event: DomainEvent): string => JSON.stringify({ event });
