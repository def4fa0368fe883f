/** A JSON Schema as the document writes it. */
export type Schema = Readonly<Record<string, unknown>>;

export interface ApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: Schema;
}

/** One operation of an OpenAPI document, as whoever knows nothing else reads it. */
export interface ApiOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly ApiParameter[];
  /** Null: it takes no body. */
  readonly body: { readonly required: boolean; readonly schema: Schema } | null;
  /** Status or range → media type → schema. */
  readonly responses: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
  /** Names of what may say who asks; none: anybody may call it. */
  readonly ways: readonly string[];
  readonly effect: string;
}

export interface ApiDocument {
  readonly whole: Schema;
  readonly operations: readonly ApiOperation[];
  /** Code → status. */
  readonly codes: ReadonlyMap<string, number>;
}

const isNode = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const nodeOf = (value: unknown): Schema => (isNode(value) ? value : {});
const entriesOf = (value: unknown): readonly (readonly [string, Schema])[] =>
  Object.entries(nodeOf(value)).map(([key, part]) => [key, nodeOf(part)]);

/** What a reference within the document names; anything else is itself. */
export const resolved = (whole: Schema, node: Schema): Schema => {
  const { $ref: reference } = node;
  if (typeof reference !== "string") return node;
  const found = reference
    .slice(2)
    .split("/")
    .reduce<unknown>((at, key) => nodeOf(at)[key], whole);
  if (!isNode(found)) throw new Error(`${reference} leads nowhere`);
  return resolved(whole, found);
};

const contentOf = (node: Schema): Readonly<Record<string, Schema>> =>
  Object.fromEntries(entriesOf(node["content"]).map(([type, { schema }]) => [type, nodeOf(schema)]));

const PLACES = ["path", "query", "header"] as const;

const parameterOf = (node: unknown): ApiParameter => {
  const { name, in: where, required, schema } = nodeOf(node);
  const place = PLACES.find((one) => one === where);
  if (typeof name !== "string" || place === undefined) throw new Error("a parameter without a name or a place");
  return { name, in: place, required: required === true, schema: nodeOf(schema) };
};

const operationOf = (whole: Schema, path: string, method: string, node: Schema): ApiOperation => {
  const { operationId, parameters, requestBody, responses, security } = node;
  if (typeof operationId !== "string") throw new Error(`${method} ${path} has no name`);
  const body = resolved(whole, nodeOf(requestBody));
  const json = contentOf(body)["application/json"];
  return {
    id: operationId,
    method: method.toUpperCase(),
    path,
    parameters: Array.isArray(parameters) ? parameters.map(parameterOf) : [],
    body: json === undefined ? null : { required: body["required"] === true, schema: json },
    responses: Object.fromEntries(
      entriesOf(responses).map(([status, response]) => [status, contentOf(resolved(whole, response))]),
    ),
    ways: Array.isArray(security) ? security.flatMap((way) => Object.keys(nodeOf(way))) : [],
    effect: typeof node["x-effect"] === "string" ? node["x-effect"] : "read",
  };
};

/** Reads the document that a gateway hands out. */
export const readDocument = (text: string): ApiDocument => {
  const whole = nodeOf(JSON.parse(text));
  const codes = entriesOf(whole["x-errors"]).map(([code, { status }]): [string, number] => [code, Number(status)]);
  return {
    whole,
    operations: entriesOf(whole["paths"]).flatMap(([path, methods]) =>
      entriesOf(methods).map(([method, node]) => operationOf(whole, path, method, node)),
    ),
    codes: new Map(codes),
  };
};
