import { DeviceId, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  Device,
  DeviceTokens,
  Identified,
  IdentityPort,
  Instant,
  Principal,
  Result,
  RoleCover,
  StoredDevice,
} from "@moltbot/contracts";
import { createAccessTokens } from "./access-tokens.ts";
import { DAY, MINUTE, SECRET_BYTES } from "./counter.ts";
import type { Counter } from "./counter.ts";
import { createDpopProofs, thumbprintOf } from "./dpop-proofs.ts";
import type { DpopProofs, GoodProof } from "./dpop-proofs.ts";
import type { Holders, LookUp } from "./holders.ts";
import { createRefusals } from "./refusals.ts";
import { narrowedBy } from "./role-cover.ts";
import { createPairingTries, newPairingCode, readPairingCode } from "./pairing-codes.ts";
import type { PairingTries } from "./pairing-codes.ts";
import { createSpentProofs } from "./spent-proofs.ts";
import type { SpentProofs } from "./spent-proofs.ts";
import { createUsedAhead } from "./used-ahead.ts";

const CODE_LENGTH = 10 * MINUTE;

export type DeviceChange = (
  device: Pick<StoredDevice, "id" | "principal">,
  state: "paired" | "revoked" | "reused",
) => void;

/** What tests alone replace, to show what each one stops. */
export interface DeviceControls {
  readonly spent?: SpentProofs;
  readonly proofs?: DpopProofs;
  readonly tries?: PairingTries;
}

export interface Devices extends Pick<IdentityPort, "byDevice" | "createPairing" | "pairDevice" | "refreshDevice"> {
  listDevices(by: Principal): Promise<Result<readonly Device[]>>;
  /** Ends a device of the person's own at once; NOT_FOUND for everybody else's. */
  revokeDevice(by: Principal, id: DeviceId): Promise<Result<void>>;
}

const identifiedBy = ({ id, principal, pairedAt, roleCovers }: StoredDevice & RoleCover): Identified =>
  Object.freeze({
    principal,
    proof: Object.freeze({
      kind: "device",
      id,
      strong: true,
      at: pairedAt,
      scopes: null,
      integrity: "authority",
      ...narrowedBy(roleCovers),
    }),
  });

/**
 * Devices: paired once by a short code, known ever after by a key that never leaves them. An access token is worth nothing without
 * a fresh proof of that key. A refresh token is good once; one that comes again shows that somebody has a copy, and ends the device.
 *
 * A crash must not end an honest device: the token before the one in force stays good for thirty seconds after it was replaced, with
 * the same key and a fresh proof (the store says so); the one that never arrived is spent then, and ends the device if it is used.
 */
export const createDevices = (
  counter: Counter,
  { remember }: Holders,
  changed: DeviceChange,
  controls: DeviceControls = {},
): { readonly devices: Devices; readonly lookUp: LookUp } => {
  const { devices: store, crypto, clock, ids, cache, lifetimes, verifierOf, later, usable, isStale, note } = counter;
  const { record, recordRefusal, locked, refuse } = counter;
  const accessTokens = createAccessTokens(counter);
  const {
    spent = createSpentProofs(clock),
    proofs = createDpopProofs(counter),
    tries = createPairingTries(clock),
  } = controls;
  const noteRefusal = createRefusals(counter);
  const ahead = createUsedAhead<DeviceId>(clock, (id, at) => store.touch(id, at));

  const idleUntil = (expiresAt: Instant): Instant => {
    const idle = later(lifetimes().idleDays * DAY);
    return idle < expiresAt ? idle : expiresAt;
  };
  const newRefreshToken = (): string => `mbr_${crypto.randomText(SECRET_BYTES)}`;
  const answer = async (
    { id, principal, thumbprint }: Pick<StoredDevice, "id" | "principal" | "thumbprint">,
    refreshToken: string,
  ): Promise<DeviceTokens> => {
    const { text, expiresAt } = await accessTokens.make({ deviceId: id, principalId: principal.id, thumbprint });
    return { deviceId: id, accessToken: text, expiresAt, refreshToken };
  };

  const find = async (id: DeviceId): Promise<Result<Identified | null>> => {
    const key = `device ${id}`;
    const remembered = cache.find(key);
    if (remembered !== undefined) return ok(remembered);
    const generation = cache.generation();
    const found = await store.byId(id);
    if (!found.ok) return found;
    if (found.value === null || !usable(found.value)) return ok(null);
    ahead.found(id, found.value.lastSeenAt);
    const who = remember(identifiedBy(found.value), "device", id);
    cache.keep(generation, key, id, who, found.value.idleUntil);
    if (isStale(found.value.lastSeenAt)) await note("device", store.touch(id, clock.now()));
    return ok(who);
  };

  /** When a proof was made that was not used before, in this process or before it. */
  const spendFor = (id: DeviceId, proof: GoodProof): Result<number> => {
    if (proof.madeAt <= ahead.before(id))
      return err(moltbotError("PROOF_INVALID", { problem: "it was made before the gateway started" }));
    const spending = spent.spend(proof.thumbprint, proof.id);
    return spending.ok ? ok(proof.madeAt) : spending;
  };

  /** The code is spent by whoever knows it, once; wrong ones are counted by address and for everybody together. */
  const spendCode = async (text: string, address: string): Promise<Result<Principal>> => {
    const lock = locked(address, "pairing") ?? tries.open();
    if (!lock.ok) return lock;
    const code = readPairingCode(text);
    const used = code === null ? ok(null) : await store.usePairing(verifierOf("pairing", code), clock.now());
    if (!used.ok) return used;
    if (used.value !== null) return ok(used.value);
    tries.wrong();
    return refuse(address, moltbotError("PAIRING_INVALID"), "pairing");
  };

  const reused = async ({ id, principal }: StoredDevice, address: string): Promise<Result<never>> => {
    const ended = await store.revoke(ownScope(principal), id, clock.now());
    cache.forget(id);
    if (!ended.ok) return ended;
    await recordRefusal({
      event: "device:reused",
      actor: "system",
      fields: { deviceId: id, principalId: principal.id },
      details: { address },
      subject: `person:${principal.id}`,
    });
    changed({ id, principal }, "reused");
    return err(moltbotError("REFRESH_REUSED"));
  };

  /** Whether the proof is the device's, and is used for the first time. */
  const isTheirs = async (device: StoredDevice, proof: GoodProof, address: string): Promise<Result<void>> => {
    const own = proof.thumbprint === device.thumbprint;
    const spending = own
      ? spent.spend(proof.thumbprint, proof.id)
      : err(moltbotError("PROOF_INVALID", { problem: "it was made with another key" }));
    if (!spending.ok)
      await noteRefusal("refresh:refused", { deviceId: device.id }, spending.error, address, device.principal.id);
    return spending;
  };

  return {
    // A key of the map of holders is the device's own id.
    lookUp: (key) => find(DeviceId.parse(key)),
    devices: {
      async byDevice(accessToken, request, address) {
        const claims = await accessTokens.read(accessToken);
        if (claims === "over") return err(moltbotError("TOKEN_INVALID"));
        if (claims === "none of ours") return refuse(address, moltbotError("TOKEN_INVALID"), "device");
        const { deviceId, principalId, thumbprint } = claims;
        const proof = await proofs.check(request, accessToken);
        const theirs =
          !proof.ok || proof.value.thumbprint === thumbprint
            ? proof
            : err(moltbotError("PROOF_INVALID", { problem: "it was made with another key" }));
        const found = await find(deviceId);
        if (!found.ok) return found;
        if (found.value === null) return err(moltbotError("TOKEN_INVALID"));
        const spending = theirs.ok ? spendFor(deviceId, theirs.value) : theirs;
        if (spending.ok) {
          const kept = await ahead.keep(deviceId, spending.value);
          return kept.ok ? ok(found.value) : kept;
        }
        await noteRefusal("proof:refused", { deviceId }, spending.error, address, principalId);
        return spending;
      },

      async createPairing(principal) {
        const code = newPairingCode(crypto);
        const expiresAt = later(CODE_LENGTH);
        const recorded = await record({ event: "pairing:created", actor: principal.id, fields: { expiresAt } });
        if (!recorded.ok) return recorded;
        const kept = await store.createPairing({
          verifier: verifierOf("pairing", code.replace("-", "")),
          principalId: principal.id,
          tenantId: principal.tenantId,
          expiresAt,
        });
        return kept.ok ? ok({ code, expiresAt }) : kept;
      },

      async pairDevice({ code, name, key }, request, address) {
        const proof = await proofs.check(request, null);
        if (!proof.ok) return proof;
        const thumbprint = await thumbprintOf(key);
        if (proof.value.thumbprint !== thumbprint)
          return err(moltbotError("PROOF_INVALID", { problem: "it was made with another key" }));
        const person = await spendCode(code, address);
        if (!person.ok) return person;
        const principal = person.value;
        const spending = spent.spend(thumbprint, proof.value.id);
        if (!spending.ok) return spending;
        const id = ids.next(DeviceId);
        const expiresAt = later(lifetimes().deviceDays * DAY);
        const recorded = await record({
          event: "device:paired",
          actor: principal.id,
          fields: { deviceId: id, thumbprint, expiresAt },
          details: { name, address },
          subject: `person:${principal.id}`,
        });
        if (!recorded.ok) return recorded;
        const refreshToken = newRefreshToken();
        const kept = await store.create({
          id,
          name,
          thumbprint,
          key,
          principal,
          refreshVerifier: verifierOf("refresh", refreshToken),
          pairedAt: clock.now(),
          lastSeenAt: null,
          idleUntil: idleUntil(expiresAt),
          expiresAt,
          revokedAt: null,
        });
        if (!kept.ok) return kept;
        changed({ id, principal }, "paired");
        return ok(await answer({ id, principal, thumbprint }, refreshToken));
      },

      async refreshDevice(refreshToken, request, address) {
        const invalid = moltbotError("REFRESH_INVALID");
        const proof = await proofs.check(request, null);
        const from = verifierOf("refresh", refreshToken);
        const found = await store.byRefresh(from);
        if (!found.ok) return found;
        if (found.value === null) return locked(address, "refresh") ?? refuse(address, invalid, "refresh");
        const { device, state } = found.value;
        if (!usable(device)) return err(invalid);
        if (state === "spent") return reused(device, address);
        if (!proof.ok) {
          await noteRefusal("refresh:refused", { deviceId: device.id }, proof.error, address, device.principal.id);
          return proof;
        }
        const theirs = await isTheirs(device, proof.value, address);
        if (!theirs.ok) return theirs;
        const next = newRefreshToken();
        const rotated = await store.rotate(device.id, from, verifierOf("refresh", next), idleUntil(device.expiresAt));
        if (!rotated.ok) return rotated;
        if (rotated.value) return ok(await answer(device, next));
        // Somebody was faster with the same token, and only one of the two can be the device; unless it was ended just now.
        const still = await store.byRefresh(from);
        if (!still.ok) return still;
        return still.value !== null && usable(still.value.device) ? reused(device, address) : err(invalid);
      },

      listDevices: (by) => store.list(ownScope(by)),

      async revokeDevice(by, id) {
        const ended = await store.revoke(ownScope(by), id, clock.now());
        cache.forget(id);
        if (!ended.ok) return ended;
        changed({ id, principal: by }, "revoked");
        return record({ event: "device:revoked", actor: by.id, fields: { deviceId: id } });
      },
    },
  };
};
