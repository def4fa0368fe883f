import type { FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { moltbotError } from "@moltbot/contracts";
import type { RequestContext } from "@moltbot/contracts";
import { answerProblem } from "../answer.ts";
import type { Arrival } from "../arrival.ts";
import { contextOf } from "../call-operation.ts";
import { readCredential } from "../credentials.ts";
import type { Desk, Entry, Visitor } from "../desk.ts";

/** A request that was let in. */
export interface Guest {
  readonly arrival: Arrival;
  readonly visitor: Visitor;
  readonly context: RequestContext;
}

/** What every route of this surface has: who may come in. */
export interface Door {
  /** The same for a route that counts as that operation of the registry: for roles, scopes, rates and the log. */
  routeOf(entry: Entry): Pick<RouteOptions, "onRequest">;
  guestOf(request: FastifyRequest, reply: FastifyReply): Guest;
}

/** Raised when the client goes away before its answer is written. */
const signalOf = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController();
  reply.raw.on("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
};

export const openDoor = (desk: Desk, arrivalOf: (request: FastifyRequest) => Arrival): Door => {
  const visitors = new WeakMap<FastifyRequest, Visitor>();
  /** Programs alone speak here. A cookie travels by itself, so a page must not be able to talk with its help. */
  const isPage = (request: FastifyRequest, arrival: Arrival): boolean => {
    const credential = readCredential(request.raw, arrival.local);
    return credential.ok && credential.value.kind === "session";
  };
  return {
    routeOf: (entry) => ({
      // Before the body is read: a stranger's bytes are not even buffered.
      onRequest: async (request, reply) => {
        const arrival = arrivalOf(request);
        if (isPage(request, arrival)) {
          const counted = await desk.admitStranger(arrival);
          return answerProblem(reply, counted.ok ? moltbotError("NOT_SIGNED_IN") : counted.error, arrival);
        }
        const visitor = await desk.admit(request.raw, arrival, entry);
        if (!visitor.ok) return answerProblem(reply, visitor.error, arrival);
        visitors.set(request, visitor.value);
        reply.header("X-Request-Id", arrival.traceId);
        return undefined;
      },
    }),
    guestOf: (request, reply) => {
      const visitor = visitors.get(request);
      // The hook has answered every request without a visitor; a program that forgets it must not run a handler.
      if (visitor === undefined) throw new TypeError("no visitor");
      const arrival = arrivalOf(request);
      return { arrival, visitor, context: contextOf(visitor, arrival, signalOf(reply)) };
    },
  };
};
