import { z } from "zod";
import { visibleInLine } from "./visible.ts";

/** `1.4.0` (Semantic Versioning 2.0.0, section 2): three numbers and nothing behind them. */
export const PackageVersion = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,5})$/)
  .brand<"PackageVersion">();
export type PackageVersion = z.infer<typeof PackageVersion>;

/** Negative where `a` comes before `b`, positive where it comes after, 0 where they are the same. */
export const compareVersions = (a: PackageVersion, b: PackageVersion): number => {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
};

/**
 * A public key for packages: `mk1_` and the 32 bytes of an Ed25519 key (RFC 8032) in base64url. It is its own fingerprint, so it has
 * one spelling: the bits that the last letter has to spare are zero (RFC 4648, section 3.5).
 */
export const SigningKey = z
  .string()
  .regex(/^mk1_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
  .brand<"SigningKey">();
export type SigningKey = z.infer<typeof SigningKey>;

/** Whether everything of a text is seen: nothing that hides, turns the line around or ends it. */
const isPlainlySeen = (text: string): boolean => visibleInLine(text) === text;

/** One line of somebody else's words, all of it seen; `most` characters. */
export const plainLine = (most: number) =>
  z.string().trim().min(1).max(most).refine(isPlainlySeen, "it holds a character that is not seen");

/** One line that the house writes about a package. */
export const codeLine = z.string().max(400);
