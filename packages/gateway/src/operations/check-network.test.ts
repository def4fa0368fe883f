import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Instant } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../settings/index.ts";
import { networkChecks } from "./check-network.ts";
import type { NetworkToCheck } from "./check-network.ts";

const FIXTURES = join(import.meta.dirname, "../../../ingress/src/http/testing");
let folder: string;
let tls: NetworkToCheck["place"]["tls"];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-doctor-"));
  tls = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  copyFileSync(join(FIXTURES, "for-tests-only-certificate-2020-to-2120.pem"), tls.certificate);
  copyFileSync(join(FIXTURES, "for-tests-only-key.pem"), tls.key);
  chmodSync(tls.key, 0o600);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What each check says, by its name. */
const look = (place: Partial<NetworkToCheck["place"]>, now = "2026-11-23T00:00:00.000Z") =>
  Object.fromEntries(
    networkChecks({
      place: { ...DEFAULT_SETTINGS.gateway, ...place },
      address: "http://127.0.0.1:18790",
      now: Instant.parse(now),
    }).map(({ name, state, says, next }) => {
      expect(state === "ok" || next !== null, `${name} says what to do`).toBe(true);
      return [name, `${state}: ${says}`];
    }),
  );

describe("a gateway on this machine alone", () => {
  it("has nothing to say of certificates and proxies", () => {
    for (const host of ["127.0.0.1", "localhost", "::1"]) {
      const checks = look({ host });
      expect(Object.keys(checks)).toEqual(["listener", "address"]);
      expect(checks["listener"]).toContain("ok: Listens on");
      expect(checks["address"]).toContain("ok: Links lead to");
    }
  });
});

describe("the files of the certificate", () => {
  it("are looked at as they lie there: dates, the key's mode, and whether they can serve", () => {
    expect(look({ tls })["tls"]).toMatch(/^ok: The certificate is good until 2[01]\d\d-/);
    expect(look({ tls }, "2019-12-31T00:00:00.000Z")["tls"]).toMatch(/^fault: The certificate is good only from 2020-/);
    expect(look({ tls }, "2200-01-01T00:00:00.000Z")["tls"]).toMatch(/^fault: The certificate ended on /);
    chmodSync(tls.key, 0o644);
    expect(look({ tls })["tls"]).toMatch(/^fault: .*read by others \(mode 644\)/);
    rmSync(tls.certificate);
    expect(look({ tls })["tls"]).toMatch(/^fault: .*cannot be read \(ENOENT\)/);
    expect(look({ tls: { ...tls, key: "" } })["tls"]).toMatch(/^fault: .*gateway\.tls\.key is empty/);
  });

  it("are warned of a fortnight before they end, and no earlier", () => {
    const end = /until (\S+),/.exec(look({ tls })["tls"] ?? "")?.[1] ?? "";
    const before = (days: number): string => new Date(Date.parse(end) - days * 86_400_000).toISOString();
    expect(look({ tls }, before(14.5))["tls"]).toMatch(/^ok/);
    expect(look({ tls }, before(13.5))["tls"]).toMatch(/^warning: The certificate ends in 13 days/);
  });

  it("are warned of where they are for another name than links lead to", () => {
    expect(look({ tls, publicUrl: "https://elsewhere.example" })["tls"]).toMatch(/^warning: .*not for the name/);
    expect(look({ tls, publicUrl: "https://localhost" })["tls"]).toMatch(/^ok/);
  });
});

describe("the declared proxies", () => {
  it.each([
    [["127.0.0.1"], "ok"],
    [["10.0.0.0/24", "2001:db8::7"], "ok"],
    [["10.0.0.0/8"], "warning"],
    [["127.0.0.1", "2001:db8::/32"], "warning"],
    [["0.0.0.0/0"], "fault"],
    [["127.0.0.1", "::/0"], "fault"],
  ])("%j are: %s", (proxies, state) => {
    expect(look({ proxies })["proxies"]).toMatch(new RegExp(`^${state}: `));
  });
});

describe("where it listens and where links lead", () => {
  it("is said with what other machines can do", () => {
    expect(look({ host: "0.0.0.0", tls })["listener"]).toMatch(/^warning: .*every other address/);
    expect(look({ host: "192.168.1.9", tls })["listener"]).toMatch(/^ok: .*TLS 1\.3 alone/);
    expect(look({ host: "192.168.1.9", proxies: ["192.168.1.1"] })["listener"]).toMatch(/^warning: .*proxies/);
  });

  it("is warned of where a link could not be followed", () => {
    expect(look({ host: "192.168.1.9", tls })["address"]).toMatch(/^warning: .*others may not/);
    expect(look({ proxies: ["127.0.0.1"] })["address"]).toMatch(/^warning/);
    expect(look({ publicUrl: "https://moltbot.example" })["address"]).toMatch(/^warning: .*nothing here speaks https/);
    expect(look({ publicUrl: "https://localhost", tls, host: "192.168.1.9" })["address"]).toMatch(
      /^warning: .*own machine/,
    );
    expect(look({ publicUrl: "https://moltbot.example", proxies: ["127.0.0.1"] })["address"]).toBe(
      "ok: Links lead to https://moltbot.example.",
    );
  });
});
