import type { Approval } from "@moltbot/contracts";
import color from "picocolors";
import { printableLine } from "../output.ts";

const ORIGINS = {
  stated: "in your words",
  granted: "fixed by a grant",
  model: "chosen by the model",
  untrusted: "chosen with untrusted content in view",
} as const;

const UNDO = { none: "nothing to undo", undoable: "can be undone", irreversible: "cannot be undone" } as const;

const valueOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The whole question, as a card: consequence, reason, every argument with its origin, what leaves, what can be undone. */
export const card = ({ id, question }: Approval): string =>
  [
    `${color.yellow("?")} ${color.bold(printableLine(question.consequence))}`,
    `  ${color.dim("why     ")} ${printableLine(question.why)}`,
    `  ${color.dim("does    ")} ${question.tool} ${color.dim(`(${question.effect}, ${UNDO[question.undo]})`)}`,
    ...question.arguments.map(
      (argument) =>
        `  ${color.dim(printableLine(argument.name).slice(0, 8).padEnd(8))} ${printableLine(valueOf(argument.value))} ${color.dim(`${ORIGINS[argument.origin]}${argument.critical ? ", decides" : ""}`)}`,
    ),
    `  ${color.dim("leaves  ")} ${question.leaves === null ? "nothing leaves this machine" : printableLine(question.leaves)}`,
    `  ${color.dim("id      ")} ${id}`,
  ].join("\n");
