import { err, moltbotError, ok } from "@moltbot/contracts";
import { PROGRAM_SECONDS } from "../../sandbox/index.ts";
import { contextLabel } from "../context-label.ts";
import { remember } from "../exec-program/in-background.ts";
import { where } from "../exec-program/run-and-show.ts";
import { resourcesOf, wishOf } from "../exec-program/what-runs.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** Starts a program that goes on by itself: until it ends, its time is over, somebody ends it, or everything is stopped. */
export const execStart = defineTool({
  manifest,
  input,
  seconds: 300,
  describe: (args) => `Starts ${quote(args.argv.join(" "))} in the background${where(args)}.`,
  resolve: (args, call, ports) =>
    resourcesOf({ seconds: PROGRAM_SECONDS.background, ...args, argument: "argv" }, call, ports),
  run: async (args, run) => {
    const wish = await wishOf({ seconds: PROGRAM_SECONDS.background, ...args, argument: "argv" }, run);
    if (!wish.ok) return wish;
    if (run.signal.aborted) return err(moltbotError("TURN_STOPPED"));
    const started = await run.ports.programs.start(wish.value, run.signal);
    if (!started.ok) return started;
    remember(started.value, wish.value);
    // It may have been stopped while the copy was made: nothing begins after a stop.
    if (run.signal.aborted) await started.value.end();
    return ok({
      text: `started: program ${started.value.id}`,
      summary: `Started ${quote(args.argv.join(" "))} in the background.`,
      label: contextLabel(run.call),
    });
  },
});
