import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({
  path: z.string().min(1).max(1024),
  old: z.string().min(1).max(65_536),
  new: z.string().max(65_536),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.edit"),
  version: 1,
  title: "Change a file",
  description: "Replaces one exact text in a file of the workspace; it must stand there exactly once.",
  effect: "write",
  permissions: ["fs:write"],
  input,
  critical: ["path"],
  roles: { path: "path" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
