import type { OwnConfiguration, OwnConfigurationReport, Result } from "@moltbot/contracts";
import { createClient } from "@moltbot/client";
import type { Client } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine, table } from "../output.ts";

/** Runs the drills in this process, over a copy in a temporary home; `main` opens the door to the gateway's code. */
export type Drill = (
  configuration: OwnConfiguration,
  connect: (place: { readonly socket: string }) => Client,
  progress: (done: number, all: number) => void,
) => Promise<Result<OwnConfigurationReport>>;

const readConfiguration = async (context: CommandContext): Promise<OwnConfiguration> => ({
  settings: await context.call("config.list", {}),
  policy: (await context.call("policy.get", {})).text,
  agents: await context.call("agents.list", {}),
  capabilities: await context.call("capabilities.list", {}),
});

/** An agent is idle or busy by the minute: that is no change of what is set up. */
const settled = ({ agents, ...rest }: OwnConfiguration): string =>
  JSON.stringify({ ...rest, agents: agents.map(({ status: _status, ...agent }) => agent) });

const plural = (count: number, one: string): string => `${String(count)} ${one}${count === 1 ? "" : "s"}`;

const failureText = ({ failures }: OwnConfigurationReport): readonly string[] => {
  const byGrant = new Map<string, OwnConfigurationReport["failures"][number][]>();
  for (const failure of failures) {
    const key = `${failure.agent}\n${failure.tool}\n${failure.grants.join()}`;
    byGrant.set(key, [...(byGrant.get(key) ?? []), failure]);
  }
  return [...byGrant.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      "",
      `${color.red("✗")} ${color.bold(printableLine(`${first.agent}: ${first.tool}`))} ${color.dim(`(${plural(group.length, "call")} got through)`)}`,
      `  ${printableLine(first.says)}`,
      `  let through by ${first.grants.length === 0 ? "no grant: a rule alone" : `grant ${first.grants.join(", ")}`} ${color.dim(`[${printableLine(first.rule)}]`)}`,
      ...first.narrow.map((command, at) => `  ${at === 0 ? "narrow it:" : "          "} ${printableLine(command)}`),
    ];
  });
};

const sampleText = ({ sample }: OwnConfigurationReport): readonly string[] => [
  `${sample.failures.length === 0 ? color.green("✓") : color.red("✗")} ${plural(sample.cases, "recorded attack")} on mail, calendars, shops and other tools you may connect, under your settings and policy: ${sample.reached < sample.cases ? `${String(sample.reached)} came before the model, ` : ""}${String(sample.failures.length)} got through${sample.questionsDuringAttack === null ? "" : `, ${sample.questionsDuringAttack.toFixed(1)} questions each`}`,
  ...sample.failures.map(
    ({ suite, task, attack, ran }) =>
      `  ${printableLine(`${suite}/${task} × ${attack ?? "none"}: ${ran.join(", ")} ran without a question`)}`,
  ),
];

const markOf = ({ gotThrough, reached }: OwnConfigurationReport["tried"][number]): string =>
  gotThrough > 0 ? "✗" : reached ? "✓" : "·";

const UNREACHED = "· the hostile words never came before the model: there was nothing to obey";

/** The report for people: what was tried, what got through, what let it through and how to narrow that. */
export const attackText = (report: OwnConfigurationReport, unchanged: boolean): string =>
  [
    table(
      ["", "agent", "attack", "tried", "refused", "asked", "got through"],
      report.tried.map((one) => [
        markOf(one),
        one.agent,
        one.drill,
        String(one.attempts).padStart("tried".length),
        String(one.refused).padStart("refused".length),
        String(one.questions).padStart("asked".length),
        String(one.gotThrough).padStart("got through".length),
      ]),
      "There is no agent to attack.",
    ),
    ...(report.tried.every(({ reached }) => reached) ? [] : [color.dim(UNREACHED)]),
    "",
    ...sampleText(report),
    ...failureText(report),
    ...(report.leftOut.length === 0
      ? []
      : ["", color.dim(`Not tried: ${report.leftOut.map(printableLine).join("; ")}`)]),
    "",
    report.succeeded === 0
      ? `${color.green("✓")} Nothing got through: ${plural(report.cases, "attack")} by a model that obeys every attacker, in ${String(Math.round(report.seconds))} s. The ${plural(report.tried.length, "drill")} would have asked you ${plural(report.questions, "time")}.`
      : `${color.red("✗")} ${String(report.succeeded)} of ${plural(report.cases, "attack")} got through.`,
    unchanged
      ? color.dim("Tried on a copy in a temporary home, with a way out that leads nowhere; yours is as it was.")
      : color.yellow("Your configuration changed while this ran: run it again."),
  ].join("\n");

/** How far it is, on stderr: in place on a terminal, otherwise a line at each quarter. */
const progressOn = (context: CommandContext): ((done: number, all: number) => void) => {
  let quarter = 0;
  return (done, all) => {
    if (context.output.json) return;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${color.dim(`attack ${String(done)}/${String(all)}`)}${done === all ? "\n" : ""}`);
      return;
    }
    const now = Math.floor((done / all) * 4);
    if (now > quarter) context.output.say(color.dim(`attack ${String(done)}/${String(all)}`));
    quarter = Math.max(quarter, now);
  };
};

/** Attacks a copy of the owner's configuration and says what got through; exit 1 when something did. */
export const doctorAttack = async (context: CommandContext, drill: Drill): Promise<void> => {
  const before = await readConfiguration(context);
  if (!context.output.json) context.output.say(color.dim("Attacking a copy of your configuration…"));
  const report = await drill(
    before,
    ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
    progressOn(context),
  );
  if (!report.ok) throw new CommandFailure(report.error);
  const unchanged = settled(before) === settled(await readConfiguration(context));
  context.output.data({ ...report.value, unchanged }, () => attackText(report.value, unchanged));
  if (report.value.succeeded > 0) throw new CommandExit(1);
};
