import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ path: z.string().min(1).max(1024), text: z.string().max(262_144) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.write"),
  version: 1,
  title: "Write a file",
  description: "Writes a text file of the workspace, with the folders above it; replaces what stands there.",
  effect: "write",
  permissions: ["fs:write"],
  input,
  critical: ["path"],
  roles: { path: "path" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
