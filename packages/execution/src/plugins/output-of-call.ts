import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result, ToolCall } from "@moltbot/contracts";
import type { ToolOutput } from "../tools/index.ts";
import type { CallMade } from "./instance.ts";
import { labelOfOutput } from "./instance.ts";
import type { Belonging } from "./live-call.ts";
import { bytesOf, isPlain } from "./measure.ts";
import { failed, overLimit } from "./refusals.ts";

/**
 * What a call gave back, as text for a model: untrusted, known to the plugin's audience, from everybody whom it
 * ever heard. How it failed is told in the house's words alone: the plugin's own may be of what only its audience may know.
 */
export const outputOfCall = (of: Belonging, call: ToolCall, { result, changed }: CallMade): Result<ToolOutput> => {
  const { name, limits } = of.plugin.manifest;
  // Something went out on its way: that the call failed does not say that nothing happened.
  if (!result.ok && changed) return err(moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: call.tool }));
  if (!result.ok) return result;
  if (!isPlain(result.value)) return failed(name, "what it gave back is too deep or no JSON");
  const text = typeof result.value === "string" ? result.value : JSON.stringify(result.value);
  const bytes = bytesOf(text);
  if (bytes > limits.outputBytes) return overLimit(name, `${String(limits.outputBytes)} bytes of output`);
  return ok({
    text,
    summary: `Called ${call.tool} (${String(bytes)} bytes).`,
    label: labelOfOutput(of, call.tool),
  });
};
