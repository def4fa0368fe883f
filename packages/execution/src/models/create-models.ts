import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, ModelDescription, ModelDirectory, ModelPort, Result } from "@moltbot/contracts";
import type { Egress } from "../egress/index.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { DEMO_NAME, createDemoModel } from "./demo/demo-model.ts";
import { createModelWorker } from "./demo/model-worker.ts";
import type { ModelSettings } from "./model-settings.ts";
import { createOpenAiModel } from "./openai-compatible/openai-model.ts";

const DEMO_TIMEOUT_SECONDS = 30;
const DEMO_IDLE_SECONDS = 300;

export interface ModelOptions {
  readonly settings: ModelSettings;
  readonly egress: Pick<Egress, "fetchFor">;
  readonly sandbox: Sandbox;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** Absolute path of the Node that runs the worker. */
  readonly nodePath: string;
  /** The worker's program: its source, or `model-worker.mjs` in the bundle. */
  readonly workerPath: string;
  /** The folder that holds `tiny-router/`. */
  readonly modelsDirectory: string;
  /** SHA-256 as lower-case hex; checks the model file against its pin. */
  readonly hash: (bytes: Uint8Array) => string;
}

const parseUrl = (text: string): URL | null => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
};

/** Sets up the models of the settings; nothing is loaded, started or dialled before one is used. */
export const createModels = (options: ModelOptions): ModelDirectory => {
  const { settings } = options;
  const worker = createModelWorker({
    model: DEMO_NAME,
    ...options,
    timeoutSeconds: DEMO_TIMEOUT_SECONDS,
    idleSeconds: DEMO_IDLE_SECONDS,
  });
  const models = new Map<string, Result<ModelPort>>([[DEMO_NAME, ok(createDemoModel(worker))]]);
  for (const [name, provider] of Object.entries(settings.providers)) {
    if (models.has(name)) continue; // "demo" is ours: nobody else answers under that name
    const url = parseUrl(provider.baseUrl);
    models.set(
      name,
      url === null
        ? err(
            moltbotError("MODEL_UNAVAILABLE", { model: name, problem: "its baseUrl is not an http or https address" }),
          )
        : ok(createOpenAiModel(name, provider, url, options.egress)),
    );
  }

  return {
    list: (): readonly ModelDescription[] =>
      [...models.values()].flatMap((model) => (model.ok ? [model.value.describe()] : [])),
    find: (name) =>
      models.get(name === "default" ? settings.default : name) ??
      err(moltbotError("MODEL_UNKNOWN", { model: name === "default" ? settings.default : name })),
    close: async () => {
      await worker.close();
    },
  };
};
