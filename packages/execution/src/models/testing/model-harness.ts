import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Instant } from "@moltbot/contracts";
import type { ClockPort, LogPort, ModelEvent, ModelMessage, ModelPort, ModelRequest, Result } from "@moltbot/contracts";
import { createSandbox } from "../../sandbox/index.ts";
import type { WorkerSettings } from "../demo/worker-session.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const WORKER_PATH = path("../../../../sandbox-runner/src/model-worker.ts");
export const MODELS_DIRECTORY = path("../../../../../models");

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const clock: ClockPort = {
  now: () => Instant.parse(new Date().toISOString()),
  monotonic: () => performance.now(),
};
export const silent: LogPort = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
/** A log that keeps what it is told. */
export const keptLog = (): LogPort & { readonly lines: readonly string[] } => {
  const lines: string[] = [];
  const write = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  return { lines, debug: write, info: write, warn: write, error: write };
};

/** Settings of a real worker with the real model. */
export const workerSettings = (changes: Partial<WorkerSettings> = {}): WorkerSettings => ({
  model: "demo",
  sandbox: createSandbox(),
  clock,
  log: silent,
  nodePath: process.execPath,
  workerPath: WORKER_PATH,
  modelsDirectory: MODELS_DIRECTORY,
  hash: sha256,
  timeoutSeconds: 20,
  idleSeconds: 60,
  ...changes,
});

export const request = (
  messages: readonly ModelMessage[] | string,
  changes: Partial<ModelRequest> = {},
): ModelRequest => ({
  system: "",
  messages: typeof messages === "string" ? [{ role: "user", text: messages }] : messages,
  tools: [],
  maxOutputTokens: 1000,
  ...changes,
});

export interface Heard {
  readonly text: string;
  readonly pieces: number;
  readonly calls: readonly { readonly id: string; readonly tool: string; readonly arguments: string }[];
  readonly finish: string | null;
  readonly tokens: readonly [number, number] | null;
  readonly error: string | null;
}

/** Reads a stream to its end. */
export const hear = async (events: AsyncIterable<Result<ModelEvent>>): Promise<Heard> => {
  const heard: Result<ModelEvent>[] = [];
  for await (const event of events) heard.push(event);
  const values = heard.flatMap((event) => (event.ok ? [event.value] : []));
  const texts = values.flatMap((event) => (event.type === "text" ? [event.text] : []));
  const finish = values.find((event) => event.type === "finish");
  return {
    text: texts.join(""),
    pieces: texts.length,
    calls: values.flatMap((event) => (event.type === "call" ? [event.call] : [])),
    finish: finish?.reason ?? null,
    tokens: finish === undefined ? null : [finish.inputTokens, finish.outputTokens],
    error: heard.find((event) => !event.ok)?.error.code ?? null,
  };
};

export const ask = async (
  model: ModelPort,
  what: ModelRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<Heard> => hear(model.stream(what, signal));
