type Json = Readonly<Record<string, unknown>>;

/** What says who asks, in the document's words. */
export const WAYS_IN = [{ bearer: [] }, { session: [] }, { device: [] }];

/** Every refusal and every failure of an operation. */
export const PROBLEMS: Json = {
  "4XX": { $ref: "#/components/responses/Problem" },
  "5XX": { $ref: "#/components/responses/Problem" },
};

const json = (schema: Json): Json => ({ content: { "application/json": { schema } } });
const fixed = (name: string, ...values: readonly (string | boolean)[]): Json =>
  json({
    type: "object",
    properties: { [name]: values.length === 1 ? { const: values[0] } : { enum: values } },
    required: [name],
    additionalProperties: false,
  });

/** What anybody may read, by GET and by HEAD. */
const publicly = (operationId: string, summary: string, responses: Json): Json => {
  const withoutContent = Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const { content: _, ...rest } = response as Json; // a response of ours
      return [status, rest];
    }),
  );
  const operation = { security: [], "x-role": null, "x-effect": "read", tags: ["system"] };
  return {
    get: { operationId, summary, responses: { ...responses, ...PROBLEMS }, ...operation },
    head: {
      operationId: `${operationId}.head`,
      summary: `${summary} The headers alone.`,
      responses: { ...withoutContent, "4XX": { description: "Refused." }, "5XX": { description: "Failed." } },
      ...operation,
    },
  };
};

/** The paths of this gateway that are no operations of the registry. */
export const furtherPaths: Readonly<Record<string, Json>> = {
  "/v2/events": {
    get: {
      operationId: "events.follow",
      summary: "Streams every event you may see; `Last-Event-ID` continues after an event.",
      parameters: [
        { name: "Last-Event-ID", in: "header", required: false, schema: { type: "string" } },
        {
          name: "ticket",
          in: "query",
          required: false,
          description: "In place of a credential: one of `/v2/tickets`, good once and for 30 seconds.",
          schema: { type: "string" },
        },
      ],
      responses: {
        200: { description: "Server-sent events.", content: { "text/event-stream": { schema: { type: "string" } } } },
        ...PROBLEMS,
      },
      security: WAYS_IN,
      tags: ["system"],
      "x-role": "viewer",
      "x-effect": "read",
    },
  },
  "/v2/vault/state": publicly("vault.state", "Says whether the vault is locked; then nothing else is served.", {
    200: {
      description: "Whether it is.",
      ...json({
        type: "object",
        properties: {
          locked: { type: "boolean" },
          openers: { type: "array", items: { type: "string" } },
          problem: { type: ["string", "null"], description: "The code for which the last unlocking came to nothing." },
        },
        required: ["locked"],
      }),
    },
  }),
  "/v2/openapi.json": publicly("document", "Gives this document.", {
    200: { description: "OpenAPI 3.1.", ...json({ type: "object", required: ["openapi", "info", "paths"] }) },
  }),
  "/healthz": publicly("health", "Says that the process runs.", {
    200: { description: "It runs.", ...fixed("status", "ok") },
  }),
  "/readyz": publicly("readiness", "Says whether the gateway takes work.", {
    200: { description: "It does.", ...fixed("status", "ready") },
    503: {
      description: "Not yet.",
      content: {
        ...(fixed("status", "starting", "locked")["content"] as Json), // made above
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
      },
    },
  }),
};
