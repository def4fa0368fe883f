import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { postgresPasswordOf } from "./postgres-password.ts";

const folder = mkdtempSync(join(tmpdir(), "moltbot-pgpass-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const SERVER = { host: "db.example.org", port: 5_432, name: "moltbot", user: "ada" };

const fileOf = (text: string, mode = 0o600): string => {
  const file = join(folder, `pass-${String(Math.random())}`);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

describe("the password of a PostgreSQL server", () => {
  it.each([
    ["the line that names it all", "other:5432:moltbot:ada:no\ndb.example.org:5432:moltbot:ada:right", "right"],
    ["the first that fits", "# mine\n*:*:*:ada:first\ndb.example.org:5432:moltbot:ada:second\n", "first"],
    ["one with colons and backslashes", "*:*:*:*:a\\:b\\\\c", "a:b\\c"],
    ["none of another person's", "*:*:*:bea:hers", undefined],
    ["none of a torn line", "*:*:ada", undefined],
    ["none of an empty file", "", undefined],
  ])("is that of %s", (_what, text, password) => {
    expect(postgresPasswordOf({ PGPASSFILE: fileOf(text) }, SERVER)).toBe(password);
  });

  it("is not taken from a file that others may read, nor from one that is not there", () => {
    expect(postgresPasswordOf({ PGPASSFILE: fileOf("*:*:*:*:seen", 0o644) }, SERVER)).toBeUndefined();
    expect(postgresPasswordOf({ PGPASSFILE: join(folder, "none") }, SERVER)).toBeUndefined();
    expect(postgresPasswordOf({}, SERVER)).toBeUndefined();
  });
});
