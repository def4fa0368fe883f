import type { Usage, UsageReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import type { Named } from "./find-person.ts";

type Names = ReadonlyMap<string, string>;

/** What has names; a credential that may not ask for them sees ids. */
const namesFor = async (context: CommandContext, ofHouse: boolean): Promise<Names> => {
  const asked: readonly Promise<readonly Named[]>[] = ofHouse
    ? [context.call("people.list", {})]
    : [context.call("agents.list", {}), context.call("tokens.list", {}), context.call("devices.list", {})];
  const heard = await Promise.allSettled(asked);
  return new Map(
    heard.flatMap((one) => (one.status === "fulfilled" ? one.value.map(({ id, name }) => [id, name] as const) : [])),
  );
};

/** Money without the noughts that say nothing. */
const money = (millionths: number, currency: string): string =>
  `${(millionths / 1_000_000).toFixed(6).replace(/0{1,4}$/, "")} ${currency}`;
const amountOf = (amount: number, { unit }: Pick<Usage, "unit">, currency: string): string =>
  unit === "money" ? money(amount, currency) : `${amount.toLocaleString("en")} tokens`;

const whoIs = ({ subject: { kind, id } }: Usage, names: Names, ofHouse: boolean): string => {
  if (kind === "house") return "everybody";
  if (kind === "person") return ofHouse ? (names.get(id) ?? id) : "you";
  return `${kind} ${names.get(id) ?? id}`;
};

const rowOf = (row: Usage, { currency }: UsageReport, names: Names, ofHouse: boolean): readonly string[] => {
  const { day, used, limit } = row;
  const full = limit !== null && used >= limit;
  const of = limit === null ? "no limit" : amountOf(limit, row, currency);
  return [day, whoIs(row, names, ofHouse), amountOf(used, row, currency), of, full ? color.red("used up") : ""];
};

/** What the table does not say. */
const remarksOn = ({ unpriced, renewsAt }: UsageReport): string => {
  const prices =
    unpriced.length === 0
      ? ""
      : `\n${color.yellow(`No price is known of ${unpriced.join(", ")}: their money is not counted.`)} models.providers.NAME.price says it.`;
  return `${color.dim(`The next day begins at ${when(renewsAt)}.`)}${prices}`;
};

/** `usage` */
export const usageCommand = (program: Command, run: Runner): void => {
  program
    .command("usage")
    .description("what was used of the budgets, by the day")
    .option("--house", "the sums of everybody, for whoever keeps the house")
    .option("--days <n>", "how many days", "7")
    .action(
      run(async (context, { house, days }) => {
        const ofHouse = house === true;
        const report = await context.call("usage.show", { of: ofHouse ? "house" : "me", days: Number(days) });
        const names = context.output.json ? new Map<string, string>() : await namesFor(context, ofHouse);
        context.output.data(report, () => {
          const rows = report.rows.map((row) => rowOf(row, report, names, ofHouse));
          return `${table(["day", "who", "used", "of", ""], rows, "Nothing was used.")}\n${remarksOn(report)}`;
        });
      }),
    );
};
