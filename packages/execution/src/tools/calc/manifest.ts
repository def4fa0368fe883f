import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ expr: z.string().min(1).max(200) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("calc"),
  version: 1,
  title: "Calculate",
  description: "Calculates with numbers, + - * / % ^ and brackets.",
  effect: "read",
  permissions: ["calc:read"],
  input,
  critical: [],
  result: "context",
  undo: "none",
  repeatable: true,
});
