import { expect, it } from "vitest";
import { sha256Hex } from "../../crypto/index.ts";
import { postgresDialect } from "../dialect-postgres.ts";
import { sqliteDialect } from "../dialect-sqlite.ts";
import { MIGRATIONS } from "../migrate.ts";

/** The text of what was released, as it stood when it was: files of that version are out there. */
const RELEASED: Readonly<Record<number, string>> = {
  1: "3bda709177a17cb3ce145039ea28edc060660a13fd04f6f94195408d4434b71d",
  2: "658a63e100a572421682d19bb2983653e48683940deea28bd9c1774edfd1a91b",
  3: "fc0b3b40e42f0bd5dd4efa41deaa01ffce66ac9efb00799b2469e5c906515ce3",
};

it.each(Object.entries(RELEASED))(
  "migration %s says on SQLite what it said when it was released",
  (version, digest) => {
    const migration = MIGRATIONS.find((each) => each.version === Number(version));
    const statements = (migration?.statements(sqliteDialect.types) ?? []).map((each) => sqliteDialect.columns(each));
    expect(sha256Hex(JSON.stringify(statements))).toBe(digest);
  },
);

it("every statement says on PostgreSQL that texts compare by bytes and numbers have 64 bits", () => {
  const dialect = postgresDialect(1);
  const statements = MIGRATIONS.flatMap(({ statements: of, closing }) => [
    ...of(dialect.types),
    ...(closing?.(dialect.types) ?? []),
  ]).map((each) => dialect.columns(each));
  expect(statements.length).toBeGreaterThan(50);
  for (const statement of statements) {
    expect(statement).not.toMatch(/\bTEXT\b(?! COLLATE "C")/);
    expect(statement).not.toMatch(/\bINTEGER\b|\bBLOB\b|fts5/);
  }
});
