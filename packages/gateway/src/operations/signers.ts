import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "signers.list" | "signers.trust" | "signers.remove">;

/** The keys whose signatures the house takes. */
export const signerOperations = ({ packages }: Pick<OperationPorts, "packages">): Handlers => ({
  "signers.list": ({ principal }) => packages.signers(principal),
  "signers.trust": ({ principal }, wish) => packages.trust(principal, wish),
  "signers.remove": ({ principal }, wish) => packages.distrust(principal, wish),
});
