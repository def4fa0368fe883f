import { moltbotError } from "@moltbot/contracts/errors";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { doctorAttack } from "./doctor-attack.ts";
import type { Drill } from "./doctor-attack.ts";
import { parseValue } from "./read-limits.ts";
import { stopLine } from "./stop.ts";

const MARKS = { ok: color.green("✓"), warning: color.yellow("!"), fault: color.red("✗") } as const;

const findSetting = async (context: CommandContext, key: string) => {
  const settings = await context.call("config.list", {});
  const setting = settings.find((one) => one.key === key);
  if (setting !== undefined) return setting;
  const { closest } = await import("fastest-levenshtein");
  throw new CommandFailure(
    moltbotError("CONFIG_UNKNOWN_KEY", {
      key,
      nearest: closest(
        key,
        settings.map((one) => one.key),
      ),
    }),
  );
};

/** Why programs are not run; the problem may be a phrase or a sentence. */
const refusedText = (problem: string): string =>
  `refused: ${printableLine(problem.replace(/\.$/, ""))}; ./moltbot doctor says what to do`;

const statusCommand = (program: Command, run: Runner): void => {
  program
    .command("status")
    .description("what runs, where its data lies, how it is sealed")
    .action(
      run(async (context) => {
        const status = await context.call("system.status", {});
        context.output.data(status, () => {
          const rows = facts([
            ["version", status.version],
            ["address", status.address],
            ...(status.home === null ? [] : [["data", status.home] as const]),
            ["vault", `sealed by ${status.sealedBy}`],
            ["model", status.model.says],
            ["since", when(status.startedAt)],
            ["agents", String(status.agents)],
            [
              "turns",
              Object.entries(status.turns)
                .filter(([, count]) => count > 0)
                .map(([state, count]) => `${String(count)} ${state}`)
                .join(", ") || "none yet",
            ],
            ["questions", String(status.pendingApprovals)],
            ["reminders", String(status.scheduledReminders)],
            ...(status.deadJobs === 0
              ? []
              : [["gave up", `${String(status.deadJobs)} (./moltbot jobs --dead)`] as const]),
            ...(status.unknownEffects === 0
              ? []
              : [["unknown", `${String(status.unknownEffects)} outcomes that a crash hid`] as const]),
            ...(status.auditRecords === null ? [] : [["audit", `${String(status.auditRecords)} records`] as const]),
            ["programs", status.sandbox.problem === null ? "behind the wall" : refusedText(status.sandbox.problem)],
            ["memory", `${(status.residentBytes / 1024 / 1024).toFixed(0)} MiB`],
          ]);
          return status.stopped === null ? rows : `${stopLine(status.stopped)}\n\n${rows}`;
        });
      }),
    );
};

const doctorCommand = (program: Command, run: Runner, drill: Drill): void => {
  program
    .command("doctor")
    .description("check the installation: database, audit log, vault, model, listener, certificate, proxies, address")
    .option("--attack", "try attacks against a copy of your configuration (exit code 1 when one gets through)")
    .action(
      run(async (context, { attack }) => {
        if (attack === true) return doctorAttack(context, drill);
        const checks = await context.call("system.doctor", {});
        context.output.data(checks, () =>
          checks
            .map(
              ({ name, state, says, next }) =>
                `${MARKS[state]} ${name.padEnd(9)} ${printableLine(says)}${next === null ? "" : `\n            ${color.dim(printableLine(next))}`}`,
            )
            .join("\n"),
        );
        if (checks.some(({ state }) => state === "fault")) throw new CommandExit(1);
      }),
    );
};

const configCommands = (program: Command, run: Runner): void => {
  const config = program.command("config").description("the settings");
  config
    .command("list", { isDefault: true })
    .description("list the settings")
    .option("--level <level>", "basic, advanced or expert", "expert")
    .action(
      run(async (context, { level }) => {
        const levels = ["basic", "advanced", "expert"];
        const settings = (await context.call("config.list", {})).filter(
          (one) => levels.indexOf(one.level) <= levels.indexOf(String(level)),
        );
        context.output.data(settings, () =>
          table(
            ["key", "value", "from", "says"],
            settings.map((one) => [one.key, JSON.stringify(one.value), one.from, one.says]),
            "There are no settings.",
          ),
        );
      }),
    );
  config
    .command("get <key>")
    .description("show one value")
    .action(
      run(async (context, _options, key) => {
        const setting = await findSetting(context, key);
        context.output.data(setting, () => printableLine(JSON.stringify(setting.value)));
      }),
    );
  config
    .command("describe <key>")
    .description("say what a setting does and takes")
    .action(
      run(async (context, _options, key) => {
        const setting = await findSetting(context, key);
        context.output.data(setting, () =>
          facts([
            ["key", setting.key],
            ["does", setting.says],
            ["value", JSON.stringify(setting.value)],
            ["default", JSON.stringify(setting.default)],
            ["from", setting.from],
            ["level", setting.level],
            ["applies", setting.restart ? "at the next start" : "at once"],
          ]),
        );
      }),
    );
  config
    .command("set <key> <value>")
    .description("set one value, by its dot-path; null removes it")
    .action(
      run(async (context, _options, key, value) => {
        const setting = await context.call("config.set", { key, value: parseValue(value) }); // JSON5 is read by the gateway's settings where they need it
        context.output.data(
          setting,
          () => `${color.green("✓")} ${key}${setting.restart ? color.yellow(" (applies at the next start)") : ""}`,
        );
      }),
    );
};

const listCommands = (program: Command, run: Runner): void => {
  program
    .command("conversations")
    .description("list the conversations")
    .action(
      run(async (context) => {
        const list = await context.call("conversations.list", {});
        context.output.data(list, () =>
          table(
            ["id", "changed", "title"],
            list.map((one) => [one.id, when(one.updatedAt), one.title]),
            "There are no conversations.",
          ),
        );
      }),
    );
};

/** `status`, `doctor`, `config`, `conversations` */
export const systemCommands = (program: Command, run: Runner, drill: Drill): void => {
  statusCommand(program, run);
  doctorCommand(program, run, drill);
  configCommands(program, run);
  listCommands(program, run);
};
