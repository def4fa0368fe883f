import type { ModelMessage } from "@moltbot/contracts";
import { harmless } from "./harmless-text.ts";

/** What the demonstration model sees: the person's last line of their own and, after a tool ran, its call and what came of it. */
export interface DemoView {
  readonly line: string;
  readonly call: { readonly tool: string; readonly arguments: string } | null;
  readonly result: string | null;
}

type ToolMessage = Extract<ModelMessage, { role: "tool" }>;

const ANSWERS_OK: readonly string[] = ["reminder.create", "memory.save", "file.append"];
const firstLine = (text: string): string =>
  text
    .split("\n")
    .find((line) => line.trim() !== "")
    ?.trim() ?? "";

/** It was trained on a few words at a time and loses its way in more. */
const fewWords = (text: string): string =>
  text
    .replace(/^[-*#>\s]+/, "")
    .split(/\s+/)
    .slice(0, 6)
    .join(" ")
    .slice(0, 48);

/** The result of a tool that ran, in the words the model was trained on: `ok`, `nothing`, a time, a number or a few words. */
export const resultWords = ({ tool, text }: Pick<ToolMessage, "tool" | "text">): string => {
  if (ANSWERS_OK.includes(tool)) return "ok";
  if (tool === "clock.now") return /(?<![\d:])(?:[01]\d|2[0-3]):[0-5]\d/.exec(text)?.[0] ?? firstLine(text);
  const line = fewWords(firstLine(text));
  return line === "" || /^(nothing|no |none)/i.test(line) ? "nothing" : line;
};

/**
 * What is said when a tool did not do what was asked. The model learnt too few of these results and would report success,
 * so it is not asked. Null when the tool ran, and before any tool was asked for.
 */
export const sayInstead = (messages: readonly ModelMessage[]): string | null => {
  const last = messages.at(-1);
  if (last?.role !== "tool") return null;
  switch (last.status) {
    case "ok":
      return null;
    case "refused":
      return "That was not allowed.";
    case "failed":
      return "That did not work.";
    case "unknown":
      return "I cannot tell whether that was done. Please check.";
  }
};

/** The lines that stand around and in somebody else's words. */
const QUOTED = /^[┌│└]/;

/** The view of a request's messages. */
export const viewOf = (messages: readonly ModelMessage[]): DemoView => {
  const user = messages.findLast((message) => message.role === "user");
  const line = user?.text.split("\n").findLast((text) => text.trim() !== "" && !QUOTED.test(text)) ?? "";
  const last = messages.at(-1);
  if (last?.role !== "tool") return { line, call: null, result: null };
  const call = messages
    .flatMap((message) => (message.role === "assistant" ? message.calls : []))
    .findLast(({ id }) => id === last.callId);
  return { line, call: call ?? { tool: last.tool, arguments: "{}" }, result: resultWords(last) };
};

/** The prompt of a view, in the form the model was trained on. Every text in it is made harmless first, the model's own call too: it quotes people. */
export const promptOf = ({ line, call, result }: DemoView, clean: (text: string) => string = harmless): string => {
  // Lower-cased before it is cleaned: afterwards, `<|BOT|>` would become a control token.
  // It learnt lower-case lines; `spellAs` gives the person's own spelling back to what it takes from them.
  const asked = `<|user|>${clean(line.toLowerCase())}<|bot|>`;
  if (call === null || result === null) return asked;
  const written = clean(`{"tool":${JSON.stringify(call.tool)},"args":${call.arguments}}`);
  return `${asked}${written}</s><|tool|>${clean(result.toLowerCase())}<|bot|>`;
};

const shorten = (text: string, share: number): string =>
  text.slice(0, Math.max(1, Math.floor(text.length * share))).toWellFormed();

/** The same view with its longest text cut to about `share` of it, the end first. */
export const shortenView = (view: DemoView, share: number): DemoView => {
  const { line, call, result } = view;
  const lengths = [line.length, result?.length ?? 0, call?.arguments.length ?? 0] as const;
  const longest = Math.max(...lengths);
  if (longest === lengths[0]) return { ...view, line: shorten(line, share) };
  if (result !== null && longest === lengths[1]) return { ...view, result: shorten(result, share) };
  return { ...view, call: call === null ? null : { tool: call.tool, arguments: shorten(call.arguments, share) } };
};
