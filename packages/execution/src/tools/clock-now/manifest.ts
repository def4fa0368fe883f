import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("clock.now"),
  version: 1,
  title: "Look at the clock",
  description: "The local time, date and time zone.",
  effect: "read",
  permissions: ["clock:read"],
  input,
  critical: [],
  result: "context",
  undo: "none",
  repeatable: true,
});
