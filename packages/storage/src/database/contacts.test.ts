import { ContactId, PrincipalId, ok } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { hmacSha256, sha256Hex } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Database } from "./index.ts";
import {
  aContact,
  codeOf,
  later,
  memorySealer,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "./testing/world.ts";
import { onEveryEngine } from "./testing/engines.ts";
import type { TestOptions } from "./testing/world.ts";

onEveryEngine((engine) => {
  const ada = person();
  const bob = person(ada.tenantId);
  const me = scopeOf(ada);
  let options: TestOptions;
  let sealer: ReturnType<typeof memorySealer>;
  let db: Database;

  beforeEach(async () => {
    sealer = memorySealer();
    options = engine.options({ sealer });
    db = await openTest(options);
    return () => db.close();
  });
  afterAll(removeFolders);

  /** Every value of the table, as whoever has the database's key reads it. */
  const rawContacts = async (of: TestOptions): Promise<readonly unknown[]> => {
    const raw = await engine.intruder(of);
    const rows = await raw.ask("select * from contacts");
    await raw.close();
    return rows.flatMap((row) => Object.values(row));
  };
  const holds = (values: readonly unknown[], text: string): boolean =>
    values.some((value) => (Buffer.isBuffer(value) ? value.includes(text) : String(value).includes(text)));

  describe("a trusted directory", () => {
    it("comes back after a restart in the order confirmed, without what was removed", async () => {
      const second = must(await db.contacts.create(me, aContact(ada, { address: "b@x.org", confirmedAt: later(1) })));
      const first = must(await db.contacts.create(me, aContact(ada, { address: "a@x.org", kind: "channel" })));
      const third = must(await db.contacts.create(me, aContact(ada, { address: "c@x.org", confirmedAt: later(2) })));
      await db.close();
      db = await openTest(options);
      expect(must(await db.contacts.list(me))).toStrictEqual([first, second, third]);
      expect(must(await db.contacts.remove(me, second.id))).toEqual(second);
      expect(codeOf(await db.contacts.remove(me, second.id))).toBe("NOT_FOUND");
      expect(codeOf(await db.contacts.remove(me, next(ContactId)))).toBe("NOT_FOUND");
      expect(must(await db.contacts.list(me))).toStrictEqual([first, third]);
      expect(must(await db.contacts.ofAddresses(me, ["b@x.org"]))).toEqual([]);
    });

    it("finds by the canonical form of an address, and nothing else", async () => {
      const kept = must(await db.contacts.create(me, aContact(ada, { address: "  Bob@EXAMPLE.org " })));
      expect(kept.address).toBe("Bob@example.org");
      for (const address of ["Bob@example.org", "Bob@Example.ORG", " Bob@example.org "])
        expect(must(await db.contacts.ofAddresses(me, [address]))).toEqual([kept]);
      const others = [
        "bob@example.org",
        "Bob@example.org.evil.test",
        "Bob@example.or",
        "B",
        "",
        "%",
        "Bob@example.org\u200B",
      ];
      expect(must(await db.contacts.ofAddresses(me, others))).toEqual([]);
      expect(must(await db.contacts.ofAddresses(me, []))).toEqual([]);
      expect(must(await db.contacts.ofAddresses(me, [...others, kept.address, kept.address]))).toEqual([kept]);
    });

    it("holds an address once per person: the same again is the first, another name a conflict", async () => {
      const first = must(await db.contacts.create(me, aContact(ada)));
      expect(must(await db.contacts.create(me, aContact(ada, { address: "bob@EXAMPLE.org" })))).toEqual(first);
      expect(codeOf(await db.contacts.create(me, aContact(ada, { name: "Mallory" })))).toBe("CONFLICT");
      expect(must(await db.contacts.list(me))).toEqual([first]);
      const his = must(await db.contacts.create(scopeOf(bob), aContact(bob, { name: "Mallory" })));
      expect(must(await db.contacts.ofAddresses(scopeOf(bob), [his.address]))).toEqual([his]);
      expect(must(await db.contacts.ofAddresses(scopeOf(ada, "tenant"), [his.address]))).toHaveLength(2);
      must(await db.contacts.remove(me, first.id));
      expect(must(await db.contacts.create(me, aContact(ada, { name: "Mallory" }))).name).toBe("Mallory");
    });

    it("finds exactly what was confirmed, whatever the addresses are", async () => {
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(fc.string({ minLength: 2, maxLength: 12 }), { maxLength: 6 }), async (all) => {
          const owner = { ...ada, id: next(PrincipalId) };
          const scope = scopeOf(owner);
          const kept = [];
          for (const address of all.slice(0, 3)) {
            const made = await db.contacts.create(scope, aContact(owner, { address }));
            if (made.ok) kept.push(made.value.address);
          }
          const found = must(await db.contacts.ofAddresses(scope, all)).map(({ address }) => address);
          const canonical = new Set(kept);
          expect(found.toSorted()).toEqual([...canonical].toSorted());
        }),
        { numRuns: 40 },
      );
    });
  });

  describe("what the file holds of a directory", () => {
    it("is neither a name nor an address nor a MAC that a guess reproduces without the person's key", async () => {
      must(await db.contacts.create(me, aContact(ada, { name: "Canaryname", address: "canary@example.org" })));
      const values = await rawContacts(options);
      for (const text of ["Canaryname", "canary", "example.org"]) expect(holds(values, text)).toBe(false);
      const guess = JSON.stringify(["contact address", "canary@example.org"]);
      const guesses = [
        sha256Hex("canary@example.org"),
        sha256Hex(guess),
        Buffer.from(hmacSha256("key" in options ? options.key : new Uint8Array(32), guess)).toString("hex"),
      ];
      for (const hash of guesses) expect(holds(values, hash)).toBe(false);
    });

    it("differs from person to person, so nobody's directory tells of another's", async () => {
      must(await db.contacts.create(me, aContact(ada)));
      must(await db.contacts.create(scopeOf(bob), aContact(bob)));
      const macs = (await rawContacts(options)).filter(
        (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
      );
      expect(macs).toHaveLength(2);
      expect(new Set(macs).size).toBe(2);
    });

    it("is found by nobody once the person's key is erased, and looking makes no new key", async () => {
      const keys = new Map<string, Uint8Array>();
      const mine = memorySealer(keys);
      const other = await openTest(engine.options({ sealer: mine }));
      must(await other.contacts.create(me, aContact(ada)));
      mine.erase(`person:${ada.id}`);
      expect(must(await other.contacts.ofAddresses(me, ["bob@example.org"]))).toEqual([]);
      expect(codeOf(await other.contacts.list(me))).toBe("CONTENT_UNREADABLE");
      expect(keys.has(`person:${ada.id}`)).toBe(false);
      await other.close();
    });
  });

  describe("unplug: with a hash that needs no key", () => {
    it("whoever reads the file confirms a guessed address, and finds it with two people", async () => {
      const keyless: ContentSealer = { ...sealer, mac: (_subjects, _purpose, text) => ok(sha256Hex(text)) };
      const weak = engine.options({ sealer: keyless });
      const other = await openTest(weak);
      for (const owner of [ada, bob])
        must(await other.contacts.create(scopeOf(owner), aContact(owner, { address: "canary@example.org" })));
      const guess = sha256Hex("canary@example.org");
      expect((await rawContacts(weak)).filter((value) => value === guess)).toHaveLength(2);
      await other.close();
    });
  });
});
