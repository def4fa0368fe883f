import { PLAN_TOOL } from "@moltbot/contracts";
import type { ModelCall, ModelTool } from "@moltbot/contracts";

const OPENING = "```plan";
const CLOSING = "```";

/** Where a line begins with a fence, from a place on; -1 when none does. */
const fenceAt = (text: string, fence: string, from: number): number => {
  if (from === 0 && text.startsWith(fence)) return 0;
  const at = text.indexOf(`\n${fence}`, Math.max(0, from - 1));
  return at < 0 ? -1 : at + 1;
};

/** The plan that a model which cannot call tools wrote into its text, as the call it stands for, and the text around it. */
export const compilePlan = (text: string): { readonly text: string; readonly calls: readonly ModelCall[] } => {
  const opened = fenceAt(text, OPENING, 0);
  const begin = opened < 0 ? -1 : text.indexOf("\n", opened);
  const end = begin < 0 ? -1 : fenceAt(text, CLOSING, begin + 1);
  if (end < 0) return { text, calls: [] };
  const around = [text.slice(0, opened), text.slice(end + CLOSING.length)];
  return {
    text: around
      .map((piece) => piece.trim())
      .filter((piece) => piece !== "")
      .join("\n\n"),
    calls: [{ id: "plan", tool: PLAN_TOOL, arguments: text.slice(begin + 1, end) }],
  };
};

const toolLine = ({ name, description, input }: ModelTool): string =>
  `- ${name}: ${description} Arguments (JSON Schema): ${JSON.stringify(input)}`;

/** What is said to a model that cannot call tools: which there are, and how to write a plan of them. */
export const compiledPrompt = (tools: readonly ModelTool[]): string =>
  [
    "You act by plans. To use tools, end your answer with one block of this form, and the calls are made in order:",
    '```plan\n{"steps":[{"tool":"name","arguments":{}}]}\n```',
    'In place of a value not known yet put {"$from":[step number or h… handle],"ask":"what to find there","as":"text"} (or texts, number, date, boolean, a list of choices); without ask: the whole text. "after":[step numbers] names steps that must succeed first.',
    "Tools:",
    ...tools.map(toolLine),
  ].join("\n");
