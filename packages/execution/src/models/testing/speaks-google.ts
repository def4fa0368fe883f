import { z } from "zod";
import { VENDORS_WORDS } from "./vendor-server.ts";
import type { Dialect, SeenRequest, Trouble, WholeAnswer } from "./vendor-server.ts";

const Part = z.union([
  z.strictObject({ text: z.string(), thoughtSignature: z.string().optional() }),
  z.strictObject({
    functionCall: z.strictObject({
      id: z.string().optional(),
      name: z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/),
      args: z.record(z.string(), z.unknown()),
    }),
    thoughtSignature: z.string().optional(),
  }),
  z.strictObject({
    functionResponse: z.strictObject({
      id: z.string().optional(),
      name: z.string(),
      response: z.record(z.string(), z.unknown()),
    }),
  }),
]);
const Content = z.strictObject({ role: z.enum(["user", "model"]), parts: z.array(Part).min(1) });
type Content = z.infer<typeof Content>;

const Request = z.strictObject({
  contents: z.array(Content).min(1),
  systemInstruction: z.strictObject({ parts: z.array(z.strictObject({ text: z.string() })).min(1) }).optional(),
  generationConfig: z.strictObject({ maxOutputTokens: z.int().min(1) }),
  tools: z
    .array(
      z.strictObject({
        functionDeclarations: z
          .array(
            z.strictObject({
              name: z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/),
              description: z.string(),
              parametersJsonSchema: z.looseObject({ type: z.literal("object") }).optional(),
            }),
          )
          .min(1),
      }),
    )
    .optional(),
  toolConfig: z
    .strictObject({
      functionCallingConfig: z.discriminatedUnion("mode", [
        z.strictObject({ mode: z.literal("AUTO") }),
        z.strictObject({ mode: z.literal("ANY"), allowedFunctionNames: z.array(z.string()).min(1).optional() }),
      ]),
    })
    .optional(),
});

/** A turn of calls comes after a person or a response, and exactly its responses come after it. */
const orderProblem = (contents: readonly Content[]): string | null => {
  let wanted: readonly string[] = [];
  if (contents[0]?.role !== "user") return "a person begins";
  for (const { role, parts } of contents) {
    const responses = parts.flatMap((part) => ("functionResponse" in part ? [part.functionResponse.name] : []));
    if (responses.join() !== wanted.join()) return "responses do not fit calls";
    wanted = parts.flatMap((part) => ("functionCall" in part ? [part.functionCall.name] : []));
    if (wanted.length > 0 && role !== "model") return "a person calls no function";
  }
  return wanted.length > 0 ? "calls are not answered" : null;
};

const problemOf = (key: string, { method, path, headers, body }: SeenRequest): string | null => {
  if (method !== "POST" || !/^\/v1beta\/models\/[\w.-]+:streamGenerateContent\?alt=sse$/.test(path))
    return `no route ${method} ${path}`;
  if (!(headers["content-type"] ?? "").startsWith("application/json")) return "the body is not said to be JSON";
  if (headers["x-goog-api-key"] !== key) return "x-goog-api-key is wrong";
  if (headers["authorization"] !== undefined) return "two credentials";
  const request = Request.safeParse(body);
  if (!request.success) return z.prettifyError(request.error);
  return orderProblem(request.data.contents);
};

const chunk = (data: object): string =>
  `data: ${JSON.stringify({ modelVersion: "gemini", responseId: "r1", ...data })}\r\n\r\n`;
const says = (parts: readonly object[], more: object = {}): string =>
  chunk({ candidates: [{ content: { parts, role: "model" }, index: 0, ...more }] });
const FINISH = { stop: "STOP", calls: "STOP", length: "MAX_TOKENS", filtered: "SAFETY" } as const;

/** Gemini sends each call whole. */
const eventsOf = ({ text = [], calls = [], finish, usage }: WholeAnswer): readonly string[] => [
  ...text.map((piece) => says([{ text: piece }])),
  ...calls.map(({ id, name, pieces }) =>
    says([{ functionCall: { id, name, args: JSON.parse(pieces.join("") || "{}") as unknown } }]),
  ),
  chunk({
    candidates: [{ content: { parts: [{ text: "" }], role: "model" }, finishReason: FINISH[finish], index: 0 }],
    usageMetadata: {
      promptTokenCount: usage[0],
      candidatesTokenCount: usage[1],
      totalTokenCount: usage[0] + usage[1],
    },
  }),
];

const complains = (code: number, status: string, words = "", details?: readonly object[]) => ({
  status: code,
  body: {
    error: { code, message: `${VENDORS_WORDS} ${words}`, status, ...(details === undefined ? {} : { details }) },
  },
});
const perDay = {
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ quotaMetric: "m", quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier", quotaValue: "25" }],
};
/** Google's errors, as google.rpc.Status has them. */
const COMPLAINTS: Readonly<Record<Trouble, { readonly status: number; readonly body: unknown }>> = {
  "bad-key": complains(400, "INVALID_ARGUMENT", "API key not valid.", [
    { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID", domain: "googleapis.com" },
  ]),
  "no-credit": complains(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", [perDay]),
  forbidden: complains(403, "PERMISSION_DENIED"),
  "no-such-model": complains(404, "NOT_FOUND"),
  "too-long": complains(
    400,
    "INVALID_ARGUMENT",
    "The input token count (1200000) exceeds the maximum number of tokens",
  ),
  "too-large": complains(413, "INVALID_ARGUMENT"),
  filtered: complains(400, "INVALID_ARGUMENT", "Request blocked by content filtering policy"),
  rate: complains(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota"),
  broken: complains(500, "INTERNAL"),
  busy: complains(503, "UNAVAILABLE", "The model is overloaded."),
  overloaded: complains(529, "UNAVAILABLE"),
};

/** Google's Gemini API. */
export const speaksGoogle = (key: string): Dialect => ({
  problem: (request) => problemOf(key, request),
  events: eventsOf,
  trouble: (trouble) => COMPLAINTS[trouble],
  streamError: () => chunk({ error: { code: 503, message: VENDORS_WORDS, status: "UNAVAILABLE" } }),
});
/** What Gemini answers when it will not read a prompt at all. */
export const promptBlocked = (): string => chunk({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" } });
