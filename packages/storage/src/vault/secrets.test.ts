import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { SecretId, err, moltbotError, ok } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { sealBytes } from "../crypto/index.ts";
import type { OpenSecrets, SecretWish } from "./secrets.ts";
import { fragileDisk, must } from "./testing/open-test-vault.ts";
import { testSecrets } from "./testing/open-test-secrets.ts";

const VALUE = "canary-5f1c";
const DAY = 86_400_000;
const fails = (code: string, context?: object) => ({
  ok: false,
  error: context === undefined ? { code } : { code, context },
});
const wish = (more: Partial<SecretWish> = {}): SecretWish => ({
  name: "weather",
  value: VALUE,
  hosts: ["API.Example.com", "[::1]:8443"],
  ownerId: null,
  ...more,
});
const small = (name: string, value: string, host = `${name}.example`): SecretWish =>
  wish({ name, value, hosts: [host] });

/** Removes the house's secret of this name. */
const removeNamed = async ({ keeper }: Pick<OpenSecrets, "keeper">, name: string) =>
  keeper.remove(keeper.named(null, name)?.id ?? SecretId.parse("01930000-0000-7000-8000-000000000009"));

const withSecret = async (more: Partial<SecretWish> = {}) => {
  const bench = testSecrets();
  const secrets = await bench.opened();
  must(await secrets.keeper.set(wish(more)));
  return { ...bench, secrets, file: join(bench.directory, "secrets.json") };
};

/** A file of version 1 with one secret in it. */
const oldFile = ({ key, directory }: Pick<ReturnType<typeof testSecrets>, "key" | "directory">): string => {
  const old = { weather: { value: VALUE, hosts: ["api.example.com"], createdAt: "2026-01-02T03:04:05.000Z" } };
  const sealed = Buffer.from(sealBytes(key, JSON.stringify(old), "moltbot:secrets:v1")).toString("base64url");
  const file = join(directory, "secrets.json");
  writeFileSync(file, `${JSON.stringify({ version: 1, sealed })}\n`);
  return file;
};

describe("secrets", () => {
  it("are lent to the hosts they are bound to, in any case, and survive a restart", async () => {
    const { secrets, opened, at } = await withSecret();
    const { id } = secrets.keeper.named(null, "weather") ?? {};
    await secrets.close();
    const again = await opened();
    for (const host of ["api.example.com", "API.EXAMPLE.COM", "[::1]:8443"]) {
      expect(await again.lend("weather", host, async (secret) => secret.length)).toEqual(ok(VALUE.length));
    }
    expect(again.keeper.list()).toEqual([
      {
        id,
        name: "weather",
        kind: "other",
        hosts: ["api.example.com", "[::1]:8443"],
        ownerId: null,
        createdAt: at(0),
        rotatedAt: at(0),
        expiresAt: null,
        rotateEveryDays: null,
        lastUsedAt: at(0),
        rotationDue: false,
      },
    ]);
  });

  it.each([
    "example.com",
    "sub.api.example.com",
    "api.example.com.",
    "api.example.com:443",
    "api.example.com.evil.net",
    "evilapi.example.com",
    "api.example.com/",
    "",
    "*",
    "[::1]",
    " api.example.com",
  ])("are not lent to %j", async (host) => {
    const { secrets } = await withSecret();
    let used = false;
    const lent = await secrets.lend("weather", host, async () => {
      used = true;
    });
    expect(lent).toMatchObject(fails("SECRET_NOT_BOUND"));
    expect(used).toBe(false);
    expect(JSON.stringify(lent)).not.toContain(VALUE);
    expect(secrets.keeper.list()[0]?.lastUsedAt).toBeNull();
  });

  it("are lent to nobody while lending is stopped, and again when it goes on", async () => {
    const { secrets } = await withSecret();
    let used = 0;
    const lend = async (name = "weather", host = "api.example.com") =>
      secrets.lend(name, host, async () => (used += 1));
    secrets.keeper.stopLending();
    secrets.keeper.stopLending();
    for (const refused of [await lend(), await lend("weather", "evil.example"), await lend("unknown")])
      expect(refused).toMatchObject(fails("VAULT_LOCKED", { problem: "everything is stopped" }));
    expect(used).toBe(0);
    // A person may take a secret away in the meantime.
    must(await secrets.keeper.set(small("b", "1")));
    must(await removeNamed(secrets, "b"));
    secrets.keeper.resumeLending();
    expect(await lend()).toEqual(ok(1));
    await secrets.close();
    secrets.keeper.resumeLending();
    expect(await lend()).toMatchObject(fails("VAULT_LOCKED"));
    expect(await secrets.keeper.set(small("b", "1"))).toMatchObject(fails("VAULT_LOCKED"));
    await secrets.close();
  });

  it("are all lent to the check of what leaves, a person's own too, without counting as used", async () => {
    const { secrets } = await withSecret();
    must(await secrets.keeper.set(small("mail", "canary-77aa")));
    expect(secrets.lendAll((values) => values.toSorted())).toEqual(ok(["canary-5f1c", "canary-77aa"]));
    expect(secrets.keeper.list().map(({ lastUsedAt }) => lastUsedAt)).toEqual([null, null]);
    const broken = secrets.lendAll(([value = ""]) => {
      throw new Error(value);
    });
    expect(broken).toMatchObject(fails("INTERNAL"));
    expect(inspect(broken)).not.toContain("canary-");
    secrets.keeper.stopLending();
    expect(secrets.lendAll(() => "lent")).toMatchObject(fails("VAULT_LOCKED"));
    secrets.keeper.resumeLending();
    await secrets.close();
    expect(secrets.lendAll(() => "lent")).toMatchObject(fails("VAULT_LOCKED"));
  });

  it("are listed, replaced and removed one after the other", async () => {
    const { secrets } = await withSecret();
    await Promise.all([
      secrets.keeper.set(small("b", "1")),
      secrets.keeper.set(small("a", "2")),
      secrets.keeper.set(small("b", "3", "c.example")),
    ]);
    expect(secrets.keeper.list().map(({ name, hosts }) => [name, hosts[0]])).toEqual([
      ["a", "a.example"],
      ["b", "c.example"],
      ["weather", "api.example.com"],
    ]);
    expect(await removeNamed(secrets, "a")).toEqual(ok(undefined));
    expect(await removeNamed(secrets, "a")).toMatchObject(fails("SECRET_NOT_FOUND"));
    expect(await secrets.lend("a", "a.example", async () => 1)).toMatchObject(fails("SECRET_NOT_FOUND"));
  });

  it.each<[string, Partial<SecretWish>, string]>([
    ["no name", { name: "" }, "name"],
    ["a name with a path", { name: "../x" }, "name"],
    ["a name that is a prototype", { name: "__proto__" }, "name"],
    ["no value", { value: "" }, "value"],
    ["no host", { hosts: [] }, "hosts"],
    ["a wildcard", { hosts: ["*.example.com"] }, "hosts"],
    ["a URL", { hosts: ["https://a.example"] }, "hosts"],
    ["a user in front of the host", { hosts: ["a@b.example"] }, "hosts"],
    ["an empty host", { hosts: ["a.example", ""] }, "hosts"],
    ["a port that is none", { hosts: ["a.example:65536"] }, "hosts"],
    ["a rotation in no time", { rotateEveryDays: 0 }, "rotateEveryDays"],
    ["an expiry that has passed", { expiresAt: "2026-11-22T12:00:00.000Z" as Instant }, "expiresAt"], // in this form
  ])("are refused with %s, and no key is made", async (_kind, wrong, path) => {
    const { secrets, keys } = await withSecret();
    const refused = await secrets.keeper.set(wish({ name: "n", ...wrong }));
    expect(refused).toMatchObject(fails("REQUEST_INVALID", { path }));
    expect(JSON.stringify(refused)).not.toContain(VALUE);
    expect(secrets.keeper.list()).toHaveLength(1);
    expect(keys.size).toBe(1);
  });

  it("do not travel in an exception, and no exception of a loan travels", async () => {
    const { secrets } = await withSecret();
    const throwing = async (cause: unknown) =>
      secrets.lend("weather", "api.example.com", async () => Promise.reject(cause));
    const nested = new Error("request failed", { cause: new TypeError(`invalid header value: Bearer ${VALUE}`) });
    const refused = await throwing(nested);
    expect(refused).toMatchObject(fails("INTERNAL"));
    expect(JSON.stringify(refused)).not.toContain(VALUE);
    expect(await throwing(new Error("aborted"))).toMatchObject(fails("INTERNAL"));
  });

  it("show no value in a list, an inspection or JSON", async () => {
    const { secrets } = await withSecret();
    for (const shown of [secrets.keeper.list(), secrets.keeper, secrets])
      expect(`${inspect(shown, { depth: 9, showHidden: true })}${JSON.stringify(shown)}`).not.toContain(VALUE);
  });

  it("stand sealed on the disk, neither names nor hosts readable, and a change to the file is refused", async () => {
    const { secrets, file, open, keys } = await withSecret();
    await secrets.close();
    const text = readFileSync(file, "utf8");
    for (const word of [VALUE, "example", "weather"]) expect(text).not.toContain(word);
    expect([...keys.keys()].join()).not.toContain("weather");
    for (let place = 0; place < text.length; place += 5) {
      const bytes = Buffer.from(text);
      bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
      writeFileSync(file, bytes);
      expect(await open(), `byte ${place}`).toMatchObject(fails("VAULT_DAMAGED"));
    }
    rmSync(file);
    mkdirSync(file);
    expect(await open()).toMatchObject(fails("VAULT_LOCKED"));
  });

  it("stay as they were when the disk does not take a change, and lose no key over it", async () => {
    const bench = testSecrets();
    const { faults, disk } = fragileDisk();
    const secrets = await bench.opened({ disk });
    must(await secrets.keeper.set(small("a", "1")));
    const [first = ""] = bench.keys.keys();
    faults.replace = "secrets.json";
    expect(await secrets.keeper.set(small("b", "2"))).toMatchObject(fails("VAULT_LOCKED"));
    expect(await secrets.keeper.set(small("a", "3"))).toMatchObject(fails("VAULT_LOCKED"));
    expect(await removeNamed(secrets, "a")).toMatchObject(fails("VAULT_LOCKED"));
    expect(secrets.keeper.list().map(({ name }) => name)).toEqual(["a"]);
    expect(bench.gone.size).toBe(0);
    faults.replace = "";
    must(await secrets.keeper.set(small("b", "2")));
    // The two values that never reached the disk are gone with their keys; the one that did is not.
    expect(bench.gone.size).toBe(2);
    expect([...bench.gone]).not.toContain(first);
    expect(await secrets.lend("a", "a.example", async (value) => value)).toEqual(ok("1"));
  });

  it("of version 1 become version 3 when they are opened, and are lent as before", async () => {
    const bench = testSecrets();
    const file = oldFile(bench);
    const secrets = await bench.opened();
    expect(secrets.keeper.list()).toMatchObject([
      { name: "weather", kind: "other", ownerId: null, rotatedAt: "2026-01-02T03:04:05.000Z", rotationDue: false },
    ]);
    expect(readFileSync(file, "utf8")).toMatch(/^\{"version":3,/);
    const { id } = secrets.keeper.list()[0] ?? {};
    await secrets.close();
    const again = await bench.opened();
    expect(again.keeper.list()[0]?.id).toBe(id);
    expect(await again.lend("weather", "api.example.com", async (value) => value)).toEqual(ok(VALUE));
    expect(bench.keys.size).toBe(1);
  });

  it("of version 1 on a disk that takes nothing stay closed, and unharmed", async () => {
    const bench = testSecrets();
    const file = oldFile(bench);
    const text = readFileSync(file, "utf8");
    const { faults, disk } = fragileDisk();
    faults.replace = "secrets.json";
    expect(await bench.open({ disk })).toMatchObject(fails("VAULT_LOCKED"));
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

describe("a value that cannot be sealed", () => {
  const values = { seal: () => err(moltbotError("VAULT_LOCKED", { problem: "no key" })), open: () => ok("") };

  it("is not kept, and what was kept before stays", async () => {
    const { secrets, open, file } = await withSecret();
    await secrets.close();
    const before = readFileSync(file, "utf8");
    const again = must(await open({ values }));
    expect(await again.keeper.set(small("b", "2"))).toMatchObject(fails("VAULT_LOCKED"));
    expect(again.keeper.list().map(({ name }) => name)).toEqual(["weather"]);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("of version 1 leaves all of them closed, and the file as it was", async () => {
    const bench = testSecrets();
    const file = oldFile(bench);
    const before = readFileSync(file, "utf8");
    expect(await bench.open({ values })).toMatchObject(fails("VAULT_LOCKED"));
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(await (await bench.opened()).lend("weather", "api.example.com", async (value) => value)).toEqual(ok(VALUE));
  });
});

describe("a secret's time", () => {
  it("is one that there is", async () => {
    const { secrets } = await withSecret();
    const expiresAt = "tomorrow" as Instant; // as no parsed wish holds it
    expect(await secrets.keeper.set(wish({ expiresAt }))).toMatchObject(
      fails("REQUEST_INVALID", { path: "expiresAt", problem: "this cannot be kept" }),
    );
    expect(secrets.keeper.list()[0]?.expiresAt).toBeNull();
  });

  it("ends to the millisecond, and a new value without an expiry begins anew", async () => {
    const bench = testSecrets();
    const secrets = await bench.opened();
    const lend = () => secrets.lend("weather", "api.example.com", async (value) => value);
    must(await secrets.keeper.set(wish({ expiresAt: bench.at(1_000) })));
    bench.pass(999);
    expect(await lend()).toEqual(ok(VALUE));
    bench.pass(1);
    expect(await lend()).toMatchObject(fails("SECRET_EXPIRED", { name: "weather", at: bench.at(1_000) }));
    expect(await secrets.lend("weather", "evil.example", async () => 1)).toMatchObject(fails("SECRET_NOT_BOUND"));
    // The same value again is the one that expired.
    expect(must(await secrets.keeper.set(wish()))).toMatchObject({ expiresAt: bench.at(1_000) });
    expect(await lend()).toMatchObject(fails("SECRET_EXPIRED"));
    expect(must(await secrets.keeper.set(wish({ value: "new" })))).toMatchObject({ expiresAt: null });
    expect(await lend()).toEqual(ok("new"));
  });

  it("keeps what a new value does not name, and takes back what it names as none", async () => {
    const bench = testSecrets();
    const secrets = await bench.opened();
    must(await secrets.keeper.set(wish({ kind: "api-key", expiresAt: bench.at(90 * DAY), rotateEveryDays: 30 })));
    bench.pass(DAY);
    const { id } = secrets.keeper.list()[0] ?? {};
    const replaced = must(await secrets.keeper.set(wish({ value: "new", hosts: ["b.example"] })));
    expect(replaced).toEqual({
      id,
      name: "weather",
      kind: "api-key",
      hosts: ["b.example"],
      ownerId: null,
      createdAt: bench.at(0),
      rotatedAt: bench.at(DAY),
      expiresAt: bench.at(90 * DAY),
      rotateEveryDays: 30,
      lastUsedAt: null,
      rotationDue: false,
    });
    const bare = must(await secrets.keeper.set(wish({ value: "new", expiresAt: null, rotateEveryDays: null })));
    expect(bare).toMatchObject({ expiresAt: null, rotateEveryDays: null, rotatedAt: bench.at(DAY) });
  });

  it("says when a new value is due, and the same value is no rotation", async () => {
    const bench = testSecrets();
    const secrets = await bench.opened();
    must(await secrets.keeper.set(wish({ rotateEveryDays: 30 })));
    const due = () => secrets.keeper.list()[0]?.rotationDue;
    bench.pass(30 * DAY - 1);
    expect(due()).toBe(false);
    bench.pass(1);
    expect(due()).toBe(true);
    must(await secrets.keeper.set(wish()));
    expect(due()).toBe(true);
    must(await secrets.keeper.set(wish({ value: "new" })));
    expect(due()).toBe(false);
  });

  it("of last use is known to the minute, and a request costs no write", async () => {
    const { secrets, opened, file, pass, at } = await withSecret();
    const use = () => secrets.lend("weather", "api.example.com", async () => 1);
    const stored = () => statSync(file).ino;
    const before = stored();
    pass(90_500);
    for (let n = 0; n < 50; n += 1) await use();
    expect(secrets.keeper.list()[0]?.lastUsedAt).toBe(at(60_000));
    expect(stored()).toBe(before);
    await secrets.close();
    expect(stored()).not.toBe(before);
    expect((await opened()).keeper.list()[0]?.lastUsedAt).toBe(at(60_000));
  });

  it("of last use reaches the disk once in an hour by itself", async () => {
    const { secrets, open, pass, at } = await withSecret();
    pass(3_600_000);
    await secrets.lend("weather", "api.example.com", async () => 1);
    await secrets.lend("weather", "api.example.com", async () => 1);
    // Another change waits for its turn behind that write.
    expect(await removeNamed(secrets, "nothing")).toMatchObject(fails("SECRET_NOT_FOUND"));
    expect(must(await open()).keeper.list()[0]?.lastUsedAt).toBe(at(3_600_000));
  });

  it("of last use is not lost where the vault closes while it waits for its turn", async () => {
    const bench = await withSecret();
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    await bench.secrets.close();
    const secrets = await bench.opened({
      destroy: async (subjects) => {
        await held;
        return bench.destroy(subjects);
      },
    });
    const replaced = secrets.keeper.set(wish({ value: "new" }));
    bench.pass(3_600_000);
    await secrets.lend("weather", "api.example.com", async () => 1);
    const closed = secrets.close();
    go();
    expect((await replaced).ok).toBe(true);
    await closed;
    expect((await bench.opened()).keeper.list()[0]?.lastUsedAt).toBe(bench.at(3_600_000));
  });
});

describe("the key of a secret's value", () => {
  it("is destroyed with the secret, and with the value it sealed", async () => {
    const { secrets, keys, gone } = await withSecret();
    const [first = ""] = keys.keys();
    must(await secrets.keeper.set(wish({ hosts: ["b.example"] })));
    expect([...keys.keys()]).toEqual([first]);
    must(await secrets.keeper.set(wish({ value: "new" })));
    expect([...gone]).toEqual([first]);
    must(await removeNamed(secrets, "weather"));
    expect(keys.size).toBe(0);
    // A new secret of that name has a key of its own.
    must(await secrets.keeper.set(wish()));
    expect(keys.size).toBe(1);
  });

  it("is destroyed at the next start when it could not be before", async () => {
    const { secrets, keys, faults, opened } = await withSecret();
    faults.destroy = true;
    must(await secrets.keeper.set(wish({ value: "new" })));
    expect(keys.size).toBe(2);
    await secrets.close();
    faults.destroy = false;
    const again = await opened();
    expect(keys.size).toBe(1);
    expect(await again.lend("weather", "api.example.com", async (value) => value)).toEqual(ok("new"));
  });

  it("opens no file that was kept from before", async () => {
    const { secrets, file, opened } = await withSecret();
    const copy = readFileSync(file);
    must(await removeNamed(secrets, "weather"));
    await secrets.close();
    writeFileSync(file, copy);
    const again = await opened();
    expect(again.keeper.list()).toHaveLength(1);
    let shown = false;
    expect(await again.lend("weather", "api.example.com", async () => (shown = true))).toMatchObject(
      fails("CONTENT_UNREADABLE"),
    );
    expect(shown).toBe(false);
    // A new value takes its place.
    must(await again.keeper.set(wish({ value: "new" })));
    expect(await again.lend("weather", "api.example.com", async (value) => value)).toEqual(ok("new"));
  });
});

describe("unplug the destruction of a value's key", () => {
  it("lends the removed secret from a file that was kept from before", async () => {
    const bench = testSecrets();
    const file = join(bench.directory, "secrets.json");
    const first = await bench.opened({ destroy: async () => ok(undefined) });
    must(await first.keeper.set(wish()));
    const copy = readFileSync(file);
    must(await removeNamed(first, "weather"));
    await first.close();
    writeFileSync(file, copy);
    expect(await (await bench.opened()).lend("weather", "api.example.com", async (value) => value)).toEqual(ok(VALUE));
  });
});

describe("unplug the stop of lending", () => {
  it("lends a secret to a call that began before everything was stopped", async () => {
    const { secrets } = await withSecret();
    const sent: string[] = [];
    const late = async () => secrets.lend("weather", "api.example.com", async (secret) => void sent.push(secret));
    secrets.keeper.stopLending();
    await late();
    expect(sent).toEqual([]);
    secrets.keeper.resumeLending();
    await late();
    expect(sent).toEqual([VALUE]);
  });
});

describe("unplug the host binding", () => {
  it("lends a secret to whichever host an attacker names", async () => {
    const stolen = async (isBound?: () => boolean): Promise<readonly string[]> => {
      const sent: string[] = [];
      const secrets = await testSecrets().opened(isBound === undefined ? {} : { isBound });
      must(await secrets.keeper.set(wish()));
      await secrets.lend("weather", "evil.example", async (secret) => void sent.push(secret));
      return sent;
    };
    expect(await stolen(() => true)).toEqual([VALUE]);
    expect(await stolen()).toEqual([]);
  });
});

describe("unplug the expiry", () => {
  it("lends a secret for ever that was to be good for a day", async () => {
    const sentAfter = async (hasExpired?: () => boolean): Promise<readonly string[]> => {
      const sent: string[] = [];
      const bench = testSecrets();
      const secrets = await bench.opened(hasExpired === undefined ? {} : { hasExpired });
      must(await secrets.keeper.set(wish({ expiresAt: bench.at(DAY) })));
      bench.pass(400 * DAY);
      await secrets.lend("weather", "api.example.com", async (secret) => void sent.push(secret));
      return sent;
    };
    expect(await sentAfter(() => false)).toEqual([VALUE]);
    expect(await sentAfter()).toEqual([]);
  });
});
