import type { JsonObject, PluginInput } from "@moltbot/contracts";
import { z } from "zod";

type Property = PluginInput["properties"][string];
type Scalar = Exclude<Property, { readonly type: "array" }>;

const LONGEST_TEXT = 10_000;
const LONGEST_LIST = 100;

const textOf = ({ enum: among, maxLength = LONGEST_TEXT }: Extract<Scalar, { readonly type: "string" }>) =>
  among === undefined ? z.string().max(maxLength) : z.literal([...among]);

const numberOf = ({ type, minimum, maximum }: Extract<Scalar, { readonly type: "number" | "integer" }>) => {
  const plain = type === "integer" ? z.int() : z.number();
  const from = minimum === undefined ? plain : plain.min(minimum);
  return maximum === undefined ? from : from.max(maximum);
};

const scalarOf = (property: Scalar) => {
  switch (property.type) {
    case "string":
      return textOf(property);
    case "number":
    case "integer":
      return numberOf(property);
    case "boolean":
      return z.boolean();
  }
};

const schemaOf = (property: Property) => {
  const plain =
    property.type === "array"
      ? z.array(scalarOf(property.items)).max(property.maxItems ?? LONGEST_LIST)
      : scalarOf(property);
  return property.description === undefined ? plain : plain.describe(property.description);
};

/** What a tool takes, as a strict schema: an argument that the manifest does not name is refused. */
export const inputSchema = ({ properties, required }: PluginInput): z.ZodType<JsonObject> =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => {
        const schema = schemaOf(property);
        return [name, required.includes(name) ? schema : schema.exactOptional()];
      }),
    ),
  );
