import type { Firing, Job, OutboxItem, Schedule } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { Runner } from "../runner.ts";
import { printableLine, table, when } from "../output.ts";

const NONE = "-";
const whenAny = (instant: string | null): string => (instant === null ? NONE : when(instant));

const jobTable = (jobs: readonly Job[], nothing: string): string =>
  table(
    ["id", "kind", "state", "not before", "attempts", "problem"],
    jobs.map(({ id, kind, state, runAt, attempts, mostAttempts, problem }) => [
      id,
      kind,
      state,
      when(runAt),
      `${String(attempts)} of ${String(mostAttempts)}`,
      problem ?? NONE,
    ]),
    nothing,
  );

const scheduleTable = (schedules: readonly Schedule[]): string =>
  table(
    ["id", "name", "times", "zone", "work", "next"],
    schedules.map(({ id, name, cron, timeZone, kind, active, nextAt }) => [
      id,
      name,
      cron,
      timeZone,
      kind,
      active ? whenAny(nextAt) : "off",
    ]),
    "Nothing comes back by itself.",
  );

const firingTable = (firings: readonly Firing[]): string =>
  table(
    ["time", "state", "settled", "job", "problem"],
    firings.map(({ at, state, settledAt, jobId, problem }) => [
      when(at),
      state,
      whenAny(settledAt),
      jobId ?? NONE,
      problem ?? NONE,
    ]),
    "It has not come yet.",
  );

const outboxTable = (items: readonly OutboxItem[]): string =>
  table(
    ["id", "kind", "state", "since", "attempts", "repeatable", "problem"],
    items.map(({ id, kind, state, updatedAt, attempts, repeatable, problem }) => [
      id,
      kind,
      state,
      when(updatedAt),
      String(attempts),
      repeatable ? "yes" : "no",
      problem ?? NONE,
    ]),
    "Nothing is on its way out.",
  );

const OF_FIRINGS = `
A firing is queued until its job ends (done, failed), missed when nobody watched, skipped under a stop, and unknown when a crash
hid its end.
`;
const OF_OUTBOX = `
What cannot be repeated leaves at most once: after a crash it is unknown, and nobody sends it again. Look at the other side
before you ask for it anew.
`;

/** `jobs [--dead] | retry`, `schedules | firings`, `outbox` */
export const workCommands = (program: Command, run: Runner): void => {
  const jobs = program.command("jobs").description("work that goes on by itself, and what gave up");
  jobs
    .command("list", { isDefault: true })
    .description("list jobs, newest first")
    .option("--dead", "only what gave up, with the reason")
    .option("--limit <n>", "how many", "50")
    .action(
      run(async (context, { dead, limit }) => {
        const onlyDead = dead === true;
        const list = await context.call("jobs.list", { state: onlyDead ? "dead" : "all", limit: String(limit) });
        context.output.data(list, () => jobTable(list, onlyDead ? "Nothing gave up." : "There is no work."));
      }),
    );
  jobs
    .command("retry <id>")
    .description("take up again what gave up")
    .action(
      run(async (context, _options, jobId) => {
        const job = await context.call("jobs.retry", { jobId });
        context.output.data(job, () => `${color.green("✓")} ${printableLine(job.kind)} is taken up again`);
      }),
    );

  const schedules = program
    .command("schedules")
    .description("what comes back by itself, and the account of every time");
  schedules
    .command("list", { isDefault: true })
    .description("list schedules and their next times")
    .action(
      run(async (context) => {
        const list = await context.call("schedules.list", {});
        context.output.data(list, () => scheduleTable(list));
      }),
    );
  schedules
    .command("firings <id>")
    .description("what became of every time of a schedule, newest first")
    .option("--limit <n>", "how many", "50")
    .addHelpText("after", OF_FIRINGS)
    .action(
      run(async (context, { limit }, scheduleId) => {
        const list = await context.call("schedules.firings", { scheduleId, limit: String(limit) });
        context.output.data(list, () => firingTable(list));
      }),
    );

  program
    .command("outbox")
    .description("effects on their way out, and what a crash hid")
    .option("--state <state>", "waiting, sending, sent, refused, unknown, cancelled or all", "all")
    .option("--limit <n>", "how many", "50")
    .addHelpText("after", OF_OUTBOX)
    .action(
      run(async (context, { state, limit }) => {
        const wanted = String(state) as OutboxItem["state"] | "all"; // the gateway checks the word
        const list = await context.call("outbox.list", { state: wanted, limit: String(limit) });
        context.output.data(list, () => outboxTable(list));
      }),
    );
};
