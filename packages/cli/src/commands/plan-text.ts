import type { JsonValue, Plan } from "@moltbot/contracts";
import color from "picocolors";
import { printableLine, shortened } from "../output.ts";

/** A line that is longer says nothing sooner; `why` and `--json` show the rest. */
const LONGEST = 140;

const isObject = (value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const refText = (ref: JsonValue): string =>
  typeof ref === "number" ? `step ${String(ref)}` : `kept ${JSON.stringify(ref).replaceAll('"', "")}`;

/** A value as a plan gives it: itself, or where it is to come from. */
const valueText = (value: JsonValue): string => {
  if (typeof value === "string") return `“${value}”`;
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => valueText(item)).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const from = value["$from"];
  if (!Array.isArray(from))
    return `{${Object.entries(value)
      .map(([name, item]) => `${name}: ${valueText(item)}`)
      .join(", ")}}`;
  const where = from.map((ref: JsonValue) => refText(ref)).join(" and ");
  return typeof value["ask"] === "string" ? `“${value["ask"]}” from ${where}` : `all of ${where}`;
};

const stepText = ({ arguments: given, after }: Plan["steps"][number]): string => {
  const parts = Object.entries(given).map(([name, value]) => `${name} ${valueText(value)}`);
  const order = after.length === 0 ? [] : [`after ${after.map((step) => `step ${String(step)}`).join(" and ")}`];
  return shortened(printableLine([...parts, ...order].join(", ")), LONGEST);
};

/** A plan as a short numbered list: which call follows which, and where its values come from. */
export const planText = ({ goal, steps }: Pick<Plan, "goal" | "steps">): string => {
  const width = Math.max(...steps.map(({ tool }) => printableLine(tool).length));
  return [
    `${color.cyan("▸")} ${color.bold(goal === "" ? "Plan" : `Plan: ${shortened(printableLine(goal), LONGEST)}`)}`,
    ...steps.map((step, at) =>
      `  ${color.dim(`${String(at + 1).padStart(String(steps.length).length)}.`)} ${printableLine(step.tool).padEnd(width)}  ${color.dim(stepText(step))}`.trimEnd(),
    ),
  ].join("\n");
};
