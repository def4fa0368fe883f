import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";
import { Input, ProgramId } from "../exec-program/arguments.ts";

export const input = z.strictObject({ program: ProgramId, text: Input, end: z.boolean().exactOptional() });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("exec.input"),
  version: 1,
  title: "Give a running program input",
  description: "Writes text to the input of a program that exec.start started; `end` closes its input.",
  effect: "execute",
  permissions: ["exec:run"],
  input,
  critical: ["program", "text"],
  roles: { program: "identifier", text: "command" },
  result: "context",
  undo: "none",
  repeatable: false,
});
