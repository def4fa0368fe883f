import type { AuditHead, Instant } from "@moltbot/contracts";
import { verifySignature } from "../crypto/index.ts";
import type { Signer } from "../crypto/index.ts";
import { canonicalText } from "./log-line.ts";

export type SignatureCheck = typeof verifySignature;

/** Bytes of base64url text, or null when the text is not the one spelling of them. */
const decode = (text: string): Uint8Array | null => {
  const bytes = Buffer.from(text, "base64url");
  // Unused bits of the last letter would let a changed byte of the log mean the same signature.
  return bytes.toString("base64url") === text ? bytes : null;
};

/** Signs a tree head over the canonical bytes of its other fields. */
export const signHead = (signer: Signer, size: number, root: Uint8Array, at: Instant): AuditHead => {
  const unsigned = {
    size,
    root: Buffer.from(root).toString("hex"),
    at,
    publicKey: Buffer.from(signer.publicKey).toString("base64url"),
  };
  const signature = Buffer.from(signer.sign(canonicalText(unsigned))).toString("base64url");
  return Object.freeze({ ...unsigned, signature });
};

/** Whether the head carries a good signature by the key that it names. */
export const isSigned = (head: AuditHead, check: SignatureCheck = verifySignature): boolean => {
  const { signature, ...unsigned } = head;
  const key = decode(head.publicKey);
  const bytes = decode(signature);
  return key !== null && bytes !== null && check(key, canonicalText(unsigned), bytes);
};
