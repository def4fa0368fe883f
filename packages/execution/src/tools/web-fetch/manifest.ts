import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({ url: z.string().min(1).max(4096) });

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("web.fetch"),
  version: 1,
  title: "Open a web page",
  description: "Reads the text of a public web page.",
  effect: "fetch",
  permissions: ["net:connect"],
  input,
  critical: ["url"],
  roles: { url: "url" },
  result: "untrusted",
  undo: "none",
  repeatable: true,
});
