import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ from: z.string().min(1).max(1024), to: z.string().min(1).max(1024) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.move"),
  version: 2,
  title: "Move a file or folder",
  description:
    "Gives a file of the workspace, or a folder with all that is in it (500 files at most), another name or place; replaces nothing.",
  effect: "write",
  permissions: ["fs:write"],
  input,
  critical: ["from", "to"],
  roles: { from: "path", to: "path" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
