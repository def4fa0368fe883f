import { AgentId, CapabilityId, CapabilityReach, Constraint, Instant, ToolName } from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";

/** One thing that a token is narrowed to. All of them must hold; none can be taken away again. */
export type Caveat =
  | { readonly kind: "constraint"; readonly constraint: Constraint }
  | { readonly kind: "expires"; readonly at: Instant }
  | { readonly kind: "holder-is"; readonly holder: AgentId }
  | { readonly kind: "permissions"; readonly permissions: readonly string[] }
  | { readonly kind: "reach"; readonly reach: CapabilityReach }
  | { readonly kind: "tool"; readonly tool: ToolName };

/** What a token was issued for. */
export interface TokenRoot {
  readonly capabilityId: CapabilityId;
  readonly holder: AgentId;
  readonly epoch: number;
  readonly issuedAt: Instant;
  readonly nonce: string;
}

/** A token taken apart; that it reads well says nothing about whether it is genuine. */
export interface TokenParts {
  readonly root: TokenRoot;
  readonly caveats: readonly Caveat[];
  /** HMAC-SHA-256 over the last link, lower-case hex. */
  readonly signature: string;
}

export const MOST_CAVEATS = 64;
/** In characters, all of them ASCII. */
export const LONGEST_TOKEN = 16_384;
const VERSION = "mbt1";

type Fields = Readonly<Record<string, unknown>>;

/** An object with these keys and no others; null for anything else. */
const fieldsOf = (value: unknown, keys: readonly string[]): Fields | null => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const own = Object.keys(value);
  return own.length === keys.length && keys.every((key) => Object.hasOwn(value, key))
    ? (value as Fields) // an object was just seen
    : null;
};

const kindOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, "kind") && "kind" in value ? value.kind : null;

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === "string");

const typedCaveat = (value: unknown): Caveat | null => {
  switch (kindOf(value)) {
    case "constraint": {
      const read = Constraint.safeParse(fieldsOf(value, ["kind", "constraint"])?.["constraint"]);
      return read.success ? { kind: "constraint", constraint: read.data } : null;
    }
    case "expires": {
      const read = Instant.safeParse(fieldsOf(value, ["kind", "at"])?.["at"]);
      return read.success ? { kind: "expires", at: read.data } : null;
    }
    case "holder-is": {
      const read = AgentId.safeParse(fieldsOf(value, ["kind", "holder"])?.["holder"]);
      return read.success ? { kind: "holder-is", holder: read.data } : null;
    }
    case "permissions": {
      const read = fieldsOf(value, ["kind", "permissions"])?.["permissions"];
      return isTexts(read) ? { kind: "permissions", permissions: read } : null;
    }
    case "reach": {
      const read = CapabilityReach.safeParse(fieldsOf(value, ["kind", "reach"])?.["reach"]);
      return read.success ? { kind: "reach", reach: read.data } : null;
    }
    case "tool": {
      const read = ToolName.safeParse(fieldsOf(value, ["kind", "tool"])?.["tool"]);
      return read.success ? { kind: "tool", tool: read.data } : null;
    }
    default:
      return null;
  }
};

/**
 * A caveat of a kind that is known, or null. What a schema reads must be what stood there, byte for byte: a key that it drops
 * would be signed and not checked.
 */
export const readCaveat = (value: unknown): Caveat | null => {
  const text = canonicalText(value);
  if (text === null) return null;
  try {
    const caveat = typedCaveat(value);
    return caveat !== null && text === canonicalText(caveat) ? caveat : null;
  } catch {
    return null;
  }
};

const readRoot = (fields: Fields): TokenRoot | null => {
  const capabilityId = CapabilityId.safeParse(fields["capabilityId"]);
  const holder = AgentId.safeParse(fields["holder"]);
  const issuedAt = Instant.safeParse(fields["issuedAt"]);
  const { epoch, nonce } = fields;
  if (!capabilityId.success || !holder.success || !issuedAt.success) return null;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 0) return null;
  if (typeof nonce !== "string" || !/^[A-Za-z0-9_-]{16,64}$/.test(nonce)) return null;
  return { capabilityId: capabilityId.data, holder: holder.data, epoch, issuedAt: issuedAt.data, nonce };
};

const readBody = (text: string): Omit<TokenParts, "signature"> | null => {
  const body: unknown = JSON.parse(text);
  // One body, one text: repeated keys, other orders, other spellings of a number or a letter are not it.
  if (canonicalText(body) !== text) return null;
  const fields = fieldsOf(body, ["capabilityId", "caveats", "epoch", "holder", "issuedAt", "nonce"]);
  const listed = fields?.["caveats"];
  const root = fields === null ? null : readRoot(fields);
  if (root === null || !Array.isArray(listed) || listed.length > MOST_CAVEATS) return null;
  const caveats = listed.map(readCaveat).filter((caveat) => caveat !== null);
  return caveats.length === listed.length ? { root, caveats } : null;
};

/** Takes a token apart. Total: null for whatever is not exactly a token, however long or deep. */
export const readToken = (token: unknown): TokenParts | null => {
  if (typeof token !== "string" || token.length > LONGEST_TOKEN) return null;
  const [version, body = "", signature = "", ...more] = token.split(".");
  if (version !== VERSION || more.length > 0 || !/^[0-9a-f]{64}$/.test(signature)) return null;
  const text = fromBase64url(body);
  if (text === null) return null;
  try {
    const read = readBody(text);
    return read === null ? null : { ...read, signature };
  } catch {
    return null;
  }
};

/** The text of a token; null when it would be too long, have too many caveats, or has no canonical form. */
export const tokenText = ({ root, caveats, signature }: TokenParts): string | null => {
  const body = canonicalText({ ...root, caveats });
  if (body === null || caveats.length > MOST_CAVEATS) return null;
  const token = `${VERSION}.${toBase64url(body)}.${signature}`;
  return token.length <= LONGEST_TOKEN ? token : null;
};
