import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";

export const input = z.strictObject({
  query: z.string().max(400).regex(/\S/, "there is nothing to look for"),
  count: z.int().min(1).max(20).exactOptional(),
});

export const manifest = Object.freeze<ToolManifest>({
  name: ToolName.parse("web.search"),
  version: 1,
  title: "Search the web",
  description: "Searches the web with the owner's search service: titles, addresses and snippets.",
  effect: "fetch",
  permissions: ["net:connect"],
  input,
  critical: ["query"],
  roles: { query: "content" },
  result: "untrusted",
  undo: "none",
  repeatable: true,
});
