import { NO_KEY } from "../vendor.ts";
import type { Vendor } from "../vendor.ts";

/** Google's Gemini API, v1beta. The key stands in a header: in the address it would stand in logs. */
export const google: Vendor = Object.freeze<Vendor>({
  baseUrl: "https://generativelanguage.googleapis.com/v1beta",
  key: Object.freeze({ header: "x-goog-api-key", prefix: "" }),
  load: async ({ model, baseUrl, fetch }) => {
    const { createGoogle } = await import("@ai-sdk/google");
    return createGoogle({ baseURL: baseUrl, apiKey: NO_KEY, fetch }).chat(model);
  },
});
