import { visibleText } from "@moltbot/contracts";
import type { AccessScope, Preview, ToolCall } from "@moltbot/contracts";
import type { GuardPorts } from "../guard-ports.ts";
import { consequenceText } from "../question.ts";

/** The tool's own sentence of consequence; `plain` when it has none to give. */
export const consequenceOf = (ports: Pick<GuardPorts, "tools">, call: ToolCall, plain: string): string => {
  try {
    return consequenceText(ports.tools.describe(call));
  } catch {
    return plain;
  }
};

/**
 * The message or change as a person may see it: a tool renders a stranger's text, and hides nothing with it. A preview is a
 * courtesy: without one the arguments stand for themselves.
 */
export const previewOf = async (
  ports: Pick<GuardPorts, "tools">,
  call: ToolCall,
  scope?: AccessScope,
): Promise<Preview | null> => {
  try {
    const preview = await ports.tools.preview(call, scope);
    return preview === null ? null : { ...preview, text: visibleText(preview.text) };
  } catch {
    return null;
  }
};
