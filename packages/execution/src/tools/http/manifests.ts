import { ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { readInput, sendInput } from "./arguments.ts";

const shared = {
  version: 1,
  permissions: ["net:connect"],
  critical: ["method", "url", "headers", "secret"],
  roles: { method: "command", url: "url", headers: "content", secret: "account" },
  result: "untrusted",
} as const;

/** Asking: what changes nothing there. */
export const readManifest = Object.freeze<ToolManifest>({
  ...shared,
  name: ToolName.parse("http.get"),
  title: "Ask a web service",
  description: "Sends GET or HEAD to a web service and shows its answer. Secrets are named, never written.",
  effect: "fetch",
  input: readInput,
  undo: "none",
  repeatable: true,
});

/** Telling: what may change something there, and is told to whoever reads there. */
export const sendManifest = Object.freeze<ToolManifest>({
  ...shared,
  name: ToolName.parse("http.request"),
  title: "Send to a web service",
  description: "Sends POST, PUT, PATCH or DELETE to a web service. Secrets are named, never written.",
  effect: "send",
  input: sendInput,
  undo: "irreversible",
  repeatable: false,
});
