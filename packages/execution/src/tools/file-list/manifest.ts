import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({
  folder: z.string().min(1).max(1024).exactOptional(),
  /** The last path of an earlier list: what comes after it follows. */
  after: z.string().min(1).max(1024).exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("file.list"),
  version: 2,
  title: "List files",
  description:
    "Lists the files of the workspace, or of one folder in it, 500 at a time; `after` goes on behind a path.",
  effect: "read",
  permissions: ["fs:read"],
  input,
  critical: [],
  result: "untrusted",
  undo: "none",
  repeatable: true,
});
