import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({
  skill: z.string().min(1).max(64),
  /** A folder of the skill; everything when left out. */
  folder: z.string().min(1).max(200).exactOptional(),
  /** Whether files that stand there and differ are replaced; otherwise the call fails. */
  replace: z.boolean().exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("skill.unpack"),
  version: 1,
  title: "Unpack a skill",
  description:
    "Puts the files of a skill, or of one folder of it, into skills/NAME of the workspace. Its scripts run by exec.run alone.",
  effect: "write",
  permissions: ["skill:read", "fs:write"],
  input,
  critical: ["skill"],
  roles: { skill: "identifier" },
  result: "context",
  undo: "undoable",
  repeatable: false,
});
