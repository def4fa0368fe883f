import { ErasureId, ConversationId, instantOf } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../crypto/index.ts";
import { signCertificate, verifyCertificate, verifyCertificateWith } from "./erasure-certificate.ts";
import type { UnsignedCertificate } from "./erasure-certificate.ts";

const id = (tail: string): string => `01890000-0000-7000-8000-${tail.padStart(12, "0")}`;
const signer = signerFromSeed(new Uint8Array(32).fill(7));
const other = signerFromSeed(new Uint8Array(32).fill(8));
const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

const unsigned: UnsignedCertificate = {
  id: ErasureId.parse(id("1")),
  subject: { kind: "conversation", id: ConversationId.parse(id("2")) },
  at: instantOf(0),
  keys: 3,
  rows: { messages: 12, conversations: 1 },
  files: 1,
  keyring: { from: 4, to: 5 },
  outOfReach: [{ what: "a backup", where: "/backups/a", why: "it holds no key" }],
  audit: { size: 40, root: "ab".repeat(32) },
};
const certificate = signCertificate(signer, unsigned);

describe("a certificate of an erasure", () => {
  it("verifies with the key of the log, and without one", () => {
    expect(verifyCertificate(certificate, keyOf(signer.publicKey))).toBeNull();
    expect(verifyCertificate(JSON.parse(JSON.stringify(certificate)), null)).toBeNull();
  });

  it("is refused for another key's, also when that key signed it well", () => {
    const forged = signCertificate(other, unsigned);
    expect(verifyCertificate(forged, null)).toBeNull();
    expect(verifyCertificate(forged, keyOf(signer.publicKey))).toContain("another key");
  });

  it("is refused for every changed byte of its text", () => {
    const text = JSON.stringify(certificate);
    for (let at = 0; at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`;
      let value: unknown;
      try {
        value = JSON.parse(changed);
      } catch {
        continue;
      }
      expect(verifyCertificate(value, keyOf(signer.publicKey)), `byte ${String(at)}`).not.toBeNull();
    }
  });

  it("is refused when a field is missing, added or of another kind", () => {
    expect(verifyCertificate({ ...certificate, more: 1 }, null)).toContain("form");
    expect(verifyCertificate({ ...certificate, keys: "3" }, null)).toContain("form");
    expect(verifyCertificate(null, null)).toContain("form");
    expect(verifyCertificate({ ...certificate, signature: "!" }, null)).toContain("base64url");
  });

  it("is as good as forged where its signature is not checked (unplug)", () => {
    const forged = { ...certificate, keys: 99 };
    expect(verifyCertificate(forged, keyOf(signer.publicKey))).not.toBeNull();
    expect(verifyCertificateWith(() => true, forged, keyOf(signer.publicKey))).toBeNull();
  });
});
