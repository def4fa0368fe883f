import { parseDictionary, serializeInnerList } from "structured-headers";
import type { Item, InnerList } from "structured-headers";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** One field of a request is no longer than this; it is read before anybody is known to have signed it. */
const LONGEST = 4_096;

/** The one signature of a message, as it describes itself (RFC 9421, 4). */
export interface MessageSignature {
  readonly components: readonly string[];
  readonly parameters: ReadonlyMap<string, unknown>;
  /** Components and parameters in their one strict spelling, as the signature covers them. */
  readonly described: string;
  readonly bytes: Uint8Array;
}

/** The problem is one of a few texts of ours, because it is put on record; what a caller named stands beside it. */
export const invalidSignature = (problem: string, about?: string): Result<never> =>
  err(moltbotError("SIGNATURE_INVALID", { problem, ...(about === undefined ? {} : { about: about.slice(0, 64) }) }));

/** Each field stands once: a second one of its name is somebody else's. */
export const onlyValue = (values: readonly string[] | undefined, name: string): Result<string> => {
  const [value, ...others] = values ?? [];
  if (value === undefined) return invalidSignature(`the header ${name} is missing`);
  if (others.length > 0) return invalidSignature(`the header ${name} stands more than once`);
  return value.length > LONGEST ? invalidSignature(`the header ${name} is too long`) : ok(value);
};

type Member = readonly [label: string, value: Item | InnerList];

/** The members of a structured field (RFC 8941); null for what is none. */
const membersOf = (field: string): readonly Member[] | null => {
  try {
    return [...parseDictionary(field)];
  } catch {
    return null;
  }
};

/** The only member; several signatures would leave it to us which of them was meant. */
const onlyMember = (field: string, name: string): Result<Member> => {
  const members = membersOf(field);
  if (members === null) return invalidSignature(`the header ${name} is no dictionary (RFC 8941)`);
  const [member, ...others] = members;
  if (member === undefined) return invalidSignature(`the header ${name} is empty`);
  return others.length > 0 ? invalidSignature(`the header ${name} names more than one signature`) : ok(member);
};

const isInnerList = (value: Item | InnerList): value is InnerList => Array.isArray(value[0]);

/** Names of components without parameters, each once; the name of what is wrong otherwise. */
const componentsOf = ([items]: InnerList): Result<readonly string[]> => {
  const names: string[] = [];
  for (const [name, parameters] of items) {
    if (typeof name !== "string") return invalidSignature("a component is no string");
    if (parameters.size > 0) return invalidSignature("a component has parameters, and none are taken", name);
    if (names.includes(name)) return invalidSignature("a component stands twice", name);
    names.push(name);
  }
  return ok(names);
};

/** Reads `Signature-Input` and `Signature`: exactly one signature, under one label. */
export const readMessageSignature = (input: string, signature: string): Result<MessageSignature> => {
  const described = onlyMember(input, "Signature-Input");
  if (!described.ok) return described;
  const made = onlyMember(signature, "Signature");
  if (!made.ok) return made;
  const [label, list] = described.value;
  const [madeLabel, item] = made.value;
  if (label !== madeLabel) return invalidSignature("Signature and Signature-Input name different signatures");
  if (!isInnerList(list)) return invalidSignature("Signature-Input lists no components");
  const [bytes] = item;
  if (!(bytes instanceof ArrayBuffer)) return invalidSignature("Signature is no byte sequence");
  const components = componentsOf(list);
  if (!components.ok) return components;
  return ok({
    components: components.value,
    parameters: list[1],
    described: serializeInnerList(list),
    bytes: new Uint8Array(bytes),
  });
};

/** The SHA-256 digest in `Content-Digest` (RFC 9530) as hex; that algorithm alone. */
export const readContentDigest = (field: string): Result<string> => {
  const members = membersOf(field);
  const [member, ...others] = members ?? [];
  if (member === undefined || others.length > 0 || member[0] !== "sha-256")
    return invalidSignature("Content-Digest names something else than one sha-256");
  const [bytes] = member[1];
  if (!(bytes instanceof ArrayBuffer) || bytes.byteLength !== 32)
    return invalidSignature("the sha-256 of Content-Digest is no 32 bytes");
  return ok(Buffer.from(bytes).toString("hex"));
};
