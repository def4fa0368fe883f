import { z } from "zod";
import { VENDORS_WORDS } from "./vendor-server.ts";
import type { Dialect, SeenRequest, Trouble, WholeAnswer } from "./vendor-server.ts";

const ToolCall = z.strictObject({
  id: z.string().min(1).max(64),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/), arguments: z.string() }),
});
const Message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.enum(["system", "developer"]), content: z.string() }),
  z.strictObject({
    role: z.literal("user"),
    content: z.union([z.string(), z.array(z.strictObject({ type: z.literal("text"), text: z.string() }))]),
  }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.string().nullish(),
    tool_calls: z.array(ToolCall).min(1).optional(),
  }),
  z.strictObject({ role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
]);
type Message = z.infer<typeof Message>;

const Request = z.strictObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  stream: z.literal(true),
  stream_options: z.strictObject({ include_usage: z.literal(true) }),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  reasoning_effort: z.enum(["none", "minimal", "low", "medium", "high"]).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal("function"),
        function: z.strictObject({
          name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          description: z.string().optional(),
          parameters: z.looseObject({ type: z.literal("object") }),
          strict: z.boolean().optional(),
        }),
      }),
    )
    .min(1)
    .optional(),
  tool_choice: z
    .union([
      z.enum(["auto", "required"]),
      z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: z.string() }) }),
    ])
    .optional(),
});

/** Every call is answered by exactly one tool message before anybody else speaks; no tool message stands without its call. */
const orderProblem = (messages: readonly Message[]): string | null => {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id)) return `message ${String(index)}: no such call is open`;
      continue;
    }
    if (open.size > 0) return `message ${String(index)}: calls are not answered`;
    if ((message.role === "system" || message.role === "developer") && index !== 0) return "the system stands first";
    if (message.role === "assistant") {
      if (message.tool_calls === undefined && (message.content ?? "") === "") return "an assistant that says nothing";
      open = new Set(message.tool_calls?.map(({ id }) => id));
    }
  }
  return open.size > 0 ? "calls are not answered" : null;
};

const problemOf = (
  key: string | null,
  keepAlive: string,
  { method, path, headers, body }: SeenRequest,
): string | null => {
  if (method !== "POST" || path !== "/v1/chat/completions") return `no route ${method} ${path}`;
  if (!(headers["content-type"] ?? "").startsWith("application/json")) return "the body is not said to be JSON";
  if (headers["authorization"] !== (key === null ? undefined : `Bearer ${key}`)) return "the authorization is wrong";
  if (headers["x-api-key"] !== undefined || headers["x-goog-api-key"] !== undefined) return "a key of somebody else's";
  const request = Request.safeParse(body);
  if (!request.success) return z.prettifyError(request.error);
  const { max_tokens: most, max_completion_tokens: mostNew, model, tools, tool_choice: choice } = request.data;
  if (most !== undefined && mostNew !== undefined) return "two limits";
  // OpenAI's reasoning models take the new name alone; others know only the old one.
  if (keepAlive === "" && model.startsWith("gpt-5") !== (mostNew !== undefined)) return "the limit has the wrong name";
  if (choice !== undefined && tools === undefined) return "a choice among no tools";
  if (typeof choice === "object" && tools?.every(({ function: { name } }) => name !== choice.function.name) === true)
    return "a tool is demanded that was not offered";
  return orderProblem(request.data.messages);
};

const FINISH = { stop: "stop", calls: "tool_calls", length: "length", filtered: "content_filter" } as const;
const chunk = (choices: readonly unknown[], more: object = {}): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", choices, ...more })}\n\n`;
const delta = (piece: unknown, finish: string | null = null): string =>
  chunk([{ index: 0, delta: piece, finish_reason: finish }]);

const callChunks = (calls: NonNullable<WholeAnswer["calls"]>): readonly string[] => {
  const heads = calls.map(({ id, name }, index) =>
    delta({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
  );
  // Pieces of parallel calls come interleaved.
  const longest = Math.max(0, ...calls.map(({ pieces }) => pieces.length));
  const pieces = Array.from({ length: longest }, (_, at) =>
    calls.flatMap((call, index) => {
      const piece = call.pieces[at];
      return piece === undefined ? [] : [delta({ tool_calls: [{ index, function: { arguments: piece } }] })];
    }),
  );
  return [...heads, ...pieces.flat()];
};

const eventsOf = (keepAlive: string, { text = [], calls = [], finish, usage }: WholeAnswer): readonly string[] => [
  `${keepAlive}${delta({ role: "assistant", content: "" })}`,
  ...text.map((content) => delta({ content })),
  ...callChunks(calls),
  delta({}, FINISH[finish]),
  chunk([], { usage: { prompt_tokens: usage[0], completion_tokens: usage[1], total_tokens: usage[0] + usage[1] } }),
  "data: [DONE]\n\n",
];

type Complaints = Readonly<Record<Trouble, { readonly status: number; readonly body: unknown }>>;
const openAiSays = (status: number, type: string, code: string | null, words: string = VENDORS_WORDS) => ({
  status,
  body: { error: { message: words, type, param: null, code } },
});

/** OpenAI's errors, as its reference lists them. */
const OPENAI: Complaints = {
  "bad-key": openAiSays(401, "invalid_request_error", "invalid_api_key"),
  "no-credit": openAiSays(429, "insufficient_quota", "insufficient_quota"),
  forbidden: openAiSays(403, "request_forbidden", "unsupported_country_region_territory"),
  "no-such-model": openAiSays(404, "invalid_request_error", "model_not_found"),
  "too-long": openAiSays(400, "invalid_request_error", "context_length_exceeded"),
  "too-large": openAiSays(413, "invalid_request_error", null),
  filtered: openAiSays(400, "invalid_request_error", "content_policy_violation"),
  rate: openAiSays(429, "requests", "rate_limit_exceeded"),
  broken: openAiSays(500, "server_error", null),
  busy: openAiSays(503, "server_error", null),
  overloaded: openAiSays(529, "server_error", null),
};

const routerSays = (status: number, words: string, metadata?: object) => ({
  status,
  body: {
    error: { code: status, message: `${VENDORS_WORDS} ${words}`, ...(metadata === undefined ? {} : { metadata }) },
  },
});
/** OpenRouter's errors: the status again as a number, and where it matters what it knows of the vendor behind. */
const OPENROUTER: Complaints = {
  "bad-key": routerSays(401, "No auth credentials found"),
  "no-credit": routerSays(402, "Insufficient credits"),
  forbidden: routerSays(403, "insufficient permissions"),
  "no-such-model": routerSays(404, "No endpoints found"),
  "too-long": routerSays(400, "This endpoint's maximum context length is 8192 tokens. However, you requested 9000."),
  "too-large": routerSays(413, "Payload too large"),
  filtered: routerSays(403, "", { reasons: ["violence"], flagged_input: "x", provider_name: "p", model_slug: "m" }),
  rate: routerSays(429, "Rate limited"),
  broken: routerSays(502, "Provider returned error"),
  busy: routerSays(503, "No available model provider"),
  overloaded: routerSays(529, "Provider overloaded"),
};

const ollamaSays = (status: number, type: string, words: string) =>
  openAiSays(status, type, null, `${VENDORS_WORDS} ${words}`);
/** Ollama's errors; it knows neither keys nor credit, and what stands before it may. */
const OLLAMA: Complaints = {
  "bad-key": { status: 401, body: { error: `${VENDORS_WORDS} unauthorized` } },
  "no-credit": { status: 402, body: { error: `${VENDORS_WORDS} this model needs a subscription` } },
  forbidden: { status: 403, body: { error: VENDORS_WORDS } },
  "no-such-model": ollamaSays(404, "not_found_error", "model not found, try pulling it first"),
  "too-long": ollamaSays(400, "invalid_request_error", "the input exceeds the available context size"),
  "too-large": ollamaSays(413, "api_error", "body too large"),
  filtered: ollamaSays(400, "content_filter", ""),
  rate: ollamaSays(429, "api_error", ""),
  broken: ollamaSays(500, "api_error", "llama runner process has terminated"),
  busy: ollamaSays(503, "api_error", "server busy, maximum pending requests exceeded"),
  overloaded: ollamaSays(529, "api_error", ""),
};

interface Wish {
  /** The key it wants; null: none may be sent. */
  readonly key: string | null;
  readonly complaints: Complaints;
  /** A comment before the first event. */
  readonly keepAlive: string;
  readonly streamError: string;
}

const speaks = ({ key, complaints, keepAlive, streamError }: Wish): Dialect => ({
  problem: (request) => problemOf(key, keepAlive, request),
  events: (answer) => eventsOf(keepAlive, answer),
  trouble: (trouble) => complaints[trouble],
  streamError: () => streamError,
});
const bareError = `data: ${JSON.stringify({ error: { message: VENDORS_WORDS, type: "server_error", param: null, code: null } })}\n\n`;

/** OpenAI itself. */
export const speaksOpenAi = (key: string): Dialect =>
  speaks({ key, complaints: OPENAI, keepAlive: "", streamError: bareError });
/** OpenRouter: comments while it waits, and errors inside a stream beside an empty choice that ends with "error". */
export const speaksOpenRouter = (key: string): Dialect =>
  speaks({
    key,
    complaints: OPENROUTER,
    keepAlive: ": OPENROUTER PROCESSING\n\n",
    streamError: chunk([{ index: 0, delta: { content: "" }, finish_reason: "error" }], {
      error: { code: 502, message: VENDORS_WORDS },
    }),
  });
/** Ollama, or anybody else's server at home: no key. */
export const speaksOllama = (): Dialect =>
  speaks({ key: null, complaints: OLLAMA, keepAlive: ": \n\n", streamError: bareError });
/** A server that says that an answer broke off by its last reason alone. */
export const brokenOff = (text: string): string => `${delta({ content: text })}${delta({}, "error")}data: [DONE]\n\n`;
