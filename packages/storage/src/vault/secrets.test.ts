import { readFileSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { openSecrets } from "./secrets.ts";
import { fragileDisk, must, openCheaply, testOptions } from "./testing/open-test-vault.ts";

const VALUE = "canary-5f1c";
const fails = (code: string) => ({ ok: false, error: { code } });
const secretsFile = (options: ReturnType<typeof testOptions>): string => join(options.directory, "secrets.json");

const withSecret = async () => {
  const options = testOptions();
  const vault = must(await openCheaply(options));
  must(await vault.secrets.set("weather", VALUE, ["API.Example.com", "[::1]:8443"]));
  return { options, vault };
};

describe("secrets", () => {
  it("are lent to the hosts they are bound to, in any case, and survive a restart", async () => {
    const { options, vault } = await withSecret();
    await vault.close();
    const again = must(await openCheaply(options));
    for (const host of ["api.example.com", "API.EXAMPLE.COM", "[::1]:8443"]) {
      expect(await again.lend("weather", host, async (secret) => secret.length)).toEqual(ok(VALUE.length));
    }
    expect(again.secrets.list()).toEqual([
      { name: "weather", hosts: ["api.example.com", "[::1]:8443"], createdAt: "1970-01-01T00:00:00.000Z" },
    ]);
    await again.close();
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
    const { vault } = await withSecret();
    let used = false;
    const lent = await vault.lend("weather", host, async () => {
      used = true;
    });
    expect(lent).toMatchObject(fails("SECRET_NOT_BOUND"));
    expect(used).toBe(false);
    expect(JSON.stringify(lent)).not.toContain(VALUE);
    await vault.close();
  });

  it("are lent to nobody while lending is stopped, and again when it goes on", async () => {
    const { vault } = await withSecret();
    let used = 0;
    const lend = async (name = "weather", host = "api.example.com") => vault.lend(name, host, async () => (used += 1));
    vault.secrets.stopLending();
    vault.secrets.stopLending();
    for (const refused of [await lend(), await lend("weather", "evil.example"), await lend("unknown")])
      expect(refused).toMatchObject({
        ok: false,
        error: { code: "VAULT_LOCKED", context: { problem: "everything is stopped" } },
      });
    expect(used).toBe(0);
    // A person may take a secret away in the meantime.
    must(await vault.secrets.set("b", "1", ["b.example"]));
    must(await vault.secrets.remove("b"));
    vault.secrets.resumeLending();
    expect(await lend()).toEqual(ok(1));
    await vault.close();
    vault.secrets.resumeLending();
    expect(await lend()).toMatchObject(fails("VAULT_LOCKED"));
  });

  it("are listed, replaced and removed one after the other", async () => {
    const { vault } = await withSecret();
    await Promise.all([
      vault.secrets.set("b", "1", ["b.example"]),
      vault.secrets.set("a", "2", ["a.example"]),
      vault.secrets.set("b", "3", ["c.example"]),
    ]);
    expect(vault.secrets.list().map(({ name, hosts }) => [name, hosts[0]])).toEqual([
      ["a", "a.example"],
      ["b", "c.example"],
      ["weather", "api.example.com"],
    ]);
    expect(await vault.secrets.remove("a")).toEqual(ok(undefined));
    expect(await vault.secrets.remove("a")).toMatchObject(fails("SECRET_NOT_FOUND"));
    expect(await vault.lend("a", "a.example", async () => 1)).toMatchObject(fails("SECRET_NOT_FOUND"));
    await vault.close();
  });

  it.each<[string, string, string, readonly string[]]>([
    ["no name", "", "v", ["a.example"]],
    ["a name with a path", "../x", "v", ["a.example"]],
    ["a name that is a prototype", "__proto__", "v", ["a.example"]],
    ["no value", "n", "", ["a.example"]],
    ["no host", "n", "v", []],
    ["a wildcard", "n", "v", ["*.example.com"]],
    ["a URL", "n", "v", ["https://a.example"]],
    ["a user in front of the host", "n", "v", ["a@b.example"]],
    ["an empty host", "n", "v", [""]],
  ])("are refused with %s", async (_kind, name, value, hosts) => {
    const { vault } = await withSecret();
    expect(await vault.secrets.set(name, value, hosts)).toMatchObject(fails("REQUEST_INVALID"));
    expect(vault.secrets.list()).toHaveLength(1);
    await vault.close();
  });

  it("do not travel in an exception, while other exceptions do", async () => {
    const { vault } = await withSecret();
    const throwing = async (cause: unknown) =>
      vault.lend("weather", "api.example.com", async () => Promise.reject(cause));
    const nested = new Error("request failed", { cause: new TypeError(`invalid header value: Bearer ${VALUE}`) });
    const refused = await throwing(nested);
    expect(refused).toMatchObject(fails("INTERNAL"));
    expect(JSON.stringify(refused)).not.toContain(VALUE);
    await expect(throwing(new Error("aborted"))).rejects.toThrow("aborted");
    await vault.close();
  });

  it("stand sealed on the disk, and a change to the file is refused", async () => {
    const { options, vault } = await withSecret();
    await vault.close();
    const text = readFileSync(secretsFile(options), "utf8");
    expect(text).not.toContain(VALUE);
    expect(text).not.toContain("example");
    for (let place = 0; place < text.length; place += 5) {
      const bytes = Buffer.from(text);
      bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
      writeFileSync(secretsFile(options), bytes);
      expect(await openCheaply(options), `byte ${place}`).toMatchObject(fails("VAULT_DAMAGED"));
    }
    rmSync(secretsFile(options));
    mkdirSync(secretsFile(options));
    expect(await openCheaply(options)).toMatchObject(fails("VAULT_LOCKED"));
  });

  it("stay as they were when the disk does not take a change", async () => {
    const options = testOptions();
    const { faults, disk } = fragileDisk();
    const vault = must(await openCheaply(options, disk));
    must(await vault.secrets.set("a", "1", ["a.example"]));
    faults.replace = "secrets.json";
    expect(await vault.secrets.set("b", "2", ["b.example"])).toMatchObject(fails("VAULT_LOCKED"));
    expect(await vault.secrets.remove("a")).toMatchObject(fails("VAULT_LOCKED"));
    expect(vault.secrets.list().map(({ name }) => name)).toEqual(["a"]);
    faults.replace = "";
    must(await vault.secrets.set("b", "2", ["b.example"]));
    await vault.close();
  });
});

describe("unplug the stop of lending", () => {
  it("lends a secret to a call that began before everything was stopped", async () => {
    const { vault } = await withSecret();
    const sent: string[] = [];
    const late = async () => vault.lend("weather", "api.example.com", async (secret) => void sent.push(secret));
    vault.secrets.stopLending();
    await late();
    expect(sent).toEqual([]);
    vault.secrets.resumeLending();
    await late();
    expect(sent).toEqual([VALUE]);
    await vault.close();
  });
});

describe("unplug the host binding", () => {
  it("lends a secret to whichever host an attacker names", async () => {
    const { options, vault } = await withSecret();
    const stolen = async (isBound?: () => boolean): Promise<readonly string[]> => {
      const sent: string[] = [];
      const { disk } = fragileDisk();
      const directory = join(options.directory, isBound === undefined ? "bound" : "unbound");
      mkdirSync(directory);
      const ports = { directory, key: new Uint8Array(32), disk, clock: options.clock };
      const secrets = must(await openSecrets(isBound === undefined ? ports : { ...ports, isBound }));
      must(await secrets.keeper.set("weather", VALUE, ["api.example.com"]));
      await secrets.lend("weather", "evil.example", async (secret) => void sent.push(secret));
      return sent;
    };
    expect(await stolen(() => true)).toEqual([VALUE]);
    expect(await stolen()).toEqual([]);
    await vault.close();
  });
});
