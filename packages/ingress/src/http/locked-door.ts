import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { moltbotError } from "@moltbot/contracts";
import type { LogPort, MoltbotError, Result } from "@moltbot/contracts";
import { answerProblem } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { endWithProblem } from "./framework-errors.ts";
import { startFramework } from "./framework.ts";
import { CONTROLS, createGate } from "./gate.ts";
import type { Controls } from "./gate.ts";
import { createListener } from "./listener.ts";
import type { HttpServer, ListenPlace } from "./listener.ts";
import { parseInput } from "./parse-input.ts";
import { DEFAULT_RATE_LIMITS, createRateLimits } from "./rate-limits.ts";
import type { RateLimits } from "./rate-limits.ts";
import { loadWebFiles } from "./web-files.ts";
import type { WebFiles } from "./web-files.ts";

const Attempt = z.strictObject({
  passphrase: z.string().min(1).max(1_024).optional(),
  recoveryCode: z.string().min(1).max(100).optional(),
});

/** What somebody brings to open the vault with; neither asks for the key file or the keychain of this machine. */
export type UnlockAttempt = Readonly<z.infer<typeof Attempt>>;

export interface LockedDoorOptions extends ListenPlace {
  /** Opens the vault, or says why not; the door is closed by whoever made it, after the answer. */
  unlock(attempt: UnlockAttempt, local: boolean): Promise<Result<void>>;
  /** What can open the vault, in words such as `passphrase`. */
  openers(): Promise<Result<readonly string[]>>;
  /** The error for which the last opening came to nothing; null when none did. */
  problem(): MoltbotError | null;
  /** The built web app; null when it was not built. */
  readonly webDirectory: string | null;
  readonly log: LogPort;
  /** 32 lower-case hex digits, new each time. */
  readonly newTraceId: () => string;
  readonly rateLimits?: Partial<RateLimits>;
}

const locked = (): MoltbotError =>
  moltbotError("VAULT_LOCKED", { problem: "unlock it with `./moltbot unlock` or on its page in the browser" });

/** The door with its controls as arguments: only tests hand in others, to show what each stops. */
export const buildLockedDoor = (options: LockedDoorOptions, controls: Controls): HttpServer => {
  const { newTraceId } = options;
  let closing = false;
  let hostNames: ReadonlySet<string> = new Set();
  let files: WebFiles = () => undefined;
  const gate = createGate({
    hostNames: () => hostNames,
    closing: () => closing,
    newTraceId,
    controls,
    proxies: options.proxies ?? [],
  });
  const arrivalOf = (request: FastifyRequest): Arrival => gate.arrivalOf(request.raw);
  const limits = createRateLimits({ ...DEFAULT_RATE_LIMITS, ...options.rateLimits }, gate.watch);
  const framework = startFramework(
    gate,
    arrivalOf,
    // Nobody is known here, so nothing is signed.
    { ...options, bodyCheck: () => undefined },
    (_, reply, arrival) => answerProblem(reply, locked(), arrival),
  );
  const { app, upgrades } = framework;
  upgrades.on("upgrade", (request, socket) => endWithProblem(socket, locked(), gate.arrivalOf(request)));

  app.route({
    method: "POST",
    url: "/v2/vault/unlock",
    onRequest: async (request, reply) => {
      const arrival = arrivalOf(request);
      const counted = await limits.stranger(arrival.address);
      return counted.ok ? undefined : answerProblem(reply, counted.error, arrival);
    },
    handler: async (request, reply) => {
      const arrival = arrivalOf(request);
      const attempt = parseInput(Attempt, {}, request.body);
      if (!attempt.ok) return answerProblem(reply, attempt.error, arrival);
      const opened = await options.unlock(attempt.value, arrival.local);
      return opened.ok ? reply.code(202).send({}) : answerProblem(reply, opened.error, arrival);
    },
  });

  const publicly = (
    methods: readonly ("GET" | "HEAD")[],
    url: string,
    answer: (request: FastifyRequest, reply: FastifyReply, arrival: Arrival) => FastifyReply | Promise<FastifyReply>,
  ): void => {
    app.route({
      method: [...methods],
      url,
      handler: async (request, reply) => {
        const arrival = arrivalOf(request);
        const counted = await limits.files(arrival.address);
        return counted.ok ? answer(request, reply, arrival) : answerProblem(reply, counted.error, arrival);
      },
    });
  };
  publicly(["GET", "HEAD"], "/v2/vault/state", async (_, reply, arrival) => {
    const openers = await options.openers();
    return openers.ok
      ? reply.send({ locked: true, openers: openers.value, problem: options.problem()?.code ?? null })
      : answerProblem(reply, openers.error, arrival);
  });
  publicly(["GET", "HEAD"], "/healthz", (_, reply) => reply.send({ status: "ok" }));
  publicly(["GET", "HEAD"], "/readyz", (_, reply) =>
    reply.code(503).header("Retry-After", "5").send({ status: "locked" }),
  );
  publicly(["GET", "HEAD"], "/*", (request, reply, arrival) => {
    const file = files(arrival.path, request.headers["accept-encoding"]);
    return file === undefined ? answerProblem(reply, locked(), arrival) : reply.headers(file.headers).send(file.body);
  });

  return createListener({
    ...framework,
    place: options,
    placeNeedsTls: controls.placeNeedsTls,
    prepare: async () => {
      files = await loadWebFiles(options.webDirectory);
    },
    named: (names) => {
      hostNames = names;
    },
    end: () => {
      closing = true;
    },
    cut: () => undefined,
  });
};

/**
 * Makes the door of a house whose vault is locked: on the same address and socket, with the same checks. It serves the web app's
 * files, says that it is locked, and takes what opens the vault; everything else is VAULT_LOCKED.
 */
export const createLockedDoor = (options: LockedDoorOptions): HttpServer => buildLockedDoor(options, CONTROLS);
