import type { ToolCall, ToolOutcome } from "@moltbot/contracts";
import { keepBack } from "./secrets/keep-back.ts";
import { filesNamed } from "./secrets/secret-files.ts";
import type { ToolOutput } from "./tool.ts";

/** Makes an outcome of what a call gave back. */
export type KeepSecretsBack = (call: ToolCall, output: ToolOutput) => ToolOutcome;

const UNCHECKED = "Not shown: it could not be checked for secrets.";

/**
 * What a call gave back without the secrets in it (security model, I5): no model, transcript or record sees their values. A
 * mark says what each is and how long it is. What cannot be checked is not shown at all.
 */
export const keepSecretsBack: KeepSecretsBack = (call, { text, summary, label }) => {
  try {
    const kept = keepBack(text, filesNamed(call.arguments));
    const short = keepBack(summary, [], kept.values);
    const outcome = { text: kept.text, summary: short.text, label };
    const secrets = kept.count + short.count;
    return secrets === 0 ? outcome : { ...outcome, secrets };
  } catch {
    // The effect has happened and its outcome is known: only its words stay here.
    return { text: UNCHECKED, summary: UNCHECKED, label };
  }
};
