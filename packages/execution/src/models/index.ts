/**
 * Language models behind one port: the vendors' (Anthropic, OpenAI, Google, OpenRouter), Ollama, servers that speak OpenAI's
 * chat completions, and the embedded demonstration model in a process of its own. What a model says is data here: this room
 * must never run a call, judge one, dial except through egress, see a key or start a process except through sandbox. The
 * gateway hands it to the turn loop as a ModelDirectory.
 */
export { createModels } from "./create-models.ts";
export type { ModelOptions } from "./create-models.ts";
export type { ModelSettings, ProviderSettings } from "./model-settings.ts";
