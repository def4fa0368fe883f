import { openAiCompatible } from "../openai-compatible/openai-compatible.ts";
import type { Vendor } from "../vendor.ts";

/** Ollama on this machine, by the chat completions that it speaks beside its own protocol. */
export const ollama: Vendor = Object.freeze<Vendor>({ ...openAiCompatible, baseUrl: "http://127.0.0.1:11434/v1" });
