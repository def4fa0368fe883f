import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import type { ClockPort, IdentityPort, LogPort, MoltbotError, OperationName, Result } from "@moltbot/contracts";
import { answerProblem } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { callOperation, contextOf, isBound } from "./call-operation.ts";
import type { BoundHandlers } from "./call-operation.ts";
import type { Desk, Visitor } from "./desk.ts";
import { largestBody } from "./framework-errors.ts";
import { parseInput } from "./parse-input.ts";
import { createTicket, pairDevice, refreshDevice } from "./v2/devices.ts";
import { streamMessage } from "./v2/messages.ts";
import { createSession, endSession } from "./v2/sessions.ts";

export interface Binding {
  readonly handlers: BoundHandlers;
  readonly identity: IdentityPort;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly desk: Desk;
  readonly arrivalOf: (request: FastifyRequest) => Arrival;
  readonly heartbeat: number | undefined;
  readonly onShutdown: (end: () => void) => () => void;
}

/** Operations that may wait for minutes for what they answer. */
const WAITS: ReadonlySet<OperationName> = new Set<OperationName>(["messages.send", "turns.get"]);
/** Whoever was shut out while an answer was waited for this long gets nothing of it, as on a stream. */
const LONG = 500;

const visitors = new WeakMap<FastifyRequest, Visitor>();

const wantsStream = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes("text/event-stream") ?? false;

/** `/v2/agents/{agentId}` → `/v2/agents/:agentId`. */
const routerPath = (path: string): string => path.replace(/\{(\w+)\}/g, ":$1");

/** Aborts when the caller goes away before the answer is written. */
const signalOf = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController();
  reply.raw.on("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
};

const bindOne = (app: FastifyInstance, binding: Binding, name: OperationName): void => {
  const { desk, arrivalOf, identity } = binding;
  const operation = OPERATIONS[name];
  const inQuery = operation.method === "GET" || operation.method === "DELETE";
  const answer = (reply: FastifyReply, arrival: Arrival, result: Result<unknown, MoltbotError>): FastifyReply =>
    result.ok ? reply.code(operation.status).send(result.value) : answerProblem(reply, result.error, arrival);

  const run = async (
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
    input: unknown,
  ): Promise<Result<unknown> | "streaming"> => {
    if (name === "sessions.create")
      return createSession(identity, binding.clock, arrival, OPERATIONS[name].input.parse(input), reply);
    if (name === "devices.pair") return pairDevice(identity, arrival, OPERATIONS[name].input.parse(input), request.raw);
    if (name === "devices.refresh")
      return refreshDevice(identity, arrival, OPERATIONS[name].input.parse(input), request.raw);
    const visitor = visitors.get(request);
    // The hook below has answered every request without a visitor; a program that forgets it must not run a handler.
    if (visitor === undefined) throw new TypeError("no visitor");
    if (name === "sessions.end") return endSession(identity, visitor.credential, arrival, reply);
    if (name === "sessions.ticket") return createTicket(identity, visitor);
    if (!isBound(name)) throw new TypeError("an operation that ends here has no end");
    if (name === "messages.send" && wantsStream(request)) {
      stream(reply, arrival, visitor, input);
      return "streaming";
    }
    const began = binding.clock.monotonic();
    const done = await callOperation(binding.handlers, name, contextOf(visitor, arrival, signalOf(reply)), input);
    if (!done.ok || !WAITS.has(name) || binding.clock.monotonic() - began < LONG) return done;
    const good = await desk.stillGood(visitor);
    return good.ok ? done : good;
  };

  const stream = (reply: FastifyReply, arrival: Arrival, visitor: Visitor, input: unknown): void => {
    reply.hijack();
    const { log, heartbeat, onShutdown } = binding;
    void streamMessage({
      response: reply.raw,
      visitor,
      arrival,
      input: OPERATIONS["messages.send"].input.parse(input),
      send: binding.handlers["messages.send"],
      log,
      heartbeat,
      onShutdown,
      stillGood: () => desk.stillGood(visitor),
    });
  };

  app.route({
    method: operation.method,
    url: routerPath(operation.path),
    bodyLimit: largestBody(name),
    // Before the body is read: a stranger's bytes are not even buffered.
    onRequest: async (request, reply) => {
      const arrival = arrivalOf(request);
      if (operation.role === null) {
        const counted = await desk.admitSignIn(arrival);
        return counted.ok ? undefined : answerProblem(reply, counted.error, arrival);
      }
      const visitor = await desk.admit(request.raw, arrival, { operation: name, required: operation.role });
      if (!visitor.ok) return answerProblem(reply, visitor.error, arrival);
      visitors.set(request, visitor.value);
      return undefined;
    },
    handler: async (request, reply) => {
      const arrival = arrivalOf(request);
      const input = parseInput(operation.input, request.params, inQuery ? request.query : request.body);
      if (!input.ok) return answerProblem(reply, input.error, arrival);
      const result = await run(request, reply, arrival, input.value);
      return result === "streaming" ? reply : answer(reply, arrival, result);
    },
  });
};

/** Makes a route of every operation of the registry. */
export const bindOperations = (app: FastifyInstance, binding: Binding): void => {
  for (const name of OPERATION_NAMES) bindOne(app, binding, name);
};
