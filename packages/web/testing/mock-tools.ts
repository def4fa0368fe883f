/** The mock gateway's tools: names and words as the gateway has them. */
import { ToolName } from "@moltbot/contracts";
import type { ToolInfo } from "@moltbot/contracts";

const tool = (name: string, title: string, effect: ToolInfo["effect"]): ToolInfo => ({
  name: ToolName.parse(name),
  title,
  effect,
  asks: effect !== "read" && effect !== "write",
});

export const TOOLS: readonly ToolInfo[] = [
  tool("clock.now", "Look at the clock", "read"),
  tool("calc", "Calculate", "read"),
  tool("reminder.create", "Set a reminder", "commit"),
  tool("reminder.list", "List reminders", "read"),
  tool("memory.save", "Remember something", "write"),
  tool("memory.search", "Search memory", "read"),
  tool("file.read", "Read a file", "read"),
  tool("file.write", "Write a file", "write"),
  tool("web.fetch", "Open a web page", "fetch"),
  tool("web.search", "Search the web", "fetch"),
  tool("exec.run", "Run a program", "execute"),
  tool("exec.keep", "Keep what programs changed", "write"),
];
