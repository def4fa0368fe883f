import type { FastifyInstance, FastifyRequest } from "fastify";
import { answerProblem } from "../answer.ts";
import type { Arrival } from "../arrival.ts";
import type { Desk } from "../desk.ts";
import type { EventHub } from "../event-hub.ts";
import { frameOf } from "../event-stream.ts";
import { problemOf } from "../problem.ts";

export interface EventsRoute {
  readonly desk: Desk;
  readonly hub: EventHub;
  readonly arrivalOf: (request: FastifyRequest) => Arrival;
  readonly heartbeat: number | undefined;
}

/** How scopes of tokens name the stream of events, which is no operation of the registry. */
export const EVENTS_STREAM = "events.stream";

/** `GET /v2/events`: everything the caller may see, for as long as the credential stays good. */
export const bindEvents = (app: FastifyInstance, { desk, hub, arrivalOf, heartbeat }: EventsRoute): void => {
  app.get("/v2/events", async (request, reply) => {
    const arrival = arrivalOf(request);
    const visitor = await desk.admit(request.raw, arrival, {
      operation: EVENTS_STREAM,
      required: "viewer",
      tickets: true,
    });
    if (!visitor.ok) return answerProblem(reply, visitor.error, arrival);
    const lastEventId = request.headers["last-event-id"];
    const followed = hub.follow(
      reply.raw,
      visitor.value.principal,
      typeof lastEventId === "string" ? lastEventId : undefined,
      {
        ...(heartbeat === undefined ? {} : { heartbeat }),
        stillGood: () => desk.stillGood(visitor.value),
        farewell: (error) => frameOf("problem", problemOf(error, arrival)),
      },
    );
    return followed.ok ? reply.hijack() : answerProblem(reply, followed.error, arrival);
  });
};
