import { X509Certificate } from "node:crypto";
import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, Result } from "@moltbot/contracts";

const IS_ADDRESS = /:|^\d{1,3}(\.\d{1,3}){3}$/;

/** What a certificate (RFC 5280) says of itself; whether anybody trusts it, nobody asked. */
export interface CertificateFacts {
  readonly validFrom: Instant;
  readonly validTo: Instant;
  /** Whether it is for this name or address. */
  readonly isFor: (host: string) => boolean;
}

/** The first certificate of a PEM text, which is the one that is served; TLS_UNUSABLE where there is none. */
export const readCertificate = (pem: string): Result<CertificateFacts> => {
  try {
    const certificate = new X509Certificate(pem);
    return ok({
      validFrom: instantOf(Date.parse(certificate.validFrom)),
      validTo: instantOf(Date.parse(certificate.validTo)),
      isFor: (host) => (IS_ADDRESS.test(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined,
    });
  } catch {
    return err(moltbotError("TLS_UNUSABLE", { problem: "the certificate is not PEM" }));
  }
};
