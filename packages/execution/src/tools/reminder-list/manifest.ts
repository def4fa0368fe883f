import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("reminder.list"),
  version: 1,
  title: "List reminders",
  description: "The reminders that are still to come.",
  effect: "read",
  permissions: ["reminder:read"],
  input,
  critical: [],
  result: "context",
  undo: "none",
  repeatable: true,
});
