import { SignJWT, UnsecuredJWT, decodeJwt, decodeProtectedHeader, exportJWK, generateSecret } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { DeviceKey, PrincipalId, millisecondsOf, ok } from "@moltbot/contracts";
import type { DeviceTokens, Principal } from "@moltbot/contracts";
import type { Identity } from "./index.ts";
import { thumbprintOf } from "./dpop-proofs.ts";
import { createDevice, pair, refresh } from "./testing/device.ts";
import type { ProofWish, TestDevice } from "./testing/device.ts";
import { codeOf, createWorld, must, testCrypto, testIds } from "./testing/world.ts";
import type { World } from "./testing/world.ts";

const ADDRESS = "10.0.0.1";
const DAY = 86_400_000;
let world: World;
let identity: Identity;
let owner: Principal;
let phone: TestDevice;
let thief: TestDevice;
let held: DeviceTokens;
beforeEach(async () => {
  world = await createWorld();
  ({ identity, owner } = world);
  phone = await createDevice(world.clock);
  thief = await createDevice(world.clock);
  held = await pair(identity, owner, phone);
});

const ask = async (
  { accessToken }: Pick<DeviceTokens, "accessToken">,
  device: TestDevice = phone,
  wish?: ProofWish,
): Promise<string> =>
  codeOf(await identity.byDevice(accessToken, await device.proof("GET", "/v2/agents", accessToken, wish), ADDRESS));
const eventsOf = (name: string): readonly object[] => world.recorded.filter(({ event }) => event === name);
const nextSecond = (): number => Math.floor(Date.parse(world.clock.now()) / 1000) + 1;
const theDevice = () => world.store.devices.get(held.deviceId);

describe("a device", () => {
  it.each(["ES256", "EdDSA"] as const)("that signs with %s is its person, strongly", async (algorithm) => {
    const device = await createDevice(world.clock, algorithm);
    const { accessToken, deviceId } = await pair(identity, owner, device);
    const who = must(
      await identity.byDevice(accessToken, await device.proof("GET", "/v2/agents", accessToken), ADDRESS),
    );
    expect(who.principal).toEqual(owner);
    expect(who.proof).toEqual({
      kind: "device",
      id: deviceId,
      strong: true,
      at: world.clock.now(),
      scopes: null,
      integrity: "authority",
    });
    expect(codeOf(await identity.stillGood(who))).toBe("ok");
  });

  it("keeps nothing with us that opens anything, and holds an access token for ten minutes at most", async () => {
    const kept = JSON.stringify([[...world.store.devices.values()], world.recorded]);
    expect(kept).not.toContain(held.refreshToken.slice(4));
    expect(kept).not.toContain(held.accessToken);
    const { exp, iat, aud } = decodeJwt(held.accessToken);
    expect([Number(exp) - Number(iat), aud]).toEqual([600, "moltbot"]);
    world.clock.pass(599_000);
    expect(await ask(held)).toBe("ok");
    world.clock.pass(1_000);
    expect(await ask(held)).toBe("TOKEN_INVALID");
    expect(must(await refresh(identity, phone, held.refreshToken)).deviceId).toBe(held.deviceId);
  });

  it("is listed and ended by its person alone, at once, wherever it is remembered", async () => {
    const stranger: Principal = { ...owner, id: testIds.next(PrincipalId), role: "member" };
    expect(await ask(held)).toBe("ok");
    expect(must(await identity.listDevices(stranger))).toEqual([]);
    expect(codeOf(await identity.revokeDevice(stranger, held.deviceId))).toBe("NOT_FOUND");
    expect(await ask(held)).toBe("ok");
    expect(must(await identity.listDevices(owner))).toMatchObject([{ id: held.deviceId, name: "phone" }]);
    must(await identity.revokeDevice(owner, held.deviceId));
    expect(await ask(held)).toBe("TOKEN_INVALID");
    expect(codeOf(await refresh(identity, phone, held.refreshToken))).toBe("REFRESH_INVALID");
    expect(eventsOf("device:revoked")).toHaveLength(1);
    expect(world.changes).toEqual(["paired", "revoked"]);
  });

  it("has to be paired again when it was not used, and after a year in any case", async () => {
    world.clock.pass(14 * DAY);
    expect(codeOf(await refresh(identity, phone, held.refreshToken))).toBe("REFRESH_INVALID");
    let busy = await pair(identity, owner, thief);
    for (let days = 10; days < 365; days += 10) {
      world.clock.pass(10 * DAY);
      busy = must(await refresh(identity, thief, busy.refreshToken));
    }
    world.clock.pass(5 * DAY);
    expect(codeOf(await refresh(identity, thief, busy.refreshToken))).toBe("REFRESH_INVALID");
  });

  it("is nobody's from the moment its person is suspended, and theirs with the role they have now", async () => {
    world.store.people.set(owner.id, { ...owner, role: "viewer", state: "active" });
    world.clock.pass(1_000);
    const who = must(
      await identity.byDevice(held.accessToken, await phone.proof("GET", "/v2/agents", held.accessToken), ADDRESS),
    );
    expect(who.principal.role).toBe("viewer");
    world.store.people.set(owner.id, { ...owner, state: "suspended" });
    identity.forgetPerson(owner.id);
    expect(await ask(held)).toBe("TOKEN_INVALID");
    expect(codeOf(await refresh(identity, phone, held.refreshToken))).toBe("REFRESH_INVALID");
    expect(codeOf(await identity.stillGood(who))).toBe("NOT_SIGNED_IN");
  });
});

describe("an access token that was stolen", () => {
  it("opens nothing without the device's key, and every try is on record once a minute", async () => {
    expect(await ask(held, thief)).toBe("PROOF_INVALID");
    expect(await ask(held, thief)).toBe("PROOF_INVALID");
    expect(codeOf(await identity.byToken(held.accessToken, ADDRESS))).toBe("TOKEN_INVALID");
    expect(eventsOf("proof:refused")).toEqual([
      expect.objectContaining({
        fields: { deviceId: held.deviceId, principalId: owner.id, problem: "it was made with another key" },
        details: { address: ADDRESS },
      }),
    ]);
    world.clock.pass(60_000);
    await ask(held, thief);
    expect(eventsOf("proof:refused")).toHaveLength(2);
    expect(await ask(held)).toBe("ok");
  });

  it("unplug: a house that asks for the token alone serves the thief", async () => {
    const { thumbprint } = theDevice() ?? { thumbprint: "" };
    let count = 0;
    const credulous = world.again({
      proofs: {
        check: async () => ok({ id: `any ${(count += 1)}`, key: phone.key, thumbprint, madeAt: nextSecond() }),
      },
    });
    const attack = async (who: Identity): Promise<string> =>
      codeOf(await who.byDevice(held.accessToken, { proof: "none", method: "GET", url: "x" }, "10.9.9.9"));
    expect(await attack(identity)).toBe("PROOF_INVALID");
    expect(await attack(credulous)).toBe("ok");
  });

  it("is not made by anybody else: other algorithms, other keys, other types", async () => {
    const claims = decodeJwt(held.accessToken);
    const forge = (alg: string, key: Uint8Array | CryptoKey, typ = "at+jwt"): Promise<string> =>
      new SignJWT(claims).setProtectedHeader({ alg, typ }).sign(key);
    const publicKey = new TextEncoder().encode(JSON.stringify(phone.key));
    const forged = [
      new UnsecuredJWT(claims).encode(),
      `${held.accessToken.split(".").slice(0, 2).join(".")}.`,
      await forge("HS256", new Uint8Array(32)),
      await forge("HS256", publicKey),
      await forge("HS512", new Uint8Array(64).fill(7)),
      await forge("ES256", phone.privateKey),
      await forge("HS256", world.options.accessKey, "dpop+jwt"),
      await new SignJWT({ ...claims, aud: "another house" })
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
        .sign(world.options.accessKey),
      await new SignJWT({ ...claims, exp: Number(claims.iat) + 601 })
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
        .sign(world.options.accessKey),
    ];
    for (const [index, accessToken] of forged.entries()) {
      const proof = await phone.proof("GET", "/v2/agents", accessToken);
      expect([index, codeOf(await identity.byDevice(accessToken, proof, `10.0.1.${index}`))]).toEqual([
        index,
        "TOKEN_INVALID",
      ]);
    }
  });
});

describe("a proof", () => {
  const tries: readonly (readonly [string, (wish: TestDevice) => Promise<ProofWish> | ProofWish])[] = [
    ["for another method", () => ({ claims: { htm: "POST" } })],
    ["for another path", () => ({ claims: { htu: "https://molt.example/v2/messages" } })],
    ["for another host", () => ({ claims: { htu: "https://evil.example/v2/agents" } })],
    ["for another scheme", () => ({ claims: { htu: "http://molt.example/v2/agents" } })],
    ["for another access token", () => ({ claims: { ath: Buffer.alloc(32).toString("base64url") } })],
    ["for no access token", () => ({ claims: { ath: undefined } })],
    ["without an id", () => ({ claims: { jti: undefined } })],
    ["with an id that is too long", () => ({ claims: { jti: "x".repeat(129) } })],
    ["of 61 seconds ago", () => ({ claims: { iat: millisecondsOf(world.clock.now()) / 1000 - 61 } })],
    ["of 61 seconds from now", () => ({ claims: { iat: millisecondsOf(world.clock.now()) / 1000 + 61 } })],
    ["without a time", () => ({ claims: { iat: undefined } })],
    ["of another type", () => ({ header: { typ: "jwt" } })],
    ["with the private part of its key", async ({ privateKey }) => ({ header: { jwk: await exportJWK(privateKey) } })],
    ["with a key that is not the one that signed", () => ({ header: { jwk: thief.key } })],
    ["without a key", () => ({ header: { jwk: undefined } })],
    [
      "that is symmetric with the public key as its secret",
      ({ key }) => ({ header: { alg: "HS256" }, signer: new TextEncoder().encode(JSON.stringify(key)) }),
    ],
    [
      "that is symmetric with a key of its own",
      async () => {
        const secret = new Uint8Array(32).fill(1);
        const jwk = { kty: "oct", k: Buffer.from(secret).toString("base64url") };
        return { header: { alg: "HS256", jwk }, signer: secret };
      },
    ],
  ];

  it.each(tries)("%s is refused", async (_, wishOf) => {
    world.clock.pass(120_000);
    expect(await ask(held, phone, await wishOf(phone))).toBe("PROOF_INVALID");
    expect(await ask(held)).toBe("ok");
  });

  it.each([
    "for another method",
    "for another path",
    "for another host",
    "for another scheme",
    "for another access token",
    "for no access token",
    "of 61 seconds ago",
    "of 61 seconds from now",
    "of another type",
    "with the private part of its key",
  ])("%s is served where only its key is looked at (unplug)", async (name) => {
    world.clock.pass(120_000);
    const wish = tries.find(([said]) => said === name)?.[1];
    if (wish === undefined) throw new Error("there is no such try");
    let count = 0;
    const blind = world.again({
      proofs: {
        check: async ({ proof }) => {
          const { kty, crv, x, y } = decodeProtectedHeader(proof).jwk ?? {};
          const key = DeviceKey.parse({ kty, crv, x, y });
          return ok({ id: `any ${(count += 1)}`, key, thumbprint: await thumbprintOf(key), madeAt: nextSecond() });
        },
      },
    });
    const attack = async (who: Identity): Promise<string> =>
      codeOf(
        await who.byDevice(
          held.accessToken,
          await phone.proof("GET", "/v2/agents", held.accessToken, await wish(phone)),
          ADDRESS,
        ),
      );
    expect(await attack(identity)).toBe("PROOF_INVALID");
    expect(await attack(blind)).toBe("ok");
  });

  it("that nobody signed is refused", async () => {
    const { proof, ...request } = await phone.proof("GET", "/v2/agents", held.accessToken);
    const [header = "", claims = ""] = proof.split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "dpop+jwt", jwk: phone.key })).toString("base64url");
    for (const text of [`${header}.${claims}.`, `${none}.${claims}.`, "", "x", "x".repeat(5_000)])
      expect(codeOf(await identity.byDevice(held.accessToken, { proof: text, ...request }, ADDRESS))).toBe(
        "PROOF_INVALID",
      );
  });

  it("is good once, and the second time is on record", async () => {
    const request = await phone.proof("GET", "/v2/agents", held.accessToken);
    expect(codeOf(await identity.byDevice(held.accessToken, request, ADDRESS))).toBe("ok");
    expect(codeOf(await identity.byDevice(held.accessToken, request, "10.9.9.9"))).toBe("PROOF_REPLAYED");
    expect(eventsOf("proof:refused")).toMatchObject([
      { fields: { deviceId: held.deviceId, problem: "PROOF_REPLAYED" }, details: { address: "10.9.9.9" } },
    ]);
    // Of two that come at once, one is the first.
    const twin = await phone.proof("GET", "/v2/agents", held.accessToken);
    const both = await Promise.all([1, 2].map(() => identity.byDevice(held.accessToken, twin, ADDRESS)));
    expect(both.map(codeOf).toSorted()).toEqual(["PROOF_REPLAYED", "ok"]);
  });

  it("is remembered for as long as it could be good", async () => {
    const ahead = { claims: { iat: Math.floor(millisecondsOf(world.clock.now()) / 1000) + 60 } };
    const request = await phone.proof("GET", "/v2/agents", held.accessToken, ahead);
    expect(codeOf(await identity.byDevice(held.accessToken, request, ADDRESS))).toBe("ok");
    for (let second = 0; second < 200; second += 1) {
      world.clock.pass(1_000);
      expect(codeOf(await identity.byDevice(held.accessToken, request, ADDRESS))).not.toBe("ok");
    }
  });

  it("of before a restart is refused after it", async () => {
    const request = await phone.proof("GET", "/v2/agents", held.accessToken);
    expect(codeOf(await identity.byDevice(held.accessToken, request, ADDRESS))).toBe("ok");
    world.clock.pass(2_000);
    const restarted = world.again();
    expect(codeOf(await restarted.byDevice(held.accessToken, request, ADDRESS))).toBe("PROOF_INVALID");
    const fresh = await phone.proof("GET", "/v2/agents", held.accessToken);
    expect(codeOf(await restarted.byDevice(held.accessToken, fresh, ADDRESS))).toBe("ok");
  });

  it("unplug: a house that does not remember proofs serves whoever listened in", async () => {
    const forgetful = world.again({ spent: { spend: () => ({ ok: true, value: undefined }) } });
    const attack = async (who: Identity): Promise<string> => {
      const request = await phone.proof("GET", "/v2/agents", held.accessToken);
      must(await who.byDevice(held.accessToken, request, ADDRESS));
      return codeOf(await who.byDevice(held.accessToken, request, "10.9.9.9"));
    };
    expect(await attack(identity)).toBe("PROOF_REPLAYED");
    world.clock.pass(1_000);
    expect(await attack(forgetful)).toBe("ok");
  });

  it("does not lock anybody out, however many are wrong", async () => {
    for (let index = 0; index < 30; index += 1) await ask(held, thief);
    expect(await ask(held)).toBe("ok");
    const { code } = must(await identity.createSignInCode(owner, { strong: false }));
    expect(codeOf(await identity.signIn(code, ADDRESS))).toBe("ok");
  });
});

describe("a refresh token", () => {
  it("is good once: the next one takes its place", async () => {
    const second = must(await refresh(identity, phone, held.refreshToken));
    expect(second.refreshToken).not.toBe(held.refreshToken);
    expect(await ask(second)).toBe("ok");
    const third = must(await refresh(identity, phone, second.refreshToken));
    expect(await ask(third)).toBe("ok");
  });

  it("that was stolen gets the thief nothing without the key, and it is on record", async () => {
    expect(codeOf(await refresh(identity, thief, held.refreshToken, "10.9.9.9"))).toBe("PROOF_INVALID");
    expect(eventsOf("refresh:refused")).toMatchObject([
      {
        fields: { deviceId: held.deviceId, problem: "it was made with another key" },
        details: { address: "10.9.9.9" },
      },
    ]);
    expect(theDevice()?.revokedAt).toBeNull();
    expect(codeOf(await refresh(identity, phone, held.refreshToken))).toBe("ok");
  });

  it("that comes again after the device went on ends the device, whoever brings it, and it is on record", async () => {
    const second = must(await refresh(identity, phone, held.refreshToken));
    const third = must(await refresh(identity, phone, second.refreshToken));
    expect(await ask(third)).toBe("ok");
    expect(codeOf(await refresh(identity, thief, held.refreshToken, "10.9.9.9"))).toBe("REFRESH_REUSED");
    expect(theDevice()?.revokedAt).toBe(world.clock.now());
    expect(await ask(third)).toBe("TOKEN_INVALID");
    expect(codeOf(await refresh(identity, phone, third.refreshToken))).toBe("REFRESH_INVALID");
    expect(eventsOf("device:reused")).toMatchObject([
      { fields: { deviceId: held.deviceId, principalId: owner.id }, details: { address: "10.9.9.9" } },
    ]);
    expect(world.changes).toEqual(["paired", "reused"]);
  });

  it("of before the answer that was lost is good for half a minute with the same key, and ends the device after it", async () => {
    must(await refresh(identity, phone, held.refreshToken)); // the answer never arrives
    world.clock.pass(29_999);
    const again = must(await refresh(world.again(), phone, held.refreshToken));
    expect(await ask(again)).toBe("ok");
    world.clock.pass(1);
    expect(codeOf(await refresh(identity, phone, held.refreshToken))).toBe("REFRESH_REUSED");
    expect(theDevice()?.revokedAt).not.toBeNull();
  });

  it("that was on its way to a device which came back without it ends the device when it turns up", async () => {
    const lost = must(await refresh(identity, phone, held.refreshToken));
    must(await refresh(identity, phone, held.refreshToken));
    expect(codeOf(await refresh(identity, phone, lost.refreshToken))).toBe("REFRESH_REUSED");
  });

  it("is refused with a proof that was used, and stays good", async () => {
    const request = await phone.proof("POST", "/v2/devices/token");
    const second = must(await identity.refreshDevice(held.refreshToken, request, ADDRESS));
    expect(codeOf(await identity.refreshDevice(second.refreshToken, request, ADDRESS))).toBe("PROOF_REPLAYED");
    expect(eventsOf("refresh:refused")).toHaveLength(1);
    expect(codeOf(await refresh(identity, phone, second.refreshToken))).toBe("ok");
  });

  it("is not guessed: wrong ones lock the address, and no device that has one", async () => {
    const codes: string[] = [];
    for (let index = 0; index < 30; index += 1)
      codes.push(codeOf(await refresh(identity, thief, `mbr_${String(index).padStart(43, "x")}`)));
    expect(new Set(codes)).toEqual(new Set(["REFRESH_INVALID", "LOCKED_OUT"]));
    expect(codeOf(await refresh(identity, phone, held.refreshToken))).toBe("ok");
  });

  it("unplug: a store that knows no spent tokens lets a copy live beside the device", async () => {
    const careless = {
      ...world.options,
      devices: {
        ...world.store.deviceRepository,
        rotate: async () => ({ ok: true, value: true }) as const,
      },
    };
    const { createIdentity } = await import("./index.ts");
    const weak = createIdentity(careless);
    // A thief with the key too: rotation and its memory are what is left.
    const attack = async (who: Identity): Promise<string> => {
      must(await refresh(who, phone, held.refreshToken));
      world.clock.pass(60_000);
      return codeOf(await refresh(who, phone, held.refreshToken, "10.9.9.9"));
    };
    expect(await attack(weak)).toBe("ok");
    expect(await attack(identity)).toBe("REFRESH_REUSED");
    expect(theDevice()?.revokedAt).not.toBeNull();
  });
});

describe("a pairing code", () => {
  const tryCode = async (code: string, address = "10.0.0.7", device = thief): Promise<string> =>
    codeOf(
      await identity.pairDevice(
        { code, name: "x", key: device.key },
        await device.proof("POST", "/v2/devices"),
        address,
      ),
    );

  it("is forty bits without look-alikes, kept as a MAC, and pairs one device, however it is typed", async () => {
    const { code } = must(await identity.createPairing(owner));
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(JSON.stringify([world.store.pairings, world.recorded])).not.toContain(code.slice(0, 4));
    const typed = code.toLowerCase().replace("-", " ").replaceAll("0", "o").replaceAll("1", "l");
    expect(await tryCode(typed)).toBe("ok");
    expect(await tryCode(code, "10.0.0.8")).toBe("PAIRING_INVALID");
    expect(world.store.devices.size).toBe(2);
    expect(eventsOf("device:paired")).toHaveLength(2);
  });

  it("is refused after ten minutes, and pairs nothing that cannot be recorded", async () => {
    const { code } = must(await identity.createPairing(owner));
    world.clock.pass(10 * 60_000);
    expect(await tryCode(code)).toBe("PAIRING_INVALID");
    const fresh = must(await identity.createPairing(owner));
    world.auditWorks = false;
    expect(codeOf(await identity.createPairing(owner))).toBe("AUDIT_UNWRITABLE");
    expect(await tryCode(fresh.code, "10.0.0.8")).toBe("AUDIT_UNWRITABLE");
    expect(world.store.devices.size).toBe(1);
  });

  it("is not spent by a key that does not prove itself", async () => {
    const { code } = must(await identity.createPairing(owner));
    const foreign = await thief.proof("POST", "/v2/devices");
    const wish = { code, name: "x", key: phone.key };
    expect(codeOf(await identity.pairDevice(wish, foreign, ADDRESS))).toBe("PROOF_INVALID");
    expect(codeOf(await identity.pairDevice(wish, { ...foreign, proof: "x" }, ADDRESS))).toBe("PROOF_INVALID");
    expect(await tryCode(code)).toBe("ok");
  });

  it("cannot be guessed from one address, nor from a thousand", async () => {
    for (let index = 0; index < 30; index += 1) await tryCode("AAAA-AAAA");
    expect(await tryCode("AAAA-AAAA")).toBe("LOCKED_OUT");
    const { code } = must(await identity.createPairing(owner));
    const proof = () => thief.proof("POST", "/v2/devices");
    let tried = 0;
    for (let index = 0; index < 1_000; index += 1) {
      const answer = await identity.pairDevice(
        { code: `ZZZZ-${String(index).padStart(4, "0")}`, name: "x", key: thief.key },
        await proof(),
        `10.1.${index >> 8}.${index & 255}`,
      );
      if (codeOf(answer) === "PAIRING_INVALID") tried += 1;
    }
    expect(tried).toBeLessThan(1_000);
    expect(await tryCode(code, "10.2.0.1")).toBe("LOCKED_OUT");
    // And nobody is kept from coming in by anything else.
    expect(await ask(held)).toBe("ok");
    world.clock.pass(10 * 60_000);
    const next = must(await identity.createPairing(owner));
    expect(await tryCode(next.code, "10.2.0.1")).toBe("ok");
  });

  it("unplug: where nobody counts, whoever goes on long enough is in", async () => {
    const patient = world.again({
      lockout: { remaining: () => 0, wrong: () => false },
      tries: { open: () => ({ ok: true, value: undefined }), wrong: () => undefined },
    });
    const attack = async (who: Identity): Promise<string> => {
      const { code } = must(await who.createPairing(owner));
      const guess = async (text: string): Promise<string> =>
        codeOf(
          await who.pairDevice(
            { code: text, name: "x", key: thief.key },
            await thief.proof("POST", "/v2/devices"),
            "10.0.0.7",
          ),
        );
      for (let index = 0; index < 40; index += 1) await guess(`ZZZZ-${String(index).padStart(4, "0")}`);
      return guess(code);
    };
    expect(await attack(identity)).toBe("LOCKED_OUT");
    expect(world.store.devices.size).toBe(1);
    expect(await attack(patient)).toBe("ok");
    expect(world.store.devices.size).toBe(2);
  });

  it("dies with its person", async () => {
    const { code } = must(await identity.createPairing(owner));
    must(await identity.endPerson(owner, owner.id));
    expect(await tryCode(code)).toBe("PAIRING_INVALID");
  });
});

describe("the keys of proofs", () => {
  it("are not taken from what signs access tokens", async () => {
    const secret = await generateSecret("HS256", { extractable: true });
    const jwk = await exportJWK(secret);
    expect(await ask(held, phone, { header: { alg: "HS256", jwk }, signer: world.options.accessKey })).toBe(
      "PROOF_INVALID",
    );
    expect(testCrypto.hash(held.accessToken)).toHaveLength(64);
  });
});
