import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { randomBytes, sealBytes } from "../crypto/index.ts";
import { must, testOptions } from "./testing/open-test-vault.ts";
import { testSecrets } from "./testing/open-test-secrets.ts";
import { SETTER, sealerOf, textOfVersion2 } from "./testing/old-secrets.ts";
import { stepsUntil } from "./testing/steps-until.ts";
import { openSecrets } from "./secrets.ts";
import { diskOver, realDisk } from "./vault-disk.ts";

const VALUES = { weather: "sunny", mail: "letters" };
const as = async (value: string): Promise<string> => value;

/** A folder with a file of version 2, and how to open it. */
const oldSecrets = () => {
  const bench = testSecrets();
  const values = sealerOf(bench.key);
  const file = join(bench.directory, "secrets.json");
  writeFileSync(file, textOfVersion2(bench.key, VALUES, values));
  return { ...bench, values, file, open: async () => bench.opened({ values, destroy: async () => ok(undefined) }) };
};

describe("secrets of version 2", () => {
  it("become the house's, each with an id that stays, and keep all else that was known of them", async () => {
    const { open, file } = oldSecrets();
    const secrets = await open();
    const first = secrets.keeper.list();
    expect(first).toMatchObject(
      ["mail", "weather"].map((name) => ({
        name,
        ownerId: null,
        kind: "api-key",
        hosts: [`${name}.example`],
        createdAt: "2026-01-02T03:04:05.000Z",
        rotateEveryDays: 30,
        lastUsedAt: "2026-01-02T03:04:05.000Z",
        rotationDue: true,
      })),
    );
    expect(new Set(first.map(({ id }) => id)).size).toBe(2);
    expect(readFileSync(file, "utf8")).toMatch(/^\{"version":3,/);
    await secrets.close();
    const again = await open();
    expect(again.keeper.list().map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    for (const [name, value] of Object.entries(VALUES))
      expect(await again.lend(name, `${name}.example`, as)).toEqual(ok(value));
    // Whoever set them has none of them as their own.
    expect(again.keeper.named(SETTER, "weather")).toBeNull();
    expect(must(await again.keeper.removeAllOf(SETTER))).toBe(0);
  });

  it("have what was to be destroyed destroyed, once the new file is written", async () => {
    const { opened, values, file } = oldSecrets();
    const destroyed: (readonly string[])[] = [];
    await opened({
      values,
      destroy: async (subjects) => {
        expect(readFileSync(file, "utf8")).toMatch(/^\{"version":3,/);
        destroyed.push(subjects);
        return ok(undefined);
      },
    });
    expect(destroyed).toEqual([["secret:00000000-0000-4000-8000-00000000dead"]]);
  });

  it("open at whichever step the power goes, whole, with ids that no later opening changes, and nothing is left behind", async () => {
    let finished = false;
    for (let last = 0; !finished; last += 1) {
      const { directory, key, clock, values, file } = oldSecrets();
      const { steps, done } = stepsUntil(last);
      const ports = { directory, key, clock, values };
      const cut = await openSecrets({ ...ports, disk: diskOver(steps) });
      finished = done() <= last;
      expect(cut.ok, `step ${String(last)}`).toBe(finished);
      const ids = cut.ok ? cut.value.keeper.list().map(({ id }) => id) : null;
      const after = must(await openSecrets({ ...ports, disk: realDisk }));
      if (ids !== null) expect(after.keeper.list().map(({ id }) => id)).toEqual(ids);
      for (const [name, value] of Object.entries(VALUES))
        expect(await after.lend(name, `${name}.example`, as), `step ${String(last)}`).toEqual(ok(value));
      await after.close();
      expect(readdirSync(directory), `step ${String(last)}`).toEqual(["secrets.json"]);
      expect(readFileSync(file, "utf8")).toMatch(/^\{"version":3,/);
      expect(last).toBeLessThan(100);
    }
  });

  it("open after kill -9 at any moment of their upgrade, whole, and with ids that were never taken back", async () => {
    const child = fileURLToPath(new URL("testing/upgrade-until-killed.ts", import.meta.url));
    const key = randomBytes(32);
    for (let round = 0; round < 10; round += 1) {
      const { directory } = testOptions();
      mkdirSync(directory, { recursive: true });
      const process_ = spawn(process.execPath, [child, directory, Buffer.from(key).toString("base64url")]);
      let [text, complaint] = ["", ""];
      process_.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      process_.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
      await new Promise<void>((resolve) => process_.stdout.once("data", () => resolve()));
      await new Promise((resolve) => setTimeout(resolve, round * 3.7));
      process_.kill("SIGKILL");
      await new Promise((resolve) => process_.once("close", resolve));
      expect(complaint).toBe("");
      // The first file may not have had its name yet.
      const names = readdirSync(directory);
      if (!names.includes("secrets.json")) continue;
      const options = { directory, key, values: sealerOf(key), disk: realDisk, clock: testSecrets().clock };
      const secrets = must(await openSecrets(options));
      for (const [name, value] of Object.entries(VALUES))
        expect(await secrets.lend(name, `${name}.example`, as), `round ${String(round)}`).toEqual(ok(value));
      const ids = secrets.keeper.list().map(({ name, id }) => `${name}=${id}`);
      // What it said last of a new file, unless it had begun with an old one again.
      const said = text.split("\n").at(-2) ?? "";
      if (said.startsWith("new ")) expect(`new ${ids.join(" ")}`).toBe(said);
      await secrets.close();
      const again = must(await openSecrets(options));
      expect(again.keeper.list().map(({ name, id }) => `${name}=${id}`)).toEqual(ids);
      await again.close();
      expect(readdirSync(directory).filter((name) => name.startsWith("."))).toEqual([]);
    }
  }, 60_000);
});

describe("what a crash left of the file", () => {
  it("is overwritten and gone after the next opening, and where it cannot be, the secrets stay closed", async () => {
    const { directory, key, clock, values } = oldSecrets();
    const left = join(directory, ".secrets.json.1.old");
    writeFileSync(left, "names and hosts of somebody who was erased");
    const ports = { directory, key, clock, values };
    const stuck = diskOver({
      ...stepsUntil(Number.POSITIVE_INFINITY).steps,
      write: () => {
        throw Object.assign(new Error("the power is gone"), { code: "EIO" });
      },
    });
    expect(await openSecrets({ ...ports, disk: stuck })).toMatchObject({ error: { code: "VAULT_LOCKED" } });
    await must(await openSecrets({ ...ports, disk: realDisk })).close();
    expect(readdirSync(directory)).toEqual(["secrets.json"]);
  });
});

describe("a file of version 3", () => {
  const written = (key: Uint8Array, value: unknown): string =>
    `${JSON.stringify({ version: 3, sealed: Buffer.from(sealBytes(key, JSON.stringify(value), "moltbot:secrets:v3")).toString("base64url") })}\n`;
  const kept = (change: object = {}) => ({
    subject: "secret:00000000-0000-4000-8000-000000000001",
    sealed: "AAAA",
    name: "weather",
    kind: "other",
    hosts: ["a.example"],
    ownerId: null,
    createdAt: "2026-01-02T03:04:05.000Z",
    rotatedAt: "2026-01-02T03:04:05.000Z",
    expiresAt: null,
    rotateEveryDays: null,
    lastUsedAt: null,
    ...change,
  });
  const [one, other] = ["01930000-0000-7000-8000-00000000000a", "01930000-0000-7000-8000-00000000000b"] as const;

  it.each<readonly [string, Readonly<Record<string, object>>, boolean]>([
    ["two of one name for one owner", { [one]: kept(), [other]: kept() }, false],
    ["a key that is no id", { weather: kept() }, false],
    ["one without a name", { [one]: kept({ name: undefined }) }, false],
    ["two of one name for two owners", { [one]: kept(), [other]: kept({ ownerId: SETTER }) }, true],
  ])("with %s", async (_what, secrets, good) => {
    const bench = testSecrets();
    writeFileSync(join(bench.directory, "secrets.json"), written(bench.key, { secrets, retired: [] }));
    const opened = await bench.open();
    expect(opened.ok ? "ok" : opened.error.code).toBe(good ? "ok" : "VAULT_DAMAGED");
  });

  it("is not taken for another version's, nor another version's for it", async () => {
    const bench = testSecrets();
    const file = join(bench.directory, "secrets.json");
    const text = written(bench.key, { secrets: {}, retired: [] });
    for (const version of [1, 2, 4]) {
      writeFileSync(file, text.replace('"version":3', `"version":${String(version)}`));
      expect(await bench.open(), String(version)).toMatchObject({ ok: false, error: { code: "VAULT_DAMAGED" } });
    }
  });
});
