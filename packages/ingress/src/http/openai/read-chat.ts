import type { z } from "zod";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { parseInput } from "../parse-input.ts";
import { Body, isAbsent, refusedIn } from "./chat-body.ts";
import type { Content, Message, Tool } from "./chat-body.ts";
import type { ChatChoice, ChatMessage, ChatRequest, ChatTool } from "./handlers.ts";

/** A request, and how its answer is to be written. */
export interface ReadChat {
  readonly request: ChatRequest;
  readonly stream: boolean;
  /** Whether a stream closes with the tokens that were used. */
  readonly usage: boolean;
}

const invalid = (path: string, problem: string): Result<never> =>
  err(moltbotError("REQUEST_INVALID", { path, problem: `${path}: ${problem}` }));

/** The text of a content; what is not text is refused by its own name. */
const textOf = (content: z.infer<typeof Content> | null | undefined, path: string): Result<string> => {
  if (content === null || content === undefined) return ok("");
  if (typeof content === "string") return ok(content);
  const texts: string[] = [];
  for (const [at, part] of content.entries()) {
    const text = part.type === "text" ? part.text : part.type === "refusal" ? part.refusal : undefined;
    if (text === undefined)
      return invalid(
        `${path}.${at}`,
        `a part of type ${part.type.slice(0, 40)} is not taken; this surface reads text only`,
      );
    texts.push(text);
  }
  return ok(texts.join("\n"));
};

const readMessage = (message: Message, at: number): Result<ChatMessage> => {
  const path = `messages.${at}`;
  const text = textOf(message.content, `${path}.content`);
  if (!text.ok) return text;
  switch (message.role) {
    case "system":
    case "developer":
      return ok({ role: "system", text: text.value });
    case "user":
      return ok({ role: "user", text: text.value });
    case "tool":
      return ok({ role: "tool", callId: message.tool_call_id, text: text.value });
    case "assistant": {
      const refused = ["audio", "function_call"].find((field) => !isAbsent(message[field]));
      if (refused !== undefined) return invalid(`${path}.${refused}`, "it is not taken");
      const calls = (message.tool_calls ?? []).map((call) => ({
        id: call.id,
        tool: call.function.name,
        arguments: call.function.arguments,
      }));
      return ok({ role: "assistant", text: text.value === "" ? (message.refusal ?? "") : text.value, calls });
    }
  }
};

const readTools = (tools: readonly z.infer<typeof Tool>[]): Result<readonly ChatTool[]> => {
  const read: ChatTool[] = [];
  const names = new Set<string>();
  for (const [at, { type, function: described }] of tools.entries()) {
    if (type !== "function" || described === undefined)
      return invalid(`tools.${at}`, `a tool of type ${type.slice(0, 40)} is not taken; describe a function`);
    const { name, description, parameters } = described;
    if (names.has(name)) return invalid(`tools.${at}.function.name`, "two tools have that name");
    names.add(name);
    read.push({ name, description: description ?? "", input: parameters ?? { type: "object", properties: {} } });
  }
  return ok(read);
};

const readChoice = (choice: Body["tool_choice"], tools: readonly ChatTool[]): Result<ChatChoice> => {
  if (choice === undefined || choice === null) return ok("auto");
  if (typeof choice === "string")
    return choice === "required" && tools.length === 0 ? invalid("tool_choice", "no tools were sent") : ok(choice);
  const name = choice.function?.name;
  if (choice.type !== "function" || name === undefined)
    return invalid("tool_choice", "it is auto, none, required, or names a function");
  return tools.some((tool) => tool.name === name)
    ? ok({ tool: name })
    : invalid("tool_choice", "no tool has that name");
};

/** Each result must belong to a call that the history holds, or a model would be told what nobody asked. */
const strayResult = (messages: readonly ChatMessage[]): number | null => {
  const called = new Set<string>();
  for (const [at, message] of messages.entries()) {
    if (message.role === "assistant") for (const { id } of message.calls) called.add(id);
    if (message.role === "tool" && !called.has(message.callId)) return at;
  }
  return null;
};

/** The body of a chat completion as a request, or REQUEST_INVALID with the place of the fault. */
export const readChat = (body: unknown, idempotencyKey: string | null): Result<ReadChat> => {
  const parsed = parseInput(Body, {}, body);
  if (!parsed.ok) return parsed;
  const fields = parsed.value;
  const refused = refusedIn(fields);
  if (refused !== undefined) return invalid(refused.field, refused.says);
  const messages: ChatMessage[] = [];
  for (const [at, message] of fields.messages.entries()) {
    const read = readMessage(message, at);
    if (!read.ok) return read;
    messages.push(read.value);
  }
  const tools = readTools(fields.tools ?? []);
  if (!tools.ok) return tools;
  const choice = readChoice(fields.tool_choice, tools.value);
  if (!choice.ok) return choice;
  const stray = tools.value.length === 0 ? null : strayResult(messages);
  if (stray !== null) return invalid(`messages.${stray}.tool_call_id`, "no call before it has that id");
  return ok({
    request: {
      model: fields.model,
      messages,
      tools: tools.value,
      choice: choice.value,
      oneCall: fields.parallel_tool_calls === false,
      user: fields.user ?? null,
      maxOutputTokens: fields.max_completion_tokens ?? fields.max_tokens ?? null,
      idempotencyKey,
    },
    stream: fields.stream === true,
    usage: fields.stream_options?.include_usage === true,
  });
};
