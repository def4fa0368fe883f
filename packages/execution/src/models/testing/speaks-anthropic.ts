import { z } from "zod";
import { VENDORS_WORDS } from "./vendor-server.ts";
import type { Dialect, SeenRequest, Trouble, WholeAnswer } from "./vendor-server.ts";

const Text = z.strictObject({ type: z.literal("text"), text: z.string().regex(/\S/) });
const ToolUse = z.strictObject({
  type: z.literal("tool_use"),
  id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  input: z.record(z.string(), z.unknown()),
});
const ToolResult = z.strictObject({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(Text)]),
  is_error: z.boolean().optional(),
});
const Message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("user"), content: z.array(z.union([Text, ToolResult])).min(1) }),
  z.strictObject({ role: z.literal("assistant"), content: z.array(z.union([Text, ToolUse])).min(1) }),
]);
type Message = z.infer<typeof Message>;

const Request = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  system: z.union([z.string(), z.array(Text)]).optional(),
  messages: z.array(Message).min(1),
  stream: z.literal(true),
  tools: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
        description: z.string().optional(),
        input_schema: z.looseObject({ type: z.literal("object") }),
        eager_input_streaming: z.boolean().optional(),
      }),
    )
    .optional(),
  tool_choice: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.enum(["auto", "any"]), disable_parallel_tool_use: z.boolean().optional() }),
      z.strictObject({
        type: z.literal("tool"),
        name: z.string(),
        disable_parallel_tool_use: z.boolean().optional(),
      }),
    ])
    .optional(),
});

/** People and the model take turns, a person begins, and the results of all calls open the message after them. */
const orderProblem = (messages: readonly Message[]): string | null => {
  let wanted: readonly string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== (index % 2 === 0 ? "user" : "assistant"))
      return `message ${String(index)}: the roles do not alternate`;
    const results = content.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : []));
    if (results.toSorted().join() !== wanted.toSorted().join())
      return `message ${String(index)}: results do not fit calls`;
    if (content.slice(0, results.length).some(({ type }) => type !== "tool_result")) return "results stand first";
    wanted = content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
  }
  return wanted.length > 0 ? "calls are not answered" : null;
};

/** What the library asks for by itself beside tools: arguments that keep to their schema. */
const BETAS = new Set(["", "structured-outputs-2025-11-13"]);

const problemOf = (key: string, { method, path, headers, body }: SeenRequest): string | null => {
  if (method !== "POST" || path !== "/v1/messages") return `no route ${method} ${path}`;
  if (!(headers["content-type"] ?? "").startsWith("application/json")) return "the body is not said to be JSON";
  if (headers["anthropic-version"] !== "2023-06-01") return "anthropic-version is missing or unknown";
  if (headers["x-api-key"] !== key) return "x-api-key is wrong";
  if (headers["authorization"] !== undefined) return "two credentials";
  const betas = String(headers["anthropic-beta"] ?? "").split(",");
  if (betas.some((beta) => !BETAS.has(beta))) return "a beta that does not exist";
  const request = Request.safeParse(body);
  return request.success ? orderProblem(request.data.messages) : z.prettifyError(request.error);
};

const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const block = (index: number, start: object, deltas: readonly object[]): readonly string[] => [
  event("content_block_start", { index, content_block: start }),
  ...deltas.map((delta) => event("content_block_delta", { index, delta })),
  event("content_block_stop", { index }),
];
const FINISH = { stop: "end_turn", calls: "tool_use", length: "max_tokens", filtered: "refusal" } as const;

const eventsOf = ({ text = [], calls = [], finish, usage }: WholeAnswer): readonly string[] => {
  const words = text.map((piece) => ({ type: "text_delta", text: piece }));
  const first = text.length > 0 ? 1 : 0;
  return [
    event("message_start", {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        content: [],
        model: "claude",
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: usage[0], output_tokens: 1 },
      },
    }) + event("ping", {}),
    ...(first === 0 ? [] : block(0, { type: "text", text: "" }, words)),
    ...calls.flatMap(({ id, name, pieces }, index) =>
      block(
        first + index,
        { type: "tool_use", id, name, input: {} },
        pieces.map((piece) => ({ type: "input_json_delta", partial_json: piece })),
      ),
    ),
    event("message_delta", {
      delta: { stop_reason: FINISH[finish], stop_sequence: null },
      usage: { output_tokens: usage[1] },
    }),
    event("message_stop", {}),
  ];
};

const says = (status: number, type: string, words = "") => ({
  status,
  body: { type: "error", error: { type, message: `${VENDORS_WORDS} ${words}` }, request_id: "req_1" },
});
/** Anthropic's errors, as its reference lists them. */
const COMPLAINTS: Readonly<Record<Trouble, { readonly status: number; readonly body: unknown }>> = {
  "bad-key": says(401, "authentication_error"),
  "no-credit": says(402, "billing_error"),
  forbidden: says(403, "permission_error"),
  "no-such-model": says(404, "not_found_error"),
  "too-long": says(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
  "too-large": says(413, "request_too_large"),
  filtered: says(400, "invalid_request_error", "Output blocked by content filtering policy"),
  rate: says(429, "rate_limit_error"),
  broken: says(500, "api_error"),
  busy: says(503, "api_error"),
  overloaded: says(529, "overloaded_error"),
};

/** Anthropic's Messages API. */
export const speaksAnthropic = (key: string): Dialect => ({
  problem: (request) => problemOf(key, request),
  events: eventsOf,
  trouble: (trouble) => COMPLAINTS[trouble],
  streamError: () => event("error", { error: { type: "overloaded_error", message: VENDORS_WORDS } }),
});
