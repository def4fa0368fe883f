import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";
import { ProgramId } from "../exec-program/arguments.ts";

export const MOST_WAITED = 30;

export const input = z.strictObject({
  program: ProgramId,
  /** How long to wait for something new. */
  seconds: z.int().min(0).max(MOST_WAITED).exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("exec.output"),
  version: 1,
  title: "Read what a running program wrote",
  description:
    "What a program that exec.start started wrote since the last look, and whether it still runs; waits up to `seconds`.",
  effect: "read",
  permissions: ["exec:run"],
  input,
  critical: [],
  result: "untrusted",
  undo: "none",
  repeatable: true,
});
