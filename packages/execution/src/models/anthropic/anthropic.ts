import { NO_KEY } from "../vendor.ts";
import type { Vendor } from "../vendor.ts";

/** Anthropic's Messages API, version 2023-06-01. */
export const anthropic: Vendor = Object.freeze<Vendor>({
  baseUrl: "https://api.anthropic.com/v1",
  key: Object.freeze({ header: "x-api-key", prefix: "" }),
  load: async ({ model, baseUrl, fetch }) => {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return createAnthropic({ baseURL: baseUrl, apiKey: NO_KEY, fetch }).messages(model);
  },
});
