import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ path: z.string().min(1).max(1024) });

export const manifest: ToolManifest = Object.freeze({
  name: ToolName.parse("file.read"),
  version: 1,
  title: "Read a file",
  description: "Reads a text file of the workspace.",
  effect: "read",
  permissions: ["fs:read"],
  input,
  critical: [],
  result: "untrusted",
  undo: "none",
  repeatable: true,
});
