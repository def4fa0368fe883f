import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";
import { around, Command, Input } from "../exec-program/arguments.ts";

export const input = z.strictObject({ command: Command, ...around, input: Input.exactOptional() });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("exec.shell"),
  version: 1,
  title: "Run a shell command",
  description:
    "Runs a command line by /bin/sh as exec.run runs a program: on a copy of the workspace, without network but to `network`.",
  effect: "execute",
  permissions: ["exec:shell"],
  input,
  critical: ["command", "cwd", "network"],
  roles: { command: "command", cwd: "path", network: "url" },
  result: "untrusted",
  undo: "none",
  repeatable: false,
});
