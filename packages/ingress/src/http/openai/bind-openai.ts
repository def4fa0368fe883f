import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { err, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import { answerProblem, internalError } from "../answer.ts";
import type { Arrival } from "../arrival.ts";
import type { Desk } from "../desk.ts";
import { completionOf, modelOf } from "./completion.ts";
import type { Heading } from "./completion.ts";
import type { ChatAnswer, OpenAiHandlers } from "./handlers.ts";
import { openDoor } from "./open-door.ts";
import type { Door, Guest } from "./open-door.ts";
import { readChat } from "./read-chat.ts";
import type { ReadChat } from "./read-chat.ts";
import { streamChat } from "./stream-chat.ts";

export interface OpenAiBinding {
  readonly handlers: OpenAiHandlers;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly desk: Desk;
  readonly arrivalOf: (request: FastifyRequest) => Arrival;
  readonly newTraceId: () => string;
  readonly heartbeat: number | undefined;
  readonly onShutdown: (end: () => void) => () => void;
}

const MODELS = { operation: "agents.list", required: "viewer" } as const;
const CHAT = { operation: "messages.send", required: "member" } as const;

const KEY = /^[\x21-\x7e]{8,128}$/;

/** The client's own name for this request; one that does not fit is refused, or a repetition would count as new. */
const idempotencyKeyOf = ({ headers }: FastifyRequest): Result<string | null> => {
  const key = headers["idempotency-key"];
  if (key === undefined) return ok(null);
  if (typeof key === "string" && KEY.test(key)) return ok(key);
  const problem = "it is not 8 to 128 printable characters";
  return err(moltbotError("REQUEST_INVALID", { path: "the header Idempotency-Key", problem }));
};

/** `GET /openai/v1/models` and each of them: the agents that the caller may talk to. */
const bindModels = (app: FastifyInstance, { handlers }: OpenAiBinding, door: Door): void => {
  app.route({
    method: "GET",
    url: "/openai/v1/models",
    ...door.routeOf(MODELS),
    handler: async (request, reply) => {
      const { context, arrival } = door.guestOf(request, reply);
      const models = await handlers.models(context);
      return models.ok
        ? reply.send({ object: "list", data: models.value.map(modelOf) })
        : answerProblem(reply, models.error, arrival);
    },
  });
  app.route({
    method: "GET",
    url: "/openai/v1/models/:model",
    ...door.routeOf(MODELS),
    handler: async (request, reply) => {
      const { context, arrival } = door.guestOf(request, reply);
      const { model = "" } = request.params as { readonly model?: string }; // the router's own text
      const models = await handlers.models(context);
      if (!models.ok) return answerProblem(reply, models.error, arrival);
      const found = models.value.find(({ id }) => id === model);
      return found === undefined
        ? answerProblem(reply, moltbotError("MODEL_UNKNOWN", { model: model.slice(0, 80) }), arrival)
        : reply.send(modelOf(found));
    },
  });
};

/** An answer in one piece. It may take minutes: whoever was shut out meanwhile gets nothing. */
const answerWhole = async (
  { handlers, desk, log }: OpenAiBinding,
  { context, arrival, visitor }: Guest,
  { request }: ReadChat,
): Promise<Result<ChatAnswer>> => {
  try {
    const made = await handlers.chat(context, request, () => undefined);
    const good = await desk.stillGood(visitor);
    return good.ok ? made : good;
  } catch (thrown) {
    return err(internalError(thrown, arrival, log));
  }
};

/** `POST /openai/v1/chat/completions`. */
const bindChat = (app: FastifyInstance, binding: OpenAiBinding, door: Door): void => {
  const { handlers, clock, log, desk, newTraceId, heartbeat, onShutdown } = binding;
  const headingOf = ({ request: { model } }: ReadChat): Heading => ({
    id: `chatcmpl-${newTraceId()}`,
    created: Math.floor(millisecondsOf(clock.now()) / 1000),
    model,
  });
  const answer = async (reply: FastifyReply, guest: Guest, read: ReadChat): Promise<FastifyReply> => {
    const { arrival, context, visitor } = guest;
    const heading = headingOf(read);
    if (!read.stream) {
      const made = await answerWhole(binding, guest, read);
      return made.ok ? reply.send(completionOf(heading, made.value)) : answerProblem(reply, made.error, arrival);
    }
    const stillGood = (): Promise<Result<void>> => desk.stillGood(visitor);
    await streamChat({ reply, arrival, heading, read, context, handlers, log, heartbeat, onShutdown, stillGood });
    return reply;
  };
  app.route({
    method: "POST",
    url: "/openai/v1/chat/completions",
    ...door.routeOf(CHAT),
    handler: async (request, reply) => {
      const guest = door.guestOf(request, reply);
      const key = idempotencyKeyOf(request);
      const read = key.ok ? readChat(request.body, key.value) : key;
      return read.ok ? answer(reply, guest, read.value) : answerProblem(reply, read.error, guest.arrival);
    },
  });
};

/** Makes the routes of the OpenAI-compatible surface: its errors, from the first check on, have the form that its clients read. */
export const bindOpenAi = (app: FastifyInstance, binding: OpenAiBinding): void => {
  const { desk, arrivalOf } = binding;
  const door = openDoor(desk, arrivalOf);
  bindModels(app, binding, door);
  bindChat(app, binding, door);
  app.route({
    method: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    url: "/openai/*",
    // Before the body is read: what is not there needs none.
    onRequest: async (request, reply) => {
      const arrival = arrivalOf(request);
      const counted = await desk.admitStranger(arrival);
      return answerProblem(reply, counted.ok ? moltbotError("ROUTE_NOT_FOUND") : counted.error, arrival);
    },
    handler: (_, reply) => reply,
  });
};
