import { afterAll, describe, expect, it } from "vitest";
import type { AuditDetailsRow } from "../audit/index.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { must, openTest, removeFolders } from "./testing/world.ts";

afterAll(removeFolders);

const rowsOf = (from: number, to: number): AuditDetailsRow[] =>
  Array.from({ length: to - from }, (_unused, at) => ({
    sequence: from + at,
    leaf: (from + at).toString(16).padStart(64, "0"),
    subject: `person:${String((from + at) % 3)}`,
    sealed: (from + at) % 2 === 0 ? Uint8Array.of(from + at, 1) : null,
  }));

onEveryEngine((engine) =>
  describe("the rows beside the audit log", () => {
    it("are stored many at a time and come back as they were", async () => {
      const db = await openTest(engine.options());
      for (const [from, to] of [
        [0, 1],
        [1, 65],
        [65, 200],
        [200, 200],
        [200, 456],
      ] as const)
        must(await db.auditDetails.put(rowsOf(from, to), from));
      const expected = rowsOf(0, 456);
      const found = must(await db.auditDetails.range(0, 1_000));
      expect(
        found.map((row) => ({ ...row, sealed: row.sealed === null ? null : Uint8Array.from(row.sealed) })),
      ).toEqual(expected);
      expect(must(await db.auditDetails.leaves(100, 103))).toEqual(
        expected.slice(100, 103).map(({ sequence, leaf }) => ({ sequence, leaf })),
      );
      expect(must(await db.auditDetails.acknowledged())).toBe(200);
      await db.close();
    });

    it("refuse a batch that leaves out a number, whole, however long it is", async () => {
      const db = await openTest(engine.options());
      const rows = rowsOf(0, 130).filter(({ sequence }) => sequence !== 100);
      expect(await db.auditDetails.put(rows, 0)).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
      expect(must(await db.auditDetails.highest())).toBe(0);
      await db.close();
    });

    it("lose what was sealed and whose it was, and keep the leaf, when retention comes", async () => {
      const db = await openTest(engine.options());
      must(await db.auditDetails.put(rowsOf(0, 2_500), 0));
      must(await db.auditDetails.forget(2_100));
      must(await db.auditDetails.forget(2_100));
      const rows = must(await db.auditDetails.range(0, 2_500));
      expect(rows.map(({ leaf }) => leaf)).toEqual(rowsOf(0, 2_500).map(({ leaf }) => leaf));
      expect(rows.slice(0, 2_100).every(({ sealed, subject }) => sealed === null && subject === "system")).toBe(true);
      expect(rows.slice(2_100).filter(({ sealed }) => sealed !== null)).toHaveLength(200);
      expect(rows[2_100]?.subject).toBe("person:0");
      await db.close();
      expect(await db.auditDetails.forget(5)).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
    });
  }),
);
