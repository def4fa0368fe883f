import type { OperationOutput, OperationRequest, PolicyProblem, SimulationReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printableLine, printableValue, table, when } from "../output.ts";
import { many, readText, textOption, usage, wordsOf } from "../usage.ts";
import { parseObject } from "./read-limits.ts";
import { readTime } from "./read-time.ts";

type Wish = OperationRequest<"policy.simulate">;
const HAS_FAULTS = 1;

const problemLine = ({ line, column, problem }: PolicyProblem): string =>
  `${color.red("✗")} ${line === null ? "" : `line ${String(line)}${column === null ? "" : `, column ${String(column)}`}: `}${printableLine(problem)}`;

const shownPolicy = ({ text, version, problems }: OperationOutput<"policy.get">): string =>
  text === ""
    ? color.dim("There is no policy: grants and answers alone decide.")
    : [printableValue(text).trimEnd(), color.dim(`version ${version}`), ...problems.map(problemLine)].join("\n");

const simulationText = (report: SimulationReport): string =>
  [
    `${String(report.replayed)} decisions replayed, ${report.replayed === report.same ? color.green("all the same") : `${String(report.same)} the same`}`,
    ...(Object.keys(report.changes).length === 0
      ? []
      : [
          "",
          table(
            ["was → would be", "how many"],
            Object.entries(report.changes)
              .toSorted(([, a], [, b]) => b - a)
              .map(([change, count]) => [change, String(count)]),
            "",
          ),
        ]),
    ...(report.examples.length === 0
      ? []
      : [
          "",
          table(
            ["at", "tool", "was", "would be", "by", "decision"],
            report.examples.map(({ at, tool, was, would, rule, decisionId }) => [
              when(at),
              tool,
              was,
              would,
              rule,
              decisionId,
            ]),
            "",
          ),
          color.dim("./moltbot why DECISION explains one."),
        ]),
  ].join("\n");

const simulateCommand = (program: Command, run: Runner): void => {
  program
    .command("simulate [file]")
    .description("replay the recorded decisions under a changed policy (a Cedar file) or changed grants")
    .option("--since <when>", "only those since: 24h, 7d, or a date")
    .option("--grant <json>", "as if this were granted (the JSON of a capability wish); may be repeated", many)
    .option("--revoke <id>", "as if this grant were revoked; may be repeated", many)
    .action(
      run(async (context, options, file) => {
        const since = textOption(options["since"]);
        const grants = wordsOf(options["grant"]);
        const revoke = wordsOf(options["revoke"]);
        if (file === "" && grants.length + revoke.length === 0)
          throw usage("Name what changes: a policy file, --grant or --revoke.");
        const report = await context.call("policy.simulate", {
          ...(file === "" ? {} : { policy: await readText(file) }),
          grant: grants.map((text) => parseObject("--grant", text) as unknown as NonNullable<Wish["grant"]>[number]), // the gateway's schema checks it
          revoke: [...revoke],
          ...(since === undefined ? {} : { since: readTime("since", since) }),
        });
        context.output.data(report, () => simulationText(report));
      }),
    );
};

const put = async (context: CommandContext, text: string, says: string): Promise<void> => {
  const policy = await context.call("policy.set", { text });
  context.output.data(policy, () => `${color.green("✓")} ${says} ${color.dim(`version ${policy.version}`)}`);
};

/** Replaying nothing under it has the gateway read it, and puts nothing into force. */
const check = async (context: CommandContext, file: string): Promise<void> => {
  const policy = await readText(file);
  await context.call("policy.simulate", { policy, since: new Date().toISOString() });
  context.output.data(
    { file, valid: true },
    () => `${color.green("✓")} ${printableLine(file)} is valid; nothing was changed`,
  );
};

/** `simulate FILE`, `policy show | check | set | remove` */
export const policyCommands = (program: Command, run: Runner): void => {
  simulateCommand(program, run);
  const policy = program
    .command("policy")
    .description("the operator's policy (Cedar): what it forbids, nothing allows");
  policy
    .command("show", { isDefault: true })
    .description("show the policy in force")
    .action(
      run(async (context) => {
        const held = await context.call("policy.get", {});
        context.output.data(held, () => shownPolicy(held));
        if (held.problems.length > 0) throw new CommandExit(HAS_FAULTS);
      }),
    );
  policy
    .command("check <file>")
    .description("say whether a policy is valid, without putting it into force")
    .action(run((context, _options, file) => check(context, file)));
  policy
    .command("set <file>")
    .description("put a policy into force, as a whole or not at all")
    .action(
      run(async (context, _options, file) => {
        const text = await readText(file);
        if (text.trim() === "") throw usage("The file is empty; `policy remove` takes the policy away.");
        await put(context, text, "the policy is in force");
      }),
    );
  policy
    .command("remove")
    .description("take the policy away")
    .action(run((context) => put(context, "", "there is no policy any more")));
};
