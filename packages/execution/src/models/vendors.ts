import { anthropic } from "./anthropic/anthropic.ts";
import { google } from "./google/google.ts";
import type { VendorKind } from "./model-settings.ts";
import { ollama } from "./ollama/ollama.ts";
import { openAiCompatible } from "./openai-compatible/openai-compatible.ts";
import { openai } from "./openai/openai.ts";
import { openrouter } from "./openrouter/openrouter.ts";
import type { Vendor } from "./vendor.ts";

/** Every protocol there is. */
export const VENDORS: Readonly<Record<VendorKind, Vendor>> = Object.freeze({
  compatible: openAiCompatible,
  openai,
  anthropic,
  google,
  openrouter,
  ollama,
});
