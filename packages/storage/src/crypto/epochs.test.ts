import fc from "fast-check";
import { err, moltbotError, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { createContentSealer, hkdfSha256, openBytes, randomBytes, sealBytes } from "./index.ts";
import type { ContentSealer, SubjectKeys } from "./index.ts";

const unreadable = { ok: false, error: { code: "CONTENT_UNREADABLE", context: {} } };

/** Subject keys with epochs, as the vault keeps them. */
const ring = () => {
  const held = new Map<string, Map<number, Uint8Array>>();
  let epoch = 0;
  let writes = 0;
  const of = (subject: string): Map<number, Uint8Array> => {
    const found = held.get(subject) ?? new Map<number, Uint8Array>();
    held.set(subject, found);
    return found;
  };
  const keys: SubjectKeys = {
    epoch: () => epoch,
    find: (subject, at) => {
      const epochs = [...(held.get(subject)?.keys() ?? [])].toSorted((a, b) => a - b);
      const chosen = at === "first" ? epochs[0] : epochs.findLast((one) => one <= at);
      return chosen === undefined ? null : (held.get(subject)?.get(chosen) ?? null);
    },
    findOrCreate: (subject) => {
      const found = of(subject).get(epoch) ?? randomBytes(32);
      of(subject).set(epoch, found);
      return ok(found);
    },
    createMany: (subjects) => {
      if (subjects.includes("person:refused")) return err(moltbotError("VAULT_LOCKED", { problem: "a test says so" }));
      writes += 1;
      for (const subject of subjects) if (!of(subject).has(epoch)) of(subject).set(epoch, randomBytes(32));
      return ok(undefined);
    },
  };
  return { keys, held, writes: () => writes, turn: () => void (epoch += 1) };
};

const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error("expected a success");
  return result.value;
};

describe("content of several epochs", () => {
  it("is of format 2 with its epoch in front, and each record opens under the keys of its own", () => {
    const { keys, turn } = ring();
    const sealer = createContentSealer(keys);
    const sealed = [0, 1, 2].map((epoch) => {
      const record = must(sealer.seal(["person:1", "conversation:1"], "r", `of ${String(epoch)}`));
      expect([...record.subarray(0, 5)]).toEqual([2, 0, 0, 0, epoch]);
      turn();
      return record;
    });
    for (const [epoch, record] of [...sealed, ...sealed.toReversed()].entries())
      expect(sealer.open(["conversation:1", "person:1"], "r", record)).toEqual(
        ok(`of ${String(epoch < 3 ? epoch : 5 - epoch)}`),
      );
  });

  it("opens with the newest key up to its epoch where a subject has none of just that one", () => {
    const { keys, held, turn } = ring();
    const sealer = createContentSealer(keys);
    must(keys.findOrCreate("person:1"));
    turn();
    const record = must(sealer.seal(["person:1"], "r", "x"));
    expect(sealer.open(["person:1"], "r", record)).toEqual(ok("x"));
    // Its key of epoch 1 is gone: the older one must not stand in for it.
    held.get("person:1")?.delete(1);
    expect(sealer.open(["person:1"], "r", record)).toMatchObject(unreadable);
  });

  it("keeps a record of format 1 readable, also after keys were rotated", () => {
    const { keys, turn } = ring();
    const key = must(keys.findOrCreate("person:1"));
    const info = `moltbot:content:v1\n${JSON.stringify(["person:1"])}`;
    const old = sealBytes(hkdfSha256(key, "", info), "from before", "moltbot:content:v1\nmessage:1");
    const sealer = createContentSealer(keys);
    expect(sealer.open(["person:1"], "message:1", old)).toEqual(ok("from before"));
    turn();
    must(sealer.seal(["person:1"], "message:2", "now"));
    expect(sealer.open(["person:1"], "message:1", old)).toEqual(ok("from before"));
    expect(sealer.open(["person:1"], "message:2", old)).toMatchObject(unreadable);
    expect(sealer.open(["person:2"], "message:1", old)).toMatchObject(unreadable);
  });

  it("finds the same text again after keys were rotated", () => {
    const { keys, turn } = ring();
    const sealer = createContentSealer(keys);
    must(keys.findOrCreate("person:1"));
    const before = sealer.mac(["person:1"], "address", "a@x");
    turn();
    must(sealer.seal(["person:1"], "r", "x"));
    expect(sealer.mac(["person:1"], "address", "a@x")).toEqual(before);
  });

  it("makes all missing keys with one write, and none when one may not be made", () => {
    const { keys, writes } = ring();
    const sealer = createContentSealer(keys);
    must(sealer.seal(["person:1", "conversation:1", "memory:1"], "r", "x"));
    expect(writes()).toBe(1);
    expect(sealer.prepare(["person:1", "memory:2", "memory:2"])).toEqual(ok(undefined));
    expect(sealer.prepare([])).toMatchObject(unreadable);
    expect(sealer.prepare(["person:refused"])).toMatchObject({ error: { code: "VAULT_LOCKED" } });
    expect(sealer.seal(["person:refused"], "r", "x")).toMatchObject({ error: { code: "VAULT_LOCKED" } });
  });

  it("is refused after any change to a byte, to its subjects, to its record or to its epoch", () => {
    const { keys, turn } = ring();
    const sealer = createContentSealer(keys);
    const subjects = ["conversation:1", "person:1", "person:2"];
    for (let epoch = 0; epoch < 3; epoch += 1) {
      must(sealer.prepare(subjects));
      turn();
    }
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 30 }),
        fc.uuid(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(4),
        (text, record, place, change, epoch) => {
          const plain = text.toWellFormed();
          const sealed = must(sealer.seal(["conversation:1", "person:1"], record, plain));
          expect(sealer.open(["conversation:1", "person:1"], record, sealed)).toEqual(ok(plain));
          const changed = Buffer.from(sealed);
          changed.writeUInt8(changed.readUInt8(place % sealed.length) ^ change, place % sealed.length);
          expect(sealer.open(["conversation:1", "person:1"], record, changed)).toMatchObject(unreadable);
          expect(sealer.open(["conversation:1", "person:2"], record, sealed)).toMatchObject(unreadable);
          expect(sealer.open(["conversation:1"], record, sealed)).toMatchObject(unreadable);
          expect(sealer.open(subjects, record, sealed)).toMatchObject(unreadable);
          expect(sealer.open(["conversation:1", "person:1"], `${record}x`, sealed)).toMatchObject(unreadable);
          const moved = Buffer.from(sealed);
          moved.writeUInt32BE(epoch, 1);
          expect(sealer.open(["conversation:1", "person:1"], record, moved).ok).toBe(epoch === 3);
        },
      ),
    );
  });

  it.each([0, 1, 4, 5, 20])("is refused when it was cut to %i bytes", (length) => {
    const sealer = createContentSealer(ring().keys);
    const sealed = must(sealer.seal(["person:1"], "r", "x"));
    expect(sealer.open(["person:1"], "r", sealed.subarray(0, length))).toMatchObject(unreadable);
  });
});

describe("unplug the epoch in the associated data", () => {
  it("lets a record pass for one of another epoch under the same keys", () => {
    const attempt = (make: (keys: SubjectKeys) => ContentSealer): boolean => {
      const { keys, turn } = ring();
      const sealer = make(keys);
      must(keys.findOrCreate("person:1"));
      const sealed = Buffer.from(must(sealer.seal(["person:1"], "r", "of epoch 0")));
      turn();
      // The subject got no key of epoch 1: both epochs open with the same one.
      sealed.writeUInt32BE(1, 1);
      return sealer.open(["person:1"], "r", sealed).ok;
    };
    const nameless = {
      seal: ((key, plain) => sealBytes(key, plain, "")) satisfies typeof sealBytes,
      open: ((key, sealed) => openBytes(key, sealed, "")) satisfies typeof openBytes,
    };
    expect(attempt((keys) => createContentSealer(keys, nameless))).toBe(true);
    expect(attempt((keys) => createContentSealer(keys))).toBe(false);
  });
});
