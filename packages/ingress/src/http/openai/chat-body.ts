import { z } from "zod";
import { JsonObject } from "@moltbot/contracts";

const MOST_MESSAGES = 2_000;
const MOST_TOOLS = 128;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

const Part = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() });
/** Text, or parts of which only text is taken. */
export const Content = z.union([z.string(), z.array(Part)]);

const Call = z.looseObject({
  id: z.string().min(1).max(200),
  type: z.literal("function").default("function"),
  function: z.looseObject({ name: z.string().min(1).max(200), arguments: z.string() }),
});

/** One message as the protocol writes it. */
export const Message = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer"]), content: Content }),
  z.looseObject({ role: z.literal("user"), content: Content }),
  z.looseObject({
    role: z.literal("assistant"),
    content: Content.nullish(),
    tool_calls: z.array(Call).nullish(),
    refusal: z.string().nullish(),
  }),
  z.looseObject({ role: z.literal("tool"), content: Content, tool_call_id: z.string().min(1).max(200) }),
]);
export type Message = z.infer<typeof Message>;

/** One tool of the client; its name is checked here, because it comes back in calls. */
export const Tool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({
      name: z.string().regex(TOOL_NAME, "a tool's name has 1 to 64 letters, digits, _ and -"),
      description: z.string().nullish(),
      parameters: JsonObject.nullish(),
    })
    .optional(),
});

const Choice = z.union([
  z.enum(["auto", "none", "required"]),
  z.looseObject({ type: z.string(), function: z.looseObject({ name: z.string() }).optional() }),
]);

/** What decides is strict; every other field of the protocol may be there, and those that would change the answer are refused by name. */
export const Body = z.looseObject({
  model: z.string().min(1).max(200),
  messages: z.array(Message).min(1).max(MOST_MESSAGES),
  tools: z.array(Tool).max(MOST_TOOLS).nullish(),
  tool_choice: Choice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  user: z.string().max(512).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
});
export type Body = z.infer<typeof Body>;

/** Whether a client left it out: many send null for what they do not mean. */
export const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const isTextAlone = (value: unknown): boolean => Array.isArray(value) && value.every((one) => one === "text");
const isTextFormat = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "type" in value && value.type === "text";

/** Fields that ask for another answer than this surface gives: to leave one out silently would be to answer something else. */
const REFUSED: readonly {
  readonly field: string;
  readonly harmless: (value: unknown) => boolean;
  readonly says: string;
}[] = [
  { field: "n", harmless: (value) => value === 1, says: "one answer at a time is given" },
  { field: "logprobs", harmless: (value) => value === false, says: "probabilities of tokens are not given" },
  { field: "top_logprobs", harmless: (value) => value === 0, says: "probabilities of tokens are not given" },
  { field: "audio", harmless: () => false, says: "this surface speaks text only" },
  { field: "modalities", harmless: isTextAlone, says: "this surface speaks text only" },
  {
    field: "response_format",
    harmless: isTextFormat,
    says: "only the format `text` is given; a tool's schema can hold a form",
  },
  { field: "web_search_options", harmless: () => false, says: "what an agent may search is its owner's to decide" },
  { field: "functions", harmless: (value) => Array.isArray(value) && value.length === 0, says: "use `tools`" },
  { field: "function_call", harmless: () => false, says: "use `tool_choice`" },
];

/** The first field of a body that asks for what is not given, and why it is refused; undefined when there is none. */
export const refusedIn = (body: Body): { readonly field: string; readonly says: string } | undefined =>
  REFUSED.find(({ field, harmless }) => !isAbsent(body[field]) && !harmless(body[field]));
