import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";
import { PROGRAM_SECONDS } from "../../sandbox/index.ts";
import { Argv, around } from "../exec-program/arguments.ts";

export const input = z.strictObject({
  argv: Argv,
  ...around,
  seconds: z.int().min(1).max(PROGRAM_SECONDS.background).exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("exec.start"),
  version: 1,
  title: "Start a program in the background",
  description:
    "Starts a program as exec.run does and does not wait for it. exec.output, exec.input and exec.end take the id that it gives.",
  effect: "execute",
  permissions: ["exec:run"],
  input,
  critical: ["argv", "cwd", "network"],
  roles: { argv: "command", cwd: "path", network: "url" },
  result: "context",
  undo: "none",
  repeatable: false,
});
