import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ path: z.string().min(1).max(1024), patch: z.string().min(1).max(262_144) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.patch"),
  version: 1,
  title: "Patch a file",
  description: "Applies a unified diff to one text file of the workspace; what it removes must stand there exactly.",
  effect: "write",
  permissions: ["fs:write"],
  input,
  critical: ["path"],
  roles: { path: "path" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
