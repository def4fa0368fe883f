import type { DataFlow, DataFlowReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { printableLine, table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { countIn } from "../usage.ts";
import { sizeText } from "./backup.ts";

const SAYS: Readonly<Record<DataFlow["data"], (ofHouse: boolean) => string>> = {
  public: () => "public",
  own: (ofHouse) => (ofHouse ? "one person's" : "yours"),
  group: () => "a group's",
  nobody: (ofHouse) => (ofHouse ? "others'" : "not yours"),
  unknown: () => "unknown",
};

const whoSent = ({ way, tool }: DataFlow): string => {
  if (way === "model") return "a model";
  return way === "gate" ? `programs of ${tool ?? "a call"}` : (tool ?? "the house");
};

const countOf = ({ connections, failed }: DataFlow): string =>
  failed === 0 ? String(connections) : `${String(connections)} (${String(failed)} failed)`;

const secretsOf = ({ secrets, withSecret }: DataFlow): string => {
  if (withSecret === 0) return "";
  return secrets.length === 0 ? "a secret" : secrets.map(printableLine).join(", ");
};

const rowOf = (flow: DataFlow, ofHouse: boolean): readonly string[] => [
  // A program behind the gate may ask for anything.
  flow.host === null ? color.dim("erased") : printableLine(flow.host),
  whoSent(flow),
  SAYS[flow.data](ofHouse),
  countOf(flow),
  sizeText(flow.bytesOut),
  sizeText(flow.bytesIn),
  secretsOf(flow),
  when(flow.lastAt),
];

const remarksOn = ({ since, complete }: DataFlowReport): string =>
  color.dim(`Since ${when(since)}.${complete ? "" : " There is more than one report counts: the newest is in it."}`);

const HEADINGS = ["host", "by", "data", "connections", "sent", "received", "secrets", "last"];

/** `data-flow` */
export const dataFlowCommand = (program: Command, run: Runner): void => {
  program
    .command("data-flow")
    .description("which host received what kind of data, and how much")
    .option("--house", "of everybody, for whoever keeps the house")
    .option("--days <n>", "how many days", "7")
    .action(
      run(async (context, { house, days }) => {
        const ofHouse = house === true;
        const report = await context.call("flows.report", {
          of: ofHouse ? "house" : "me",
          days: countIn("days", days),
        });
        context.output.data(report, () => {
          const rows = report.flows.map((flow) => rowOf(flow, ofHouse));
          return `${table(HEADINGS, rows, "Nothing was sent to anybody.")}\n${remarksOn(report)}`;
        });
      }),
    );
};
