import { createHash, createHmac, createPublicKey, randomBytes, timingSafeEqual, verify } from "node:crypto";
import { Digest, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AuditEvent,
  AuditPort,
  AuditRecord,
  CryptoPort,
  IdPort,
  Principal,
  Result,
  SignaturePort,
} from "@moltbot/contracts";
import { buildIdentity } from "../identity.ts";
import type { Identity, Weakening } from "../identity.ts";
import type { IdentityOptions } from "../index.ts";
import { createMemoryStore, createMovedClock } from "./memory-store.ts";
import type { MemoryStore, MovedClock } from "./memory-store.ts";

export const testCrypto: CryptoPort = {
  hash: (bytes) => Digest.parse(createHash("sha256").update(bytes).digest("hex")),
  mac: (purpose, bytes) => createHmac("sha256", `key of ${purpose}`).update(bytes).digest("hex"),
  macWith: (key, bytes) => createHmac("sha256", Buffer.from(key, "hex")).update(bytes).digest("hex"),
  randomText: (length) => randomBytes(length).toString("base64url"),
  equal: (a, b) => timingSafeEqual(Buffer.from(a), Buffer.from(b)),
};

/** As the house's own checks them. */
export const testSignatures: SignaturePort = {
  isKey: (key) => {
    try {
      return createPublicKey({ key: { ...key }, format: "jwk" }).type === "public";
    } catch {
      return false;
    }
  },
  verify: (key, bytes, signature) => {
    const object = createPublicKey({ key: { ...key }, format: "jwk" });
    return key.kty === "OKP"
      ? verify(null, Buffer.from(bytes), object, signature)
      : verify("sha256", Buffer.from(bytes), { key: object, dsaEncoding: "ieee-p1363" }, signature);
  },
};

let count = 0;
export const testIds: IdPort = {
  next: (kind) => kind.parse(`01900000-0000-7000-8000-${(count += 1).toString(16).padStart(12, "0")}`),
};

export function must<T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}
export const codeOf = (result: { ok: boolean; error?: { code: string } }): string => result.error?.code ?? "ok";

/** The room over a store in memory, with its first person. */
export interface World {
  readonly identity: Identity;
  readonly owner: Principal;
  readonly clock: MovedClock;
  readonly store: MemoryStore;
  readonly recorded: AuditEvent[];
  readonly changes: string[];
  readonly options: IdentityOptions;
  /** While false, nothing can be recorded. */
  auditWorks: boolean;
  /** The same house with a control taken out, or after a restart. */
  again(weakening?: Weakening): Identity;
}

export const createWorld = async (): Promise<World> => {
  const clock = createMovedClock();
  const store = createMemoryStore(clock);
  const recorded: AuditEvent[] = [];
  const changes: string[] = [];
  const audit: AuditPort = {
    record: async (event): Promise<Result<AuditRecord>> => {
      if (!world.auditWorks) return err(moltbotError("AUDIT_UNWRITABLE"));
      recorded.push(event);
      return ok({} as AuditRecord); // the room only asks whether it was recorded
    },
    list: async () => ok([]),
    query: async () => ok([]),
    proveRecord: async () => err(moltbotError("INTERNAL")),
    proveSize: async () => err(moltbotError("INTERNAL")),
    prune: async () => ok(0),
    head: async () => err(moltbotError("INTERNAL")),
    verify: async () => err(moltbotError("INTERNAL")),
    export: async () => ok(""),
  };
  const options: IdentityOptions = {
    repository: store.repository,
    devices: store.deviceRepository,
    crypto: testCrypto,
    signatures: testSignatures,
    clock,
    ids: testIds,
    audit,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    accessKey: new Uint8Array(32).fill(7),
    lifetimes: () => ({ idleDays: 14, days: 30, deviceDays: 365 }),
  };
  const again: World["again"] = (weakening = {}) =>
    buildIdentity(
      {
        ...options,
        deviceChanged: (_, state) => void changes.push(state),
        arrived: ({ id }) => void changes.push(`arrived ${id}`),
      },
      weakening,
    );
  const identity = again();
  const world = { identity, clock, store, recorded, changes, options, auditWorks: true, again };
  const owner = must(await identity.ensureOwner("Ada"));
  return Object.assign(world, { owner });
};
