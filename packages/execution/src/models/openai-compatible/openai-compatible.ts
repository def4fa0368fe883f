import { BEARER } from "../vendor.ts";
import type { Vendor } from "../vendor.ts";

/** Anybody's server that speaks OpenAI's chat completions. */
export const openAiCompatible: Vendor = Object.freeze<Vendor>({
  baseUrl: null,
  key: BEARER,
  load: async ({ name, model, baseUrl, fetch }) => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    return createOpenAICompatible({ name, baseURL: baseUrl, includeUsage: true, fetch }).chatModel(model);
  },
});
