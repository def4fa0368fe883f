import { ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "backups.create" | "backups.list" | "backups.verify">;

export const backupOperations = ({ backups }: Pick<OperationPorts, "backups">): Handlers => ({
  "backups.create": ({ principal }, { kind, folder }) =>
    backups.create(ownScope(principal), { kind, folder: folder ?? null }),
  "backups.list": ({ principal }) => backups.list(ownScope(principal)),
  "backups.verify": (_context, { file }) => backups.verify(file),
});
