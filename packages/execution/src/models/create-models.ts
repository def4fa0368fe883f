import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, ModelDescription, ModelDirectory, ModelPort, Result } from "@moltbot/contracts";
import type { Egress } from "../egress/index.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { DEMO_NAME, createDemoModel } from "./demo/demo-model.ts";
import { createModelWorker } from "./demo/model-worker.ts";
import { createFallbackModel } from "./fallback-model.ts";
import { IMPATIENCE, PATIENCE } from "./language-model/pause-before.ts";
import type { Patience } from "./language-model/pause-before.ts";
import type { ModelSettings } from "./model-settings.ts";
import { createVendorModel } from "./vendor-model.ts";

const DEMO_TIMEOUT_SECONDS = 30;
const DEMO_IDLE_SECONDS = 300;

export interface ModelOptions {
  readonly settings: ModelSettings;
  readonly egress: Pick<Egress, "fetchFor">;
  readonly sandbox: Sandbox;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** From 0 up to 1: spreads those who ask again. */
  readonly random: () => number;
  /** How often a model is asked again; the usual when absent. */
  readonly patience?: Patience;
  /** Absolute path of the Node that runs the worker. */
  readonly nodePath: string;
  /** The worker's program: its source, or `model-worker.mjs` in the bundle. */
  readonly workerPath: string;
  /** The folder that holds `tiny-router/`. */
  readonly modelsDirectory: string;
  /** SHA-256 as lower-case hex; checks the model file against its pin. */
  readonly hash: (bytes: Uint8Array) => string;
}

type Models = ReadonlyMap<string, Result<ModelPort>>;

/** Each model by itself. */
const singleModels = (options: ModelOptions, demo: ModelPort): Models => {
  const { settings, egress, clock, log, random } = options;
  const patience = options.patience ?? ((settings.fallbacks ?? []).length > 0 ? IMPATIENCE : PATIENCE);
  const models = new Map<string, Result<ModelPort>>([[DEMO_NAME, ok(demo)]]);
  for (const [name, provider] of Object.entries(settings.providers)) {
    if (models.has(name)) continue; // "demo" is ours: nobody else answers under that name
    models.set(name, createVendorModel({ name, provider, egress, clock, log, random, patience }));
  }
  return models;
};

/** The models that may be asked instead of others. The demonstration is none: its answers are marked, and these would not be. */
const fallbackModels = ({ settings, log }: ModelOptions, models: Models): readonly ModelPort[] =>
  (settings.fallbacks ?? []).flatMap((wanted) => {
    const name = wanted === "default" ? settings.default : wanted;
    const model = models.get(name);
    if (model?.ok === true && !model.value.describe().demonstration) return [model.value];
    log.warn("models.fallbacks names a model that cannot be asked instead of another", { model: name });
    return [];
  });

/** Each model with those to ask in its stead; the demonstration stands alone. */
const withFallbacks = (options: ModelOptions, models: Models): Models => {
  const fallbacks = fallbackModels(options, models);
  const extended = [...models].map(([name, model]): [string, Result<ModelPort>] => {
    if (!model.ok || model.value.describe().demonstration) return [name, model];
    const others = fallbacks.filter((other, index) => other !== model.value && fallbacks.indexOf(other) === index);
    return [name, others.length === 0 ? model : ok(createFallbackModel(model.value, others, options.log))];
  });
  return new Map(extended);
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
  const models = withFallbacks(options, singleModels(options, createDemoModel(worker)));

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
