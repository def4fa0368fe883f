import { BEARER, NO_KEY } from "../vendor.ts";
import type { Vendor } from "../vendor.ts";

/** OpenAI's chat completions, not its Responses: the latter keep what was said at the vendor unless told otherwise. */
export const openai: Vendor = Object.freeze<Vendor>({
  baseUrl: "https://api.openai.com/v1",
  key: BEARER,
  load: async ({ model, baseUrl, fetch }) => {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return createOpenAI({ baseURL: baseUrl, apiKey: NO_KEY, fetch }).chat(model);
  },
});
