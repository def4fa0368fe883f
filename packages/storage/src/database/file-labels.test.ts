import { Digest, INTEGRITIES, PrincipalId, joinAll, label } from "@moltbot/contracts";
import type { Label } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { codeOf, digest, must, next, openTest, person, removeFolders, scopeOf } from "./testing/world.ts";
import { onEveryEngine } from "./testing/engines.ts";

onEveryEngine((engine) => {
  const ada = person();
  const bob = person(ada.tenantId);
  const eve = person();
  const me = scopeOf(ada);
  let db: Database;
  beforeAll(async () => {
    db = await openTest(engine.options());
  });
  afterAll(async () => {
    await db.close();
    removeFolders();
  });
  const contentOf = (n: number): Digest => Digest.parse(n.toString(16).padStart(64, "0"));

  describe("the label of a file's content", () => {
    it("is what was kept, for whoever kept it, and nothing for anybody else", async () => {
      const kept = label("authority", [ada.id], [{ kind: "message", ref: "m" }]);
      expect(must(await db.fileLabels.find(me, digest))).toBeNull();
      must(await db.fileLabels.keep(me, digest, kept));
      expect(must(await db.fileLabels.find(me, digest))).toEqual(kept);
      expect(must(await db.fileLabels.find(me, contentOf(1)))).toBeNull();
      for (const other of [bob, eve]) expect(must(await db.fileLabels.find(scopeOf(other), digest))).toBeNull();
      expect(codeOf(await db.fileLabels.keep({ ...me, reach: "none" as "own" }, digest, kept))).toBe("NOT_FOUND"); // what a bug could hand in
    });

    it("is the worse of two people's, for who sees both", async () => {
      const content = contentOf(2);
      must(await db.fileLabels.keep(me, content, label("authority", "public")));
      must(await db.fileLabels.keep(scopeOf(bob), content, label("untrusted", [bob.id])));
      expect(must(await db.fileLabels.find(me, content))?.integrity).toBe("authority");
      expect(must(await db.fileLabels.find(scopeOf(ada, "tenant"), content))).toEqual(label("untrusted", [bob.id]));
    });

    it("never rises: whatever is kept again, in whatever order, it is the join of all", async () => {
      const people = [next(PrincipalId), next(PrincipalId)];
      const anyLabel: fc.Arbitrary<Label> = fc
        .tuple(
          fc.constantFrom(...INTEGRITIES),
          fc.oneof(fc.constant("public" as const), fc.subarray(people)),
          fc.subarray([{ kind: "host", ref: "example.org" } as const, { kind: "file", ref: "a" } as const]),
        )
        .map(([integrity, readers, sources]) => label(integrity, readers, sources));
      let content = 100;
      await fc.assert(
        fc.asyncProperty(fc.array(anyLabel, { minLength: 1, maxLength: 6 }), async (labels) => {
          content += 1;
          for (const each of labels) must(await db.fileLabels.keep(me, contentOf(content), each));
          expect(must(await db.fileLabels.find(me, contentOf(content)))).toEqual(joinAll(labels));
        }),
        { numRuns: 50 },
      );
    });
  });

  describe("unplug: with content that is not the same, the same words are trusted again", () => {
    it("so an untrusted text stays untrusted only while its label goes by its content", async () => {
      const stolen = contentOf(3);
      must(await db.fileLabels.keep(me, stolen, label("untrusted", "public")));
      must(await db.fileLabels.keep(me, stolen, label("authority", "public")));
      expect(must(await db.fileLabels.find(me, stolen))?.integrity).toBe("untrusted");
      must(await db.fileLabels.keep(me, contentOf(4), label("authority", "public")));
      expect(must(await db.fileLabels.find(me, contentOf(4)))?.integrity).toBe("authority");
    });
  });
});
