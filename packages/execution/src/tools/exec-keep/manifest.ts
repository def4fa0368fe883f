import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

const MOST_NAMED = 200;

export const input = z.strictObject({
  /** Files, or folders with everything below them; all that differs when left out. */
  paths: z.array(z.string().min(1).max(1024)).min(1).max(MOST_NAMED).exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("exec.keep"),
  version: 1,
  title: "Keep what programs changed",
  description:
    "Brings what programs changed in their copy into the workspace: all that differs, or the files and folders in `paths`. It can be undone.",
  effect: "write",
  permissions: ["fs:write", "exec:keep"],
  input,
  critical: ["paths"],
  roles: { paths: "path" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
