import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Digest, err, instantOf, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent, AuditPort, ClockPort, CryptoPort, IdPort, Instant } from "@moltbot/contracts";

/** A pause of a few microtasks, so that concurrent work interleaves as it would over a real database. */
export const pause = async (times = 3): Promise<void> => {
  for (let i = 0; i < times; i += 1) await Promise.resolve();
};

export interface FakeClock extends ClockPort {
  advance(milliseconds: number): void;
  set(instant: Instant): void;
}

export const START = instantOf(Date.UTC(2026, 10, 22, 12));

/** The instant so many milliseconds after the start of every test. */
export const after = (milliseconds: number): Instant => instantOf(millisecondsOf(START) + milliseconds);

export const fakeClock = (): FakeClock => {
  let wall = millisecondsOf(START);
  let monotonic = 1_000;
  return {
    now: () => instantOf(wall),
    monotonic: () => monotonic,
    advance: (milliseconds) => {
      wall += milliseconds;
      monotonic += milliseconds;
    },
    set: (instant) => {
      wall = millisecondsOf(instant);
    },
  };
};

/** The n-th id, as UUIDv7 text. */
export const idText = (n: number): string => `01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

export const fakeIds = (): IdPort => {
  let n = 0x1000;
  return {
    next: (kind) => {
      n += 1;
      return kind.parse(idText(n));
    },
  };
};

export const nodeCrypto: CryptoPort = {
  hash: (bytes) => Digest.parse(createHash("sha256").update(bytes).digest("hex")),
  mac: (purpose, bytes) => createHmac("sha256", `test key ${purpose}`).update(bytes).digest("hex"),
  macWith: (key, bytes) => createHmac("sha256", key).update(bytes).digest("hex"),
  randomText: (length) => randomBytes(length).toString("base64url"),
  equal: (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b)),
};

export interface FakeAudit extends AuditPort {
  readonly events: AuditEvent[];
  /** What the disk does with the next records. */
  fault: "none" | "refuses" | "throws";
  /** Runs while a record is being written. */
  during: ((event: AuditEvent) => void) | null;
}

const unneeded = () => Promise.resolve(err(moltbotError("NOT_FOUND", { kind: "record" })));

export const fakeAudit = (): FakeAudit => {
  const audit: FakeAudit = {
    events: [],
    fault: "none",
    during: null,
    record: async (event) => {
      await pause();
      audit.during?.(event);
      if (audit.fault === "throws") throw new Error("the disk is gone");
      if (audit.fault === "refuses") return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "full" }));
      audit.events.push(event);
      return ok({
        sequence: audit.events.length - 1,
        at: START,
        event: event.event,
        actor: event.actor,
        fields: event.fields,
        commitments: {},
      });
    },
    list: unneeded,
    query: unneeded,
    proveRecord: unneeded,
    proveSize: unneeded,
    prune: unneeded,
    head: unneeded,
    verify: unneeded,
    export: unneeded,
  };
  return audit;
};
