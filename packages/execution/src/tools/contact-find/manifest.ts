import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ query: z.string().min(1).max(200) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("contact.find"),
  version: 1,
  title: "Look up a contact",
  description: "Finds confirmed addresses by a name or a part of one.",
  effect: "read",
  permissions: ["contact:read"],
  input,
  critical: [],
  result: "stored",
  undo: "none",
  repeatable: true,
});
