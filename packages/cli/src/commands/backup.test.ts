import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import { runWith } from "../testing/run-restore.ts";
import { run } from "../testing/run.ts";
import { sizeText } from "./backup.ts";
import type { Restore } from "./backup.ts";
import { progressBar } from "./progress-bar.ts";

const AT = "2026-11-22T12:00:00.000Z";
const INFO = {
  id: "01930000-0000-7000-8000-000000000001",
  kind: "backup",
  file: "/copies/a.backup",
  at: AT,
  bytes: 2_048,
  rows: 12,
  generation: 3,
  present: true,
};
const REPORT = {
  ok: true,
  file: "/x",
  at: AT,
  engine: "sqlite",
  rows: 12,
  auditRecords: 5,
  attachments: 1,
  faults: [],
};
const RESTORED = {
  file: "/copies/a.backup",
  madeAt: AT,
  rows: 12,
  attachments: 1,
  auditRecords: 5,
  erasedAgain: 2,
  ended: 1,
  aside: "/home/x/before-1",
};

describe("backup create", () => {
  it("asks the gateway, with the folder as an absolute path", async () => {
    const said = await run(["backup", "create", "--folder", "copies"], {
      "POST /v2/backups": { status: 201, json: INFO },
    });
    expect(said).toMatchObject({ exit: 0, asked: [{ body: { kind: "backup", folder: resolve("copies") } }] });
    expect(said.out).toContain("/copies/a.backup");
    expect(said.out).toContain("holds no key");
  });

  it("copies the keyring instead when asked to, and says what to do with it", async () => {
    const said = await run(["backup", "create", "--keyring"], {
      "POST /v2/backups": { status: 201, json: { ...INFO, kind: "keyring", rows: 0 } },
    });
    expect(said).toMatchObject({ exit: 0, asked: [{ body: { kind: "keyring" } }] });
    expect(said.out).toContain("destroy them after an erasure");
  });
});

describe("backup list", () => {
  it("shows what was made, and whether it still lies there", async () => {
    const json = [INFO, { ...INFO, present: false, file: "/gone" }];
    const said = await run(["backup"], { "GET /v2/backups": { json } });
    expect(said.out).toMatch(/backup\s+2\.0 KiB\s+12\s+yes\s+\/copies\/a\.backup/);
    expect(said.out).toMatch(/no\s+\/gone/);
  });

  it("says so when there is none", async () => {
    expect((await run(["backup", "list"], { "GET /v2/backups": { json: [] } })).out).toContain("No backup");
  });
});

describe("backup verify", () => {
  it("tells that all is well", async () => {
    const said = await run(["backup", "verify", "a.backup"], { "POST /v2/backups/verify": { json: REPORT } });
    expect(said).toMatchObject({ exit: 0, asked: [{ body: { file: resolve("a.backup") } }] });
    expect(said.out).toContain("whole and unchanged");
  });

  it("ends with 1 and the faults when it is damaged", async () => {
    const json = { ...REPORT, ok: false, faults: ["frame 3 is not what was written there"] };
    const said = await run(["backup", "verify", "a.backup"], { "POST /v2/backups/verify": { json } });
    expect(said.exit).toBe(1);
    expect(said.out).toContain("frame 3");
  });

  it("prints one JSON value with --json", async () => {
    const said = await run(["backup", "verify", "a.backup", "--json"], { "POST /v2/backups/verify": { json: REPORT } });
    expect(JSON.parse(said.out)).toEqual(REPORT);
  });
});

describe("backup restore", () => {
  const asking =
    (answer: { wanted: boolean | null }): Restore =>
    async (wish) => {
      wish.progress("Reading the backup", 1, 2);
      answer.wanted = await wish.confirm({ home: "/home/x", madeAt: AT, rows: 12, replaces: true });
      return ok(answer.wanted ? RESTORED : null);
    };

  it("restores without a question after --yes, and says what it did", async () => {
    const answer = { wanted: null };
    const said = await runWith(["backup", "restore", "a.backup", "--yes"], asking(answer));
    expect(answer.wanted).toBe(true);
    expect(said.exit).toBe(0);
    for (const word of ["12 rows", "stays erased (2", "1 that were under way", "/home/x/before-1"])
      expect(said.out).toContain(word);
    expect(said.err).toContain("Reading the backup");
  });

  it("replaces nothing where nobody can be asked", async () => {
    expect(await runWith(["backup", "restore", "a.backup"], asking({ wanted: null }))).toMatchObject({ code: "USAGE" });
    expect(await runWith(["backup", "restore", "a.backup", "--json"], asking({ wanted: null }))).toMatchObject({
      code: "USAGE",
    });
  });

  it("asks nothing when there is nothing to replace, and hands its options on", async () => {
    let wish: Parameters<Restore>[0] | null = null;
    const restore: Restore = async (given) => {
      wish = given;
      expect(await given.confirm({ home: "/h", madeAt: AT, rows: 1, replaces: false })).toBe(true);
      return ok({ ...RESTORED, aside: null, erasedAgain: 0, ended: 0 });
    };
    const words = ["--with-settings", "--passphrase-fd", "3", "--passphrase-file", "/p"];
    const said = await runWith(["backup", "restore", "a.backup", "--json", ...words], restore);
    expect(JSON.parse(said.out)).toMatchObject({ rows: 12, aside: null });
    expect(wish).toMatchObject({
      file: resolve("a.backup"),
      withSettings: true,
      passphraseDescriptor: 3,
      passphraseFile: "/p",
    });
  });

  it("ends with 1 when the person does not want it, and with the error's code when it fails", async () => {
    expect(await runWith(["backup", "restore", "a"], async () => ok(null))).toMatchObject({ exit: 1 });
    const refused: Restore = async () => err(moltbotError("HOME_IN_USE", { pid: 1, home: "/h" }));
    expect(await runWith(["backup", "restore", "a"], refused)).toMatchObject({ code: "HOME_IN_USE" });
    expect(await runWith(["backup", "restore", "a", "--passphrase-fd", "x"], refused)).toMatchObject({ code: "USAGE" });
  });
});

describe("sizes and bars", () => {
  it("writes sizes for people", () => {
    expect([0, 1, 1_023, 1_024, 1_536, 5 * 1024 ** 3].map(sizeText)).toEqual([
      "0 B",
      "1 B",
      "1023 B",
      "1.0 KiB",
      "1.5 KiB",
      "5.0 GiB",
    ]);
  });

  it("draws over itself on a terminal and leaves nothing behind", () => {
    let text = "";
    let time = 0;
    const bar = progressBar({ isTTY: true, write: (more) => (text += more) }, false, () => (time += 100));
    bar.show("Reading", 1, 2);
    expect(text).toBe(`  Reading  ${"█".repeat(12)}${"░".repeat(12)} 50 %`);
    bar.show("Checking", 0, 1);
    expect(text.endsWith("  Checking")).toBe(true);
    bar.end();
    expect(text.endsWith(`\r${" ".repeat(10)}\r`)).toBe(true);
  });

  it("draws seldom, and says each step once elsewhere", () => {
    let text = "";
    const still = progressBar({ isTTY: true, write: (more) => (text += more) }, false, () => 0);
    still.show("Reading", 1, 2);
    const first = text;
    still.show("Reading", 2, 2);
    expect(text).toBe(first);
    text = "";
    const plain = progressBar({ write: (more) => (text += more) }, false);
    for (const done of [0, 1, 2]) plain.show("Reading", done, 2);
    plain.end();
    expect(text).toBe("  · Reading\n");
    progressBar({ write: (more) => (text += more) }, true).show("x", 1, 2);
    expect(text).toBe("  · Reading\n");
  });
});
