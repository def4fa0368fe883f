import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ text: z.string().min(1).max(2000) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("memory.save"),
  version: 1,
  title: "Remember something",
  description: "Remembers a short text for later conversations.",
  effect: "write",
  permissions: ["memory:write"],
  input,
  critical: [],
  result: "context",
  undo: "undoable",
  repeatable: true,
});
