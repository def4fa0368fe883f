import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ path: z.string().min(1).max(1024) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.delete"),
  version: 2,
  title: "Delete a file or folder",
  description:
    "Deletes a file of the workspace, or a folder with all that is in it (500 files at most); it can be undone for a while.",
  effect: "write",
  permissions: ["fs:write"],
  input,
  critical: ["path"],
  roles: { path: "path" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
