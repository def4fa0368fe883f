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

  it("are listed with what they are for and when they were used", async () => {
    const token = { id: ID, name: "x", role: "viewer", createdAt: AT, expiresAt: LATER, revokedAt: null };
    const done = await run(["token"], {
      "GET /v2/tokens": {
        json: [
          { ...token, scopes: ["agents.*"], lastUsedAt: AT },
          { ...token, scopes: null, lastUsedAt: null },
        ],
      },
    });
    expect(done.out).toMatch(/agents\.\* /);
    expect(done.out).toMatch(/everything .* never/);
  });
});
