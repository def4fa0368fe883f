import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  | "plugins.list"
  | "plugins.install"
  | "plugins.update"
  | "plugins.accept"
  | "plugins.change"
  | "plugins.remove"
  | "plugins.try"
>;

/** Plugins of the house: its owner decides which there are, everybody sees what each may touch. */
export const pluginOperations = ({ packages }: Pick<OperationPorts, "packages">): Handlers => ({
  "plugins.list": ({ principal }) => packages.plugins(principal),
  "plugins.install": ({ principal }, wish) => packages.install(principal, wish),
  "plugins.update": ({ principal }, wish) => packages.update(principal, wish),
  "plugins.accept": ({ principal }, wish) => packages.accept(principal, wish),
  "plugins.change": ({ principal }, wish) => packages.change(principal, wish),
  "plugins.remove": ({ principal }, wish) => packages.remove(principal, wish),
  "plugins.try": ({ principal }, wish) => packages.try(principal, wish),
});
