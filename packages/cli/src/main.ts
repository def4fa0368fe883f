import { CommanderError } from "commander";
import { moltbotError } from "@moltbot/contracts/errors";
import type { Restore } from "./commands/backup.ts";
import { CommandExit, CommandFailure } from "./context.ts";
import type { Drill } from "./commands/doctor-attack.ts";
import { createOutput } from "./output.ts";
import { createProgram } from "./program.ts";

const USAGE = 2;

const start = async (argv: readonly string[]): Promise<number> => {
  const [{ runGateway }, { openBrowser }] = await Promise.all([
    import("@moltbot/gateway"),
    import("./open-browser.ts"),
  ]);
  return runGateway(argv, openBrowser);
};

/** `doctor --attack` runs the gateway's drills in this process: over a copy, in a temporary home. */
const drill: Drill = async (configuration, connect, progress) => {
  const { drillOwnConfiguration } = await import("@moltbot/gateway");
  return drillOwnConfiguration({ configuration, connect, progress });
};

/** `backup restore` works on the home itself, whose gateway is stopped. */
const restore: Restore = async (wish) => {
  const { restoreOffline } = await import("@moltbot/gateway");
  return restoreOffline(wish);
};

/** The program's door: whatever a command throws ends here, as a sentence and an exit code. */
const runCommand = async (argv: readonly string[]): Promise<number> => {
  try {
    await createProgram(drill, restore).parseAsync(argv.length === 0 ? ["--help"] : [...argv], { from: "user" });
    return 0;
  } catch (cause) {
    if (cause instanceof CommandExit) return cause.code;
    if (cause instanceof CommandFailure) return createOutput(argv.includes("--json")).fail(cause.failure);
    // Commander has printed what is wrong, with the nearest name.
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : USAGE;
    process.stderr.write(`${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
    return createOutput(argv.includes("--json")).fail(moltbotError("INTERNAL", { traceId: "cli" }));
  }
};

// Whoever read our output has seen enough (`| head`): that is no failure of the command.
process.stdout.on("error", (cause: Error & { readonly code?: string }) => process.exit(cause.code === "EPIPE" ? 0 : 1));
const argv = process.argv.slice(2);
const starts = argv[0] === "start";
if (!starts) process.on("SIGINT", () => process.exit(130));
void (starts ? start(argv.slice(1)) : runCommand(argv)).then((code) => {
  process.exitCode = code;
});
