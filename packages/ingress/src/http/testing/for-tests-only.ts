import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsPair } from "../tls.ts";

/** Where the pairs lie as files, for whoever reads them by path. */
export const TEST_TLS_FILES = Object.freeze({
  certificate: join(import.meta.dirname, "for-tests-only-certificate-2020-to-2120.pem"),
  key: join(import.meta.dirname, "for-tests-only-key.pem"),
  renewedCertificate: join(import.meta.dirname, "for-tests-only-renewed-certificate-2020-to-2120.pem"),
  renewedKey: join(import.meta.dirname, "for-tests-only-renewed-key.pem"),
});

const textOf = (file: string): string => readFileSync(file, "utf8");

/** A pair for moltbot.example, localhost and 127.0.0.1 that its own maker signed: everybody may know its key, so nobody may trust it. */
export const TEST_TLS: TlsPair = Object.freeze({
  certificate: textOf(TEST_TLS_FILES.certificate),
  key: textOf(TEST_TLS_FILES.key),
});
/** Another one for the same names. */
export const RENEWED_TEST_TLS: TlsPair = Object.freeze({
  certificate: textOf(TEST_TLS_FILES.renewedCertificate),
  key: textOf(TEST_TLS_FILES.renewedKey),
});
