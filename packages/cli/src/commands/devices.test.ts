import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ID = "01930000-0000-7000-8000-000000000001";
const AT = "2026-11-22T12:00:00.000Z";
const LATER = "2027-11-22T12:00:00.000Z";
const device = {
  id: ID,
  name: "Ada\u200b's phone",
  thumbprint: "abcdefgh0123456789",
  pairedAt: AT,
  lastSeenAt: null,
  idleUntil: LATER,
  expiresAt: LATER,
  revokedAt: null,
};

describe("devices", () => {
  it("lists them, every character of a name visible, and which were ended", async () => {
    const list = { "GET /v2/devices": { json: [device, { ...device, name: "old", revokedAt: AT, lastSeenAt: AT }] } };
    const done = await run(["devices"], list);
    expect(done.out).toContain("Ada\\u200b's phone");
    expect(done.out).toMatch(/never .* abcdefgh… +good/);
    expect(done.out).toMatch(/old .* ended/);
    expect((await run(["devices", "list"], { "GET /v2/devices": { json: [] } })).out).toBe("No device is paired.\n");
  });

  it("shows a code as a QR code and as text below what was there, without moving the cursor", async () => {
    const pairing = { code: "7KQ2-M4XV", url: "https://molt.example/#pair=7KQ2-M4XV", expiresAt: LATER };
    const answers = { "POST /v2/device-pairings": { status: 201, json: pairing } };
    const done = await run(["devices", "pair"], answers);
    expect(done.out).toContain("7KQ2-M4XV\n");
    expect(done.out.split("\n").filter((line) => /^[█▀▄ ]+$/.test(line)).length).toBeGreaterThan(10);
    expect(done.out).not.toContain("\u001b");
    expect(JSON.parse((await run(["devices", "pair", "--json"], answers)).out)).toEqual(pairing);
  });

  it("ends one", async () => {
    const done = await run(["devices", "end", ID], { [`DELETE /v2/devices/${ID}`]: { json: {} } });
    expect(done.out).toBe("✓ ended\n");
  });
});

describe("sessions", () => {
  it("lists browsers and signs one out", async () => {
    const session = { id: ID, createdAt: AT, lastSeenAt: AT, idleUntil: LATER, expiresAt: LATER, current: false };
    expect((await run(["sessions"], { "GET /v2/sessions": { json: [session] } })).out).toContain(ID);
    expect((await run(["sessions"], { "GET /v2/sessions": { json: [] } })).out).toBe("No browser is signed in.\n");
    const done = await run(["sessions", "end", ID], { [`DELETE /v2/sessions/${ID}`]: { json: {} } });
    expect(done.out).toBe("✓ signed out\n");
  });
});

describe("tokens", () => {
  const made = { id: ID, token: "mb_x", role: "viewer", expiresAt: LATER };
  it("are made for the operations that are named, and for whatever the role may when none is", async () => {
    const answers = { "POST /v2/tokens": { status: 201, json: made } };
    const narrow = await run(
      ["token", "create", "--role", "viewer", "--scope", "agents.*", "--scope", "messages.send", "--untrusted"],
      answers,
    );
    expect(narrow.asked).toMatchObject([
      { body: { role: "viewer", scopes: ["agents.*", "messages.send"], integrity: "untrusted" } },
    ]);
    expect(narrow.out).toContain("for agents.* messages.send alone");
    const wide = await run(["token", "create"], answers);
    expect(wide.asked).toMatchObject([{ body: { role: "member", scopes: null, integrity: "authority" } }]);
  });

  it("are bound to the public key in a file, and to no private one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltbot-key-"));
    try {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      const jwk = publicKey.export({ format: "jwk" });
      const files = { jwk: JSON.stringify(jwk), pem: publicKey.export({ format: "pem", type: "spki" }).toString() };
      const answers = { "POST /v2/tokens": { status: 201, json: made } };
      for (const [name, text] of Object.entries(files)) {
        const file = join(folder, name);
        writeFileSync(file, text);
        const bound = await run(["token", "create", "--key", file], answers);
        expect(bound.asked).toMatchObject([{ body: { key: { kty: "OKP", crv: "Ed25519", x: jwk.x } } }]);
        expect(bound.out).toContain("for requests signed with its key");
      }
      const secret = join(folder, "secret");
      for (const text of [
        JSON.stringify(privateKey.export({ format: "jwk" })),
        privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
        "words",
      ]) {
        writeFileSync(secret, text);
        const refused = await run(["token", "create", "--key", secret], answers);
        expect(refused.asked).toEqual([]);
        expect(refused).toMatchObject({
          code: "USAGE",
          problem: expect.stringContaining("holds no public key") as string,
        });
      }
      const absent = await run(["token", "create", "--key", join(folder, "absent")], answers);
      expect(absent).toMatchObject({ code: "USAGE", problem: expect.stringContaining("cannot be read") as string });
      expect((await run(["token", "create"], answers)).asked).toMatchObject([{ body: { key: null } }]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are listed with what they are for and when they were used", async () => {
    const token = {
      id: ID,
      name: "x",
      role: "viewer",
      thumbprint: null,
      createdAt: AT,
      expiresAt: LATER,
      revokedAt: null,
    };
    const done = await run(["token"], {
      "GET /v2/tokens": {
        json: [
          { ...token, scopes: ["agents.*"], thumbprint: "a-thumbprint", lastUsedAt: AT },
          { ...token, scopes: null, lastUsedAt: null },
        ],
      },
    });
    expect(done.out).toMatch(/agents\.\* /);
    expect(done.out).toMatch(/agents\.\* .* a-thumbprint/);
    expect(done.out).toMatch(/everything .* never .* nothing/);
  });
});
