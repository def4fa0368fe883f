import { ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "backups.create" | "backups.list" | "backups.verify">;

/** Copies are of the whole house, and what is in them is sealed. */
export const backupOperations = ({ backups }: Pick<OperationPorts, "backups">): Handlers => ({
  "backups.create": ({ principal }, { kind, folder }) =>
    backups.create(ownScope(principal), { kind, folder: folder ?? null }),
  "backups.list": ({ principal }) => backups.list(houseScope(principal)),
  "backups.verify": (_context, { file }) => backups.verify(file),
});
