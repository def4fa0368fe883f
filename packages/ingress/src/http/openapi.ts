import { z } from "zod";
import {
  ERROR_CODES,
  ERROR_FAMILIES,
  ERROR_TABLE,
  OPERATIONS,
  OPERATION_NAMES,
  Agent,
  Approval,
  AuditHead,
  AuditRecord,
  AuditReport,
  Capability,
  Check,
  Conversation,
  Message,
  ModelDescription,
  Principal,
  Reminder,
  Setting,
  Status,
  TurnReport,
  JsonValue,
} from "@moltbot/contracts";
import type { ErrorCode, OperationName } from "@moltbot/contracts";
import { SESSION_COOKIE } from "./credentials.ts";
import { PROBLEMS, WAYS_IN, furtherPaths } from "./openapi-paths.ts";
import { openAiErrorSchema, openAiPaths } from "./openai/openapi-paths.ts";

type Json = Record<string, unknown>;

const NAMED: Readonly<Record<string, z.ZodType>> = {
  Agent,
  Approval,
  AuditHead,
  AuditRecord,
  AuditReport,
  Capability,
  Check,
  Conversation,
  Message,
  ModelDescription,
  Principal,
  Reminder,
  Setting,
  Status,
  TurnReport,
  JsonValue,
};

/** `agents.create` → `AgentsCreate`. */
const pascal = (name: string): string =>
  name
    .split(".")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
const reference = (id: string): string => `#/components/schemas/${id}`;

const withoutIdentity = (schema: unknown): unknown => {
  if (typeof schema !== "object" || schema === null) return schema;
  const { $schema: _, $id: __, "~standard": ___, ...rest } = schema as Json; // a JSON Schema object
  return rest;
};

/** The name of each answer's schema; operations that share a schema share the name. */
const answerNames = (): ReadonlyMap<z.ZodType, string> => {
  const names = new Map<z.ZodType, string>(Object.entries(NAMED).map(([id, schema]) => [schema, id]));
  for (const name of OPERATION_NAMES) {
    const { output } = OPERATIONS[name];
    if (!names.has(output))
      names.set(
        output,
        Object.keys(z.toJSONSchema(output, { unrepresentable: "any" }).properties ?? { some: 1 }).length === 0
          ? "Nothing"
          : `${pascal(name)}Answer`,
      );
  }
  return names;
};
const SHARED = reference("__shared#/$defs/");

interface Writing {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: Json;
}

/** A value that our own code does not change is not one that a caller may not send, which is what the word says here. */
const forgetReadOnly = ({ jsonSchema }: Writing): void => {
  delete jsonSchema["readOnly"];
};

/** JSON Schemas of everything an answer may hold, by name; what is named is written once. */
const outputSchemas = (names: ReadonlyMap<z.ZodType, string>): Json => {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: reference,
    io: "output",
    unrepresentable: "any",
    override: forgetReadOnly,
  });
  const { __shared: shared, ...named } = schemas;
  const all = {
    ...named,
    ...Object.fromEntries(Object.entries(shared?.$defs ?? {}).map(([id, schema]) => [`Shared_${id}`, schema])),
  };
  const written = Object.fromEntries(Object.entries(all).map(([id, schema]) => [id, withoutIdentity(schema)]));
  return JSON.parse(JSON.stringify(written).replaceAll(SHARED, reference("Shared_"))) as Json; // our own text
};

/** Whether the blanks around a text are taken off before anything is held against it. */
const isTrimmed = (schema: z.core.$ZodType): boolean =>
  (schema._zod.def.checks ?? []).some((check) => check._zod.def.check === "overwrite");

/** Says of a text that is trimmed and must not be empty that it has to hold something else than blanks. */
const demandInk = ({ zodSchema, jsonSchema }: Writing): void => {
  if (jsonSchema["type"] !== "string" || !isTrimmed(zodSchema)) return;
  if (!(Number(jsonSchema["minLength"] ?? 0) > 0)) return;
  const ink = { pattern: "\\S" };
  const { pattern, allOf } = jsonSchema;
  if (pattern === undefined && allOf === undefined) jsonSchema["pattern"] = ink.pattern;
  else jsonSchema["allOf"] = [...(Array.isArray(allOf) ? (allOf as readonly Json[]) : []), ink]; // JSON Schemas
};

const inputSchemaOf = (
  name: OperationName,
): { readonly properties: Readonly<Record<string, unknown>>; readonly required: readonly string[] } => {
  const schema = z.toJSONSchema(OPERATIONS[name].input, {
    io: "input",
    unrepresentable: "any",
    override: (writing) => {
      forgetReadOnly(writing);
      demandInk(writing);
    },
  });
  // JSON values are the one recursive type: inside the document their definitions would be looked up at its root.
  const text = JSON.stringify(schema.properties ?? {}).replace(/"#\/\$defs\/\w+"/g, `"${reference("JsonValue")}"`);
  return { properties: JSON.parse(text) as Json, required: schema.required ?? [] }; // our own text
};

const parameter = (name: string, where: "path" | "query", schema: unknown, required: boolean): Json => ({
  name,
  in: where,
  required,
  schema,
});

/** Operations that a device calls before it has an access token: the proof of its key stands alone. */
const WITH_PROOF: ReadonlySet<OperationName> = new Set(["devices.pair", "devices.refresh"]);
const PROOF: Json = {
  name: "DPoP",
  in: "header",
  required: true,
  description: "A proof of the device's key for this request (RFC 9449).",
  schema: { type: "string", pattern: "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$" },
};

const requestOf = (name: OperationName): Json => {
  const { method, path } = OPERATIONS[name];
  const { properties, required } = inputSchemaOf(name);
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, key = ""]) => key);
  const rest = Object.keys(properties).filter((key) => !inPath.includes(key));
  const parameters = [
    ...inPath.map((key) => parameter(key, "path", properties[key], true)),
    ...(WITH_PROOF.has(name) ? [PROOF] : []),
  ];
  if (method === "GET" || method === "DELETE") {
    const query = rest.map((key) => parameter(key, "query", properties[key], required.includes(key)));
    return { parameters: [...parameters, ...query] };
  }
  if (rest.length === 0) return { parameters };
  const needed = required.filter((key) => rest.includes(key));
  const schema = {
    type: "object",
    properties: Object.fromEntries(rest.map((key) => [key, properties[key]])),
    ...(needed.length === 0 ? {} : { required: needed }),
    additionalProperties: false,
  };
  return { parameters, requestBody: { required: needed.length > 0, content: { "application/json": { schema } } } };
};

const operationOf = (name: OperationName, names: ReadonlyMap<z.ZodType, string>): Json => {
  const operation = OPERATIONS[name];
  const schema = { $ref: reference(names.get(operation.output) ?? "Nothing") };
  const content = {
    "application/json": { schema },
    ...(operation.streams ? { "text/event-stream": { schema: { type: "string" } } } : {}),
  };
  return {
    operationId: name,
    summary: operation.summary,
    tags: [operation.object],
    ...requestOf(name),
    responses: {
      [operation.status]: { description: "Done.", content },
      ...PROBLEMS,
    },
    security: operation.role === null ? [] : WAYS_IN,
    "x-role": operation.role,
    "x-effect": operation.effect,
  };
};

const problemSchema: Json = {
  type: "object",
  description: "A problem document (RFC 9457).",
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    instance: { type: "string" },
    code: { type: "string", enum: ERROR_CODES },
    traceId: { type: "string", pattern: "^[0-9a-f]{32}$" },
    next: { type: "string" },
    family: { type: "string", enum: ERROR_FAMILIES },
    recoverable: { type: "boolean" },
    context: { type: "object", additionalProperties: { type: ["string", "number", "boolean", "null"] } },
  },
  required: [
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "traceId",
    "next",
    "family",
    "recoverable",
    "context",
  ],
};

const codeTable = (codes: readonly ErrorCode[]): Json =>
  Object.fromEntries(
    codes.map((code) => [
      code,
      {
        status: ERROR_TABLE[code].http,
        family: ERROR_TABLE[code].family,
        says: ERROR_TABLE[code].says,
        next: ERROR_TABLE[code].next,
      },
    ]),
  );

/** The OpenAPI 3.1 document of this gateway, made from the registry and the code table. */
export const openApiDocument = (version: string): Json => {
  const names = answerNames();
  const paths: Record<string, Json> = {};
  for (const name of OPERATION_NAMES) {
    const { path, method } = OPERATIONS[name];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(name, names) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Moltbot", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    paths: { ...paths, ...furtherPaths, ...openAiPaths },
    components: {
      schemas: { ...outputSchemas(names), Problem: problemSchema, OpenAiError: openAiErrorSchema },
      responses: {
        Problem: {
          description: "Refused or failed.",
          content: { "application/problem+json": { schema: { $ref: reference("Problem") } } },
        },
      },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: SESSION_COOKIE },
        device: {
          type: "http",
          scheme: "dpop",
          description:
            "A device's access token, with a proof of its key for this request in the header DPoP (RFC 9449).",
        },
      },
    },
    "x-errors": codeTable(ERROR_CODES),
  };
};
