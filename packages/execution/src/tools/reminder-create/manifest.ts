import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ minutes: z.int().min(1).max(525_600), text: z.string().min(1).max(500) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("reminder.create"),
  version: 1,
  title: "Set a reminder",
  description: "Sets a reminder that appears in this conversation after a number of minutes.",
  effect: "commit",
  permissions: ["reminder:create"],
  input,
  critical: ["minutes", "text"],
  roles: { minutes: "time", text: "content" },
  result: "context",
  undo: "undoable",
  repeatable: true,
});
