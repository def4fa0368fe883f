import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { homeIn, must, newPerson, openHome, removeFolders, temporaryFolder } from "./backup/testing/rich-home.ts";
import { checkMigrations, planText } from "./check-migrations.ts";
import { lockHome } from "./home-lock.ts";

afterEach(removeFolders);

describe("checking migrations before a start", () => {
  it("says that a home of this version is up to date, and changes nothing of it", async () => {
    const home = homeIn(temporaryFolder());
    const memory = await openHome(home);
    await newPerson(memory);
    await memory.close();
    const before = readFileSync(home.database);
    const plan = must(await checkMigrations({ home, passphrase: null, engine: "sqlite" }));
    expect(plan).toMatchObject({ pending: [], problem: null });
    expect(planText(plan)).toContain("up to date");
    expect(readFileSync(home.database).equals(before)).toBe(true);
  });

  it("makes nothing where there is no home", async () => {
    const home = homeIn(temporaryFolder());
    const plan = must(await checkMigrations({ home, passphrase: null, engine: "sqlite" }));
    expect(planText(plan)).toBe("There is no database yet.");
    expect(existsSync(home.root)).toBe(false);
  });

  it("refuses while a gateway uses the home, and on PostgreSQL", async () => {
    const home = homeIn(temporaryFolder());
    await (await openHome(home)).close();
    const release = must(lockHome(home.lock));
    const refused = await checkMigrations({ home, passphrase: null, engine: "sqlite" });
    expect(refused).toMatchObject({ ok: false, error: { code: "HOME_IN_USE" } });
    release();
    expect((await checkMigrations({ home, passphrase: null, engine: "postgres" })).ok).toBe(false);
  });

  it("tells what goes through, what does not, and what was not tried", () => {
    const pending = [8, 9, 10].map((version) => ({ version, name: `step ${String(version)}` }));
    const whole = planText({ found: 7, known: 10, pending, problem: null });
    expect(whole).toContain("✓ 0008 step 8");
    expect(whole).toContain("copied the database beside itself");
    const failed = planText({ found: 7, known: 10, pending, problem: { version: 9, says: "no such table" } });
    for (const line of ["✓ 0008 step 8", "✗ 0009 step 9: no such table", "· 0010 step 10", "Nothing was changed"])
      expect(failed).toContain(line);
  });
});
