import { Server as EncryptedServer } from "node:https";
import type { ServerOptions } from "node:https";
import type { Server } from "node:http";
import { createSecureContext } from "node:tls";
import type { SecureContextOptions } from "node:tls";
import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** A certificate with its chain and its private key, both as PEM text. */
export interface TlsPair {
  readonly certificate: string;
  readonly key: string;
}

/** What every encrypted connection is held to: TLS 1.3 and nothing older, HTTP/1.1 alone, and no time to dawdle. */
export const TLS_OPTIONS: Pick<ServerOptions, "minVersion" | "ALPNProtocols" | "handshakeTimeout"> = Object.freeze({
  minVersion: "TLSv1.3",
  ALPNProtocols: ["http/1.1"],
  handshakeTimeout: 10_000,
});

const PROBLEMS: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "they do not belong together",
  ERR_OSSL_PEM_NO_START_LINE: "one of them is not PEM",
  ERR_OSSL_UNSUPPORTED: "one of them is not PEM of a kind that is known",
  ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED: "the key is sealed with a passphrase",
  ERR_OSSL_BAD_DECRYPT: "the key is sealed with a passphrase",
  ERR_OSSL_X509_KEY_TYPE_MISMATCH: "they do not belong together",
};

const problemOf = (thrown: unknown): string => {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
  return PROBLEMS[code] ?? `it was refused (${code})`;
};

const contextOf = ({ certificate, key }: TlsPair): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: TLS_OPTIONS.minVersion,
});

/** Whether the two can serve; TLS_UNUSABLE says what is wrong. */
export const checkTls = (pair: TlsPair): Result<void> => {
  try {
    // Without one of them a context is made all the same, and every handshake fails.
    if (!pair.certificate.includes("-----BEGIN CERTIFICATE-----"))
      return err(moltbotError("TLS_UNUSABLE", { problem: "the certificate is not PEM" }));
    if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pair.key))
      return err(moltbotError("TLS_UNUSABLE", { problem: "the key is not PEM" }));
    createSecureContext(contextOf(pair));
    return done;
  } catch (thrown) {
    return err(moltbotError("TLS_UNUSABLE", { problem: problemOf(thrown) }));
  }
};

/** Serves with this pair from the next connection on; TLS_UNUSABLE, and then nothing changed. */
export const useTls = (server: Server, pair: TlsPair): Result<void> => {
  const checked = checkTls(pair);
  if (checked.ok && server instanceof EncryptedServer) server.setSecureContext(contextOf(pair));
  return checked;
};
