import { joinAll, label } from "@moltbot/contracts";
import type { Label, ToolCall } from "@moltbot/contracts";

/** The label of a result that is as trusted as the call that made it, and as what was `read` for it. */
export const contextLabel = (call: ToolCall, read: readonly Label[] = []): Label =>
  joinAll([call.label, ...read, label("authority", "public", [{ kind: "tool", ref: call.tool }])]);
