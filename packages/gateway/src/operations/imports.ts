import type { OperationHandlers } from "@moltbot/contracts";
import { takeImport } from "../imports/index.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "imports.take">;

export const importOperations = ({ house, mac, settings }: OperationPorts): Handlers => ({
  "imports.take": ({ principal }, { dryRun, ...batch }) =>
    takeImport({ house, mac, reading: () => settings.current().agents.reading }, principal, batch, dryRun),
});
