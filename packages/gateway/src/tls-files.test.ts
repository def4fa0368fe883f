import { chmodSync, copyFileSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import type { LogPort } from "@moltbot/contracts";
import type { TlsPair } from "@moltbot/ingress/http";
import { readTls, watchTls } from "./tls-files.ts";

const FIXTURES = join(import.meta.dirname, "../../ingress/src/http/testing");
const fixture = (name: string): string => join(FIXTURES, `for-tests-only-${name}.pem`);

let folder: string;
let files: { readonly certificate: string; readonly key: string };
const put = (certificate: string, key: string): void => {
  copyFileSync(fixture(certificate), files.certificate);
  copyFileSync(fixture(key), files.key);
  chmodSync(files.key, 0o600);
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-tls-"));
  files = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  put("certificate-2020-to-2120", "key");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const problemOf = (wish: typeof files): string => {
  const read = readTls(wish);
  return read.ok ? "ok" : `${read.error.code} ${read.error.message}`;
};

describe("the files of a certificate", () => {
  it("are none where none is named, and a pair where both are good", () => {
    expect(readTls({ certificate: "", key: "" })).toEqual(ok(null));
    const read = readTls(files);
    expect(read.ok ? read.value?.certificate : "").toContain("BEGIN CERTIFICATE");
  });

  it.each([0o640, 0o604, 0o620, 0o601, 0o644])("are refused when the key's mode is %o", (mode) => {
    chmodSync(files.key, mode);
    expect(problemOf(files)).toContain(`TLS_UNUSABLE`);
    expect(problemOf(files)).toContain("chmod 600");
    chmodSync(files.key, 0o400);
    expect(problemOf(files)).toBe("ok");
  });

  it("are refused by name when one is missing, empty, too large, or of another pair", () => {
    expect(problemOf({ ...files, key: "" })).toContain("gateway.tls.key is empty");
    expect(problemOf({ ...files, certificate: "" })).toContain("gateway.tls.certificate is empty");
    expect(problemOf({ ...files, key: join(folder, "none.pem") })).toContain("ENOENT");
    put("renewed-certificate-2020-to-2120", "key");
    expect(problemOf(files)).toContain("belong together");
    truncateSync(files.certificate, 1_048_577);
    expect(problemOf(files)).toContain("larger");
    writeFileSync(files.certificate, "");
    expect(problemOf(files)).toContain("not PEM");
  });
});

describe("a certificate that is renewed while the gateway runs", () => {
  it("is handed on, and one that cannot serve is reported and not handed on", async () => {
    const renewed: TlsPair[] = [];
    const warned: string[] = [];
    const log: LogPort = {
      debug: () => undefined,
      info: () => undefined,
      warn: (message) => void warned.push(message),
      error: () => undefined,
    };
    const renew = (pair: TlsPair) => {
      renewed.push(pair);
      return ok(undefined);
    };
    const end = watchTls(files, log, renew, 20);
    await new Promise((resolve) => setTimeout(resolve, 60));
    writeFileSync(files.certificate, "nonsense");
    await expect.poll(() => warned.length).toBeGreaterThan(0);
    expect(renewed).toEqual([]);
    put("renewed-certificate-2020-to-2120", "renewed-key");
    utimesSync(files.certificate, new Date(), new Date(Date.now() + 5_000));
    await expect.poll(() => renewed.length).toBeGreaterThan(0);
    const expected = readTls(files);
    expect(ok(renewed.at(-1))).toEqual(expected);
    end();
    expect(watchTls({ certificate: "", key: "" }, log, renew)()).toBeUndefined();
  });
});
