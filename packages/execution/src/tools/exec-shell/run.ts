import { PROGRAM_SECONDS } from "../../sandbox/index.ts";
import { runAndShow, where } from "../exec-program/run-and-show.ts";
import { resourcesOf } from "../exec-program/what-runs.ts";
import type { Asked } from "../exec-program/what-runs.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";
import { showCommand } from "./show-command.ts";

const BESIDE_SECONDS = 120;

type Arguments = ReturnType<typeof input.parse>;

const askedOf = ({ command, ...args }: Arguments): Asked => ({
  seconds: PROGRAM_SECONDS.usual,
  ...args,
  argument: "command",
  argv: ["/bin/sh", "-c", command],
});

/** Runs a command line. The card shows its parts; no decision is made by them, because a shell reads more than any parser knows. */
export const execShell = defineTool({
  manifest,
  input,
  seconds: PROGRAM_SECONDS.most + BESIDE_SECONDS,
  describe: (args) => `Runs the shell command ${quote(args.command)}${where(args)}.`,
  preview: async ({ command }) => ({ kind: "text", text: showCommand(command) }),
  resolve: (args, call, ports) => resourcesOf(askedOf(args), call, ports),
  run: (args, run) => runAndShow(askedOf(args), run),
});
