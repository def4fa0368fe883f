import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";
import { ProgramId } from "../exec-program/arguments.ts";

export const input = z.strictObject({ program: ProgramId });

/** Ending one's own program behind the wall changes nothing that anybody else sees: it needs no question. */
export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("exec.end"),
  version: 1,
  title: "End a running program",
  description: "Ends a program that exec.start started, and everything that it started.",
  effect: "read",
  permissions: ["exec:run"],
  input,
  critical: ["program"],
  roles: { program: "identifier" },
  result: "context",
  undo: "none",
  repeatable: true,
});
