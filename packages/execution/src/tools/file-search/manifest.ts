import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({
  text: z.string().min(1).max(200),
  folder: z.string().min(1).max(1024).exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.search"),
  version: 1,
  title: "Search files",
  description: "Finds a text in the files of the workspace, or of one folder in it; case does not matter.",
  effect: "read",
  permissions: ["fs:read"],
  input,
  critical: [],
  result: "untrusted",
  undo: "none",
  repeatable: true,
});
