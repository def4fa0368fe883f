import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "skills.list" | "skills.install" | "skills.change" | "skills.remove">;

/** Skills of the house: its owner decides which there are, everybody which of their own agents read them. */
export const skillOperations = ({ packages }: Pick<OperationPorts, "packages">): Handlers => ({
  "skills.list": ({ principal }) => packages.skills(principal),
  "skills.install": ({ principal }, wish) => packages.installSkill(principal, wish),
  "skills.change": ({ principal }, wish) => packages.changeSkill(principal, wish),
  "skills.remove": ({ principal }, wish) => packages.removeSkill(principal, wish),
});
