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

const NARROWEST = 8;
const WIDEST = 24;

/** The whole question, as a card: consequence, reason, every argument with its origin, what leaves, what can be undone. */
export const card = ({ id, question }: Approval): string => {
  const names = question.arguments.map(({ name }) => printableLine(name));
  const width = Math.min(WIDEST, Math.max(NARROWEST, ...names.map((name) => name.length)));
  const row = (name: string, value: string): string => `  ${color.dim(name.padEnd(width))} ${value}`;
  return [
    `${color.yellow("?")} ${color.bold(printableLine(question.consequence))}`,
    row("why", printableLine(question.why)),
    row("does", `${question.tool} ${color.dim(`(${question.effect}, ${UNDO[question.undo]})`)}`),
    ...question.arguments.map(({ value, origin, critical }, at) =>
      row(
        names[at] ?? "",
        `${printableLine(valueOf(value))} ${color.dim(`${ORIGINS[origin]}${critical ? ", decides" : ""}`)}`,
      ),
    ),
    row("leaves", question.leaves === null ? "nothing leaves this machine" : printableLine(question.leaves)),
    row("id", id),
  ].join("\n");
};
