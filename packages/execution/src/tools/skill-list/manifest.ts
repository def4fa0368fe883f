import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("skill.list"),
  version: 1,
  title: "List skills",
  description: "Lists the skills that you were given: what each is for, and who signed it.",
  effect: "read",
  permissions: ["skill:list"],
  input,
  critical: [],
  result: "stored",
  undo: "none",
  repeatable: true,
});
