import { openAiCompatible } from "../openai-compatible/openai-compatible.ts";
import type { Vendor } from "../vendor.ts";

/** OpenRouter: chat completions in front of many vendors. It is told neither a site nor a title of ours. */
export const openrouter: Vendor = Object.freeze<Vendor>({
  ...openAiCompatible,
  baseUrl: "https://openrouter.ai/api/v1",
});
