import type { Json } from "../json.ts";
import { mayNot } from "./refusal.ts";

/** A copy as it is on the other side of a message: JSON alone passes, and nothing that it once belonged to. */
export const passed = (value: unknown): { readonly value: Json; readonly bytes: number } => {
  const text = textOf(value);
  // What JSON.stringify wrote is JSON.
  return { value: JSON.parse(text) as Json, bytes: new TextEncoder().encode(text).length };
};

const textOf = (value: unknown): string => {
  try {
    const text: unknown = JSON.stringify(value ?? null);
    if (typeof text === "string") return text;
  } catch {
    throw mayNot("pass on what is no JSON: it holds itself, or a number too large for it");
  }
  throw mayNot("pass on what is no JSON");
};
