import { PROGRAM_SECONDS } from "../../sandbox/index.ts";
import { runAndShow, where } from "../exec-program/run-and-show.ts";
import { resourcesOf } from "../exec-program/what-runs.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** A copy may have to be brought up to date before a program begins. */
const BESIDE_SECONDS = 120;

/** Runs one program to its end. It changes a copy; nothing flows back by itself. */
export const execRun = defineTool({
  manifest,
  input,
  seconds: PROGRAM_SECONDS.most + BESIDE_SECONDS,
  describe: (args) => `Runs ${quote(args.argv.join(" "))}${where(args)}.`,
  resolve: (args, call, ports) =>
    resourcesOf({ seconds: PROGRAM_SECONDS.usual, ...args, argument: "argv" }, call, ports),
  run: (args, run) => runAndShow({ seconds: PROGRAM_SECONDS.usual, ...args, argument: "argv" }, run),
});
