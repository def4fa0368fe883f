import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "packages.inspect" | "packages.lock">;

/** Packages before anything of them is installed, and the list of what is. */
export const packageOperations = ({ packages }: Pick<OperationPorts, "packages">): Handlers => ({
  "packages.inspect": ({ principal }, { archive }) => packages.inspect(principal, archive),
  "packages.lock": ({ principal }) => packages.lock(principal),
});
