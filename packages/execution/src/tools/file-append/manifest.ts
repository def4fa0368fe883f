import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ path: z.string().min(1).max(1024), text: z.string().min(1).max(65_536) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.append"),
  version: 2,
  title: "Add to a file",
  description: "Adds a line of text to a file of the workspace; makes the file if there is none.",
  effect: "write",
  permissions: ["fs:write"],
  input,
  critical: ["path"],
  roles: { path: "path" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
