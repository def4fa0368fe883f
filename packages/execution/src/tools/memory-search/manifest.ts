import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ query: z.string().min(1).max(200) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("memory.search"),
  version: 1,
  title: "Search memory",
  description: "Finds what was remembered about something.",
  effect: "read",
  permissions: ["memory:read"],
  input,
  critical: [],
  result: "context",
  undo: "none",
  repeatable: true,
});
