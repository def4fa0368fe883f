/**
 * Benchmarks of the whole program: `npm run -s bench -- --json` prints an array of results, without `--json` a table.
 * `--only WORD` runs the measures whose name holds the word, `--only growth` and `--only million` what takes minutes. Figures are
 * medians or quantiles; limits are scaled by how much slower the machine was, measured before and after.
 */
import { parseArgs } from "node:util";
import { calibrate } from "./calibrate.ts";
import { measureCommands } from "./measures/command.ts";
import { measureGuard } from "./measures/guard.ts";
import { measureMessages } from "./measures/message.ts";
import { measurePeople } from "./measures/people.ts";
import { measurePlugins } from "./measures/plugins.ts";
import { measureSandbox } from "./measures/sandbox.ts";
import { measureStart } from "./measures/start.ts";
import { measureAudit, measureMillionRecords } from "./measures/storage-audit.ts";
import { measureGrowth, measureStorage } from "./measures/storage.ts";
import { judge } from "./result.ts";
import type { BenchResult, Figure } from "./result.ts";

const MEASURES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  start: measureStart,
  command: measureCommands,
  message: measureMessages,
  guard: measureGuard,
  storage: measureStorage,
  audit: () => measureAudit(),
  people: measurePeople,
  sandbox: measureSandbox,
  plugins: measurePlugins,
};

/** Take minutes: run only when they are named. */
const LONG_MEASURES: typeof MEASURES = { growth: measureGrowth, million: measureMillionRecords };

const table = (results: readonly BenchResult[]): string =>
  results
    .map(
      ({ name, value, unit, limit, met }) =>
        `${met ? "met   " : "MISSED"}  ${name.padEnd(44)} ${String(value).padStart(9)} ${unit.padEnd(10)} limit ${String(limit)}`,
    )
    .join("\n");

const { values } = parseArgs({ options: { json: { type: "boolean" }, only: { type: "string" } } });
const results: BenchResult[] = [];
const { only } = values;
const chosen = Object.entries(MEASURES).filter(([name]) => only === undefined || name.includes(only));
const asked = Object.entries(LONG_MEASURES).filter(([name]) => name === only);
for (const [name, measure] of [...chosen, ...asked]) {
  process.stderr.write(`measuring ${name}\n`);
  const before = await calibrate();
  const figures = await measure();
  const calibration = (before + (await calibrate())) / 2;
  results.push(...figures.map((figure) => judge(figure, calibration)));
}
process.stdout.write(values.json === true ? `${JSON.stringify(results, null, 2)}\n` : `${table(results)}\n`);
