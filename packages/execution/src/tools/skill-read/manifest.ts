import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({
  skill: z.string().min(1).max(64),
  /** A text file of the skill; its instructions when left out. */
  file: z.string().min(1).max(200).exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("skill.read"),
  version: 1,
  title: "Read a skill",
  description: "Reads the instructions of a skill, or another text file of it.",
  effect: "read",
  permissions: ["skill:read"],
  input,
  critical: [],
  result: "stored",
  undo: "none",
  repeatable: true,
});
