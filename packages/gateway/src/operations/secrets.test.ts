import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import type { DomainEvent, Result, SecretInfo } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { checkSecrets, dueSecrets } from "./secrets.ts";
import { OWNER, at, manifest } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";

const DAY = 86_400_000;
const VALUE = "canary-77aa";
const open: Awaited<ReturnType<typeof openRealHouse>>[] = [];
const start = async () => {
  const fails = { audit: false, database: false };
  const house = await openRealHouse({ catalog: [manifest("note.write", "write")], fails });
  open.push(house);
  return { ...house, fails };
};
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});
const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
const wish = { name: "weather", value: VALUE, hosts: ["api.example.com"] };

describe("secrets by the operations", () => {
  it("are stored, listed, replaced and removed, and no answer holds a value", async () => {
    const { operations, context, owner, root } = await start();
    const stored = must(await operations["secrets.set"](context(), { ...wish, kind: "api-key", rotateEveryDays: 30 }));
    expect(stored).toMatchObject({ kind: "api-key", ownerId: owner.id, rotateEveryDays: 30, rotationDue: false });
    const replaced = must(await operations["secrets.set"](context(), { ...wish, value: "new", hosts: ["b.example"] }));
    expect(replaced).toMatchObject({ kind: "api-key", hosts: ["b.example"], rotateEveryDays: 30 });
    const list = must(await operations["secrets.list"](context(), {}));
    expect(list).toEqual([replaced]);
    expect(JSON.stringify([stored, replaced, list])).not.toContain(VALUE);
    expect(await operations["secrets.remove"](context(), { name: "weather" })).toEqual(ok({}));
    expect(await operations["secrets.remove"](context(), { name: "weather" })).toMatchObject({
      error: { code: "SECRET_NOT_FOUND" },
    });
    expect(must(await operations["secrets.list"](context(), {}))).toEqual([]);
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name), "latin1");
      for (const word of [VALUE, "api.example.com", "weather"]) expect(bytes.includes(word), name).toBe(false);
    }
  });

  it("are on record first, or nothing happens", async () => {
    const { operations, context, fails, house } = await start();
    must(await operations["secrets.set"](context(), wish));
    const [record] = must(await house.audit.list(1));
    expect(record).toMatchObject({ event: "secret:set", fields: { kind: null, expiresAt: null } });
    expect(Object.keys(record?.commitments ?? {}).toSorted()).toEqual(["hosts", "name"]);
    fails.audit = true;
    expect(await operations["secrets.set"](context(), { ...wish, name: "b" })).toMatchObject({ ok: false });
    expect(await operations["secrets.remove"](context(), { name: "weather" })).toMatchObject({ ok: false });
    expect(must(await operations["secrets.list"](context(), {})).map(({ name }) => name)).toEqual(["weather"]);
  });
});

describe("what is due", () => {
  const info = (name: string, more: Partial<SecretInfo>): SecretInfo => ({
    name,
    kind: "other",
    hosts: ["a.example"],
    ownerId: null,
    createdAt: at(0),
    rotatedAt: at(0),
    expiresAt: null,
    rotateEveryDays: null,
    lastUsedAt: null,
    rotationDue: false,
    ...more,
  });
  const after = (days: number) => instantOf(millisecondsOf(at(0)) + days * DAY);
  const all = [
    info("never", {}),
    info("rotated", { rotateEveryDays: 30, ownerId: OWNER.id }),
    info("ends", { expiresAt: after(100) }),
  ];
  const names = (days: number) => dueSecrets({ list: () => all }, after(days)).map(({ name }) => name);

  it("is what its schedule says, and what ends within a week or has ended", () => {
    expect(names(29.9)).toEqual([]);
    expect(names(30)).toEqual(["rotated"]);
    expect(names(92.9)).toEqual(["rotated"]);
    expect(names(93)).toEqual(["rotated", "ends"]);
    expect(names(500)).toEqual(["rotated", "ends"]);
  });

  it("is told to its owner by name", () => {
    const told: unknown[] = [];
    const publish = (name: DomainEvent["name"], to: unknown, payload: unknown) => void told.push([name, to, payload]);
    expect(checkSecrets({ list: () => all }, { publish }, OWNER, after(95))).toBe(2);
    const to = { tenantId: OWNER.tenantId, audience: [OWNER.id] };
    expect(told).toEqual([
      ["secret:due", to, { name: "rotated" }],
      ["secret:due", to, { name: "ends" }],
    ]);
    expect(checkSecrets({ list: () => all }, { publish }, OWNER, after(1))).toBe(0);
  });
});
