import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { ApiDocument, ApiOperation, ApiParameter, Schema } from "./read-document.ts";

/** What is wrong with a value; null when it fits. */
export type Validate = (value: unknown) => string | null;

export interface Validators {
  /** Of the JSON body that an operation takes. */
  readonly body: (operation: ApiOperation) => Validate;
  /** Of a parameter as text. */
  readonly parameter: (operation: ApiOperation, parameter: ApiParameter) => Validate;
  /** Of an answer's body; undefined when the document knows no such status or media type. */
  readonly answer: (operation: ApiOperation, status: number, mediaType: string) => Validate | undefined;
}

/** Makes ready to hold values against the document, by a validator that had no part in writing it. */
export const createValidators = ({ whole }: ApiDocument): Validators => {
  const ready = (coerceTypes: boolean): ((schema: Schema) => Validate) => {
    const ajv = new Ajv2020({ strict: false, coerceTypes, allErrors: false, validateFormats: true });
    addFormats.default(ajv);
    ajv.addFormat("base64", true); // its pattern says the same
    const rooted = (schema: unknown): Schema =>
      JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"urn:moltbot:api#/components/')) as Schema; // our own text
    ajv.addSchema({ $id: "urn:moltbot:api", components: rooted(whole["components"] ?? {}) });
    return (schema) => {
      const compiled = ajv.compile(rooted(schema));
      return (value) =>
        compiled(value) ? null : `${compiled.errors?.[0]?.instancePath ?? ""} ${compiled.errors?.[0]?.message ?? "?"}`;
    };
  };
  const [exactly, coerced] = [ready(false), ready(true)];
  const made = new Map<string, Validate>();
  const once = (key: string, make: () => Validate): Validate => {
    const there = made.get(key) ?? make();
    made.set(key, there);
    return there;
  };
  return {
    body: (operation) => once(`${operation.id} body`, () => exactly(operation.body?.schema ?? {})),
    parameter: (operation, { name, schema }) =>
      once(`${operation.id} ${name}`, () => {
        const held = coerced({ type: "object", properties: { value: schema } });
        return (value) => held({ value });
      }),
    answer: ({ id, responses }, status, mediaType) => {
      const range = `${String(status)[0] ?? ""}XX`;
      const at = [String(status), range, "default"].find((key) => key in responses);
      const schema = at === undefined ? undefined : responses[at]?.[mediaType];
      return schema === undefined ? undefined : once(`${id} ${at ?? ""} ${mediaType}`, () => exactly(schema));
    },
  };
};
