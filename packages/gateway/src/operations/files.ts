import { ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "files.changes" | "files.undo">;

/** How a person sees and takes back what an agent changed in files. */
export const fileOperations = ({ undo }: Pick<OperationPorts, "undo">): Handlers => ({
  "files.changes": ({ principal }, { limit }) => undo.changes(principal, limit),
  "files.undo": async ({ principal }, { callId, anyway }) => {
    const undone = await undo.undo(principal, callId, anyway);
    return undone.ok ? ok({ callId, undoId: undone.value.undoId, paths: [...undone.value.paths] }) : undone;
  },
});
