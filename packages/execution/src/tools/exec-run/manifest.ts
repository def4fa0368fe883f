import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";
import { Argv, around, Input } from "../exec-program/arguments.ts";

export const input = z.strictObject({ argv: Argv, ...around, input: Input.exactOptional() });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("exec.run"),
  version: 1,
  title: "Run a program",
  description:
    "Runs a program (argv, no shell) in a sandbox on a copy of the workspace, without network but to the hosts in `network`. What it changes stays in the copy until exec.keep.",
  effect: "execute",
  permissions: ["exec:run"],
  input,
  critical: ["argv", "cwd", "network"],
  roles: { argv: "command", cwd: "path", network: "url" },
  result: "untrusted",
  undo: "none",
  repeatable: false,
});
