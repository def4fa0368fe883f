import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ path: z.string().min(1).max(1024) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.read"),
  version: 2,
  title: "Read a file",
  description: "Reads a text file of the workspace.",
  effect: "read",
  permissions: ["fs:read"],
  input,
  critical: [],
  roles: { path: "path" },
  result: "stored",
  undo: "none",
  repeatable: true,
});
