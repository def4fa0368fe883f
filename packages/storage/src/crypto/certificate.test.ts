import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCertificate } from "./certificate.ts";

const PEM = readFileSync(
  join(import.meta.dirname, "../../../ingress/src/http/testing/for-tests-only-certificate-2020-to-2120.pem"),
  "utf8",
);

describe("a certificate", () => {
  it("says when it is good, and for which names and addresses", () => {
    const read = readCertificate(PEM);
    if (!read.ok) throw new Error(read.error.message);
    const { validFrom, validTo, isFor } = read.value;
    expect([validFrom.slice(0, 4), validTo.slice(0, 3)]).toEqual(["2020", "212"]);
    expect(["localhost", "127.0.0.1", "evil.example", "10.0.0.1", "::2"].map(isFor)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it.each(["", "nonsense", PEM.slice(0, 200)])("is none where the text is %j", (text) => {
    expect(readCertificate(text)).toMatchObject({ ok: false, error: { code: "TLS_UNUSABLE" } });
  });
});
