import { z } from "zod";
import { moltbotError } from "./errors/index.ts";
import { PackageContent } from "./package.ts";
import { SigningKey } from "./package-words.ts";
import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";

/**
 * A package is one file of three parts: the line `moltbot-package 1`, a line with the signature as JSON (`{}` where nobody signed),
 * and the content as JSON (UTF-8). Ed25519 (RFC 8032) signs the first line and the content's bytes exactly as they stand. Both JSON
 * texts are as `JSON.stringify` (ECMA-262) writes what they mean: no name twice, no blanks, one spelling of each text and number.
 */
const FIRST_LINE = "moltbot-package 1\n";
/** The largest package that is read at all. */
export const MOST_PACKAGE_BYTES = 2 * 1024 * 1024;

const Signature = z.strictObject({ key: SigningKey, signature: z.string().regex(/^[A-Za-z0-9_-]{85}[AQgw]$/) });
const Unsigned = z.strictObject({});
export type PackageSignature = Readonly<z.infer<typeof Signature>>;

export interface OpenedPackage {
  readonly content: PackageContent;
  /** Null: nobody signed it. It is not checked here. */
  readonly signature: PackageSignature | null;
  /** The bytes that a signature is over. */
  readonly signed: Uint8Array;
}

const invalid = (problem: string): Result<never> => err(moltbotError("PACKAGE_INVALID", { problem }));

const textOf = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

// Threat: of a name twice each reader may take another, so that a person is shown what does not run; and what no reader takes is
// signed all the same.
const hasOneReading = (text: string, value: unknown): boolean =>
  JSON.stringify(value) === text && !text.includes('"__proto__":');

/** A name of a field, or where it stands in a list. */
const OWN_STEP = /^(?:[a-z][A-Za-z0-9]{0,39}|\d{1,4})$/;

const problemOf = ({ issues: [issue] }: z.ZodError): string => {
  // Keys that nobody asked for are the stranger's own words.
  const path = issue?.path.map((step) => (OWN_STEP.test(String(step)) ? String(step) : "…")).join(".") ?? "";
  const says =
    issue?.code === "unrecognized_keys"
      ? "there is more in it than may be"
      : issue?.code === "custom"
        ? issue.message
        : "it is missing or does not fit";
  return `${path === "" ? "the content" : path}: ${says}`;
};

/** The bytes that a signature of this content is over. */
export const signedBytes = (contentBytes: Uint8Array): Uint8Array => {
  const first = new TextEncoder().encode(FIRST_LINE);
  const whole = new Uint8Array(first.length + contentBytes.length);
  whole.set(first);
  whole.set(contentBytes, first.length);
  return whole;
};

/** The content's bytes: the same content gives the same bytes. */
export const contentBytes = (content: PackageContent): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ ...content, files: content.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }),
  );

/** A package file from its content's bytes. */
export const packageFile = (bytes: Uint8Array, signature: PackageSignature | null): Uint8Array => {
  const head = new TextEncoder().encode(`${FIRST_LINE}${JSON.stringify(signature ?? {})}\n`);
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return whole;
};

/** Reads a package without believing it: PACKAGE_INVALID says what is wrong, and where. */
export const openPackage = (bytes: Uint8Array): Result<OpenedPackage> => {
  if (bytes.length > MOST_PACKAGE_BYTES) return invalid(`it has more than ${String(MOST_PACKAGE_BYTES)} bytes`);
  const first = new TextEncoder().encode(FIRST_LINE);
  if (!first.every((byte, at) => bytes[at] === byte)) return invalid("it is no package: the first line is not its own");
  const end = bytes.indexOf(10, first.length);
  if (end === -1 || end - first.length > 300) return invalid("its second line is no signature");
  const head = textOf(bytes.subarray(first.length, end)) ?? "";
  const line = jsonOf(head);
  const signature = Unsigned.safeParse(line).success ? null : Signature.safeParse(line);
  if (signature?.success === false || !hasOneReading(head, line)) return invalid("its second line is no signature");
  const body = bytes.subarray(end + 1);
  const text = textOf(body);
  if (text === null) return invalid("its content is no UTF-8 text");
  const read = jsonOf(text);
  const content = PackageContent.safeParse(read);
  if (!content.success) return invalid(problemOf(content.error));
  if (!hasOneReading(text, read))
    return invalid(
      "its content is not written as it is signed: a name stands there twice, or it has more than one spelling",
    );
  return ok({
    content: content.data,
    signature: signature?.data ?? null,
    signed: signedBytes(body),
  });
};
