import { ErasureCertificate } from "@moltbot/contracts";
import { verifySignature } from "../crypto/index.ts";
import type { Signer } from "../crypto/index.ts";
import { canonicalText } from "./log-line.ts";
import type { SignatureCheck } from "./tree-head.ts";

/** What a certificate says before it is signed. */
export type UnsignedCertificate = Omit<ErasureCertificate, "publicKey" | "signature">;

/** Bytes of base64url text, or null when the text is not the one spelling of them. */
const decode = (text: string): Uint8Array | null => {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
};

/** Signs a certificate over the canonical bytes (RFC 8785) of its other fields, by the key that signs the log's heads. */
export const signCertificate = (signer: Signer, unsigned: UnsignedCertificate): ErasureCertificate => {
  const named = { ...unsigned, publicKey: Buffer.from(signer.publicKey).toString("base64url") };
  return { ...named, signature: Buffer.from(signer.sign(canonicalText(named))).toString("base64url") };
};

/** `verifyCertificate` with its signature check open to replacement, for the test that unplugs it. */
export const verifyCertificateWith = (
  check: SignatureCheck,
  certificate: unknown,
  publicKey: string | null,
): string | null => {
  const parsed = ErasureCertificate.safeParse(certificate);
  if (!parsed.success) return "it does not have the form of a certificate";
  const { signature, ...signed } = parsed.data;
  if (publicKey !== null && signed.publicKey !== publicKey) return "it is signed by another key than the given one";
  const key = decode(signed.publicKey);
  const bytes = decode(signature);
  if (key === null || bytes === null) return "its key or signature is not base64url";
  return check(key, canonicalText(signed), bytes) ? null : "the signature is not its own";
};

/**
 * What is wrong with a certificate, or null. Offline: needs nothing but its JSON and the public key of the log (base64url, as
 * every head names it). Without that key it only says that the certificate was not changed since somebody signed it.
 */
export const verifyCertificate = (certificate: unknown, publicKey: string | null): string | null =>
  verifyCertificateWith(verifySignature, certificate, publicKey);
