import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS, openSettings, settingsFileOf } from "./index.ts";
import { KEYS } from "./keys.ts";
import type { Reload, SettingsStore } from "./index.ts";

let home = "";
const file = (): string => settingsFileOf(home);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "moltbot-settings-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const opened = (text: string | null, over: { readonly environment?: JsonObject; readonly flags?: JsonObject } = {}) => {
  if (text !== null) writeFileSync(file(), text);
  return openSettings({ file: file(), environment: over.environment ?? {}, flags: over.flags ?? {} });
};
const store = (text: string | null, over: Parameters<typeof opened>[1] = {}): SettingsStore => {
  const settings = opened(text, over);
  if (!settings.ok) throw new Error(settings.error.message);
  return settings.value;
};
const fault = (text: string) => {
  const settings = opened(text);
  return settings.ok ? null : settings.error;
};

describe("opening the settings", () => {
  it("gives the defaults when there is no file, or an empty one", () => {
    expect(store(null).current()).toEqual(DEFAULT_SETTINGS);
    expect(store(" \n").current()).toEqual(DEFAULT_SETTINGS);
  });

  it("lays file over default, environment over file, flag over environment, and says where each value comes from", () => {
    const settings = store("{ gateway: { port: 1, host: '::1' }, log: { level: 'warn' } }", {
      environment: { gateway: { port: "2", host: "localhost" } },
      flags: { gateway: { port: "3" } },
    });
    expect(settings.current().gateway).toMatchObject({ port: 3, host: "localhost", drainSeconds: 10 });
    expect(Object.fromEntries(settings.list().map(({ key, from }) => [key, from]))).toMatchObject({
      "gateway.port": "flag",
      "gateway.host": "environment",
      "log.level": "file",
      "gateway.drainSeconds": "default",
    });
  });

  it("knows how plans and readers are limited, and which models cannot call tools", () => {
    expect(DEFAULT_SETTINGS.agents).toMatchObject({ planMinutes: 1_440, readerBits: 256, reading: "auto" });
    const settings = store(
      "{ agents: { reading: 'quarantined' }, models: { providers: { a: { baseUrl: 'http://a/v1', model: 'm' }, b: { baseUrl: 'http://b/v1', model: 'm', tools: false } } } }",
    ).current();
    expect(settings.agents.reading).toBe("quarantined");
    expect([settings.models.providers["a"]?.tools, settings.models.providers["b"]?.tools]).toEqual([true, false]);
    expect(fault("{ agents: { reading: 'never' } }")).toMatchObject({ code: "CONFIG_INVALID_VALUE" });
    expect(fault("{ agents: { planMinutes: 0 } }")).toMatchObject({ code: "CONFIG_INVALID_VALUE" });
  });

  it("knows what a model costs and what a day may cost, in one currency, and refuses what is no amount", () => {
    expect(DEFAULT_SETTINGS.limits).toMatchObject({ currency: "USD", moneyPerDay: 0, personMoneyPerDay: 0 });
    const settings = store(
      "{ limits: { currency: 'EUR', moneyPerDay: '2.50' }, models: { providers: { a: { model: 'm', price: { input: 0.15, output: '0.6' } } } } }",
    ).current();
    expect(settings.limits).toMatchObject({ currency: "EUR", moneyPerDay: 2.5 });
    expect(settings.models.providers["a"]?.price).toEqual({ input: 0.15, output: 0.6 });
    for (const limits of ["moneyPerDay: -1", "moneyPerDay: '1e3'", "moneyPerDay: 0.0000001", "moneyPerDay: 1000001"])
      expect(fault(`{ limits: { ${limits} } }`)?.code).toBe("CONFIG_INVALID_VALUE");
    for (const amount of ["null", "true", "'much'", "NaN", "Infinity"])
      expect(fault(`{ limits: { agentMoneyPerDay: ${amount} } }`)?.code).toMatch(/^CONFIG_/);
    for (const currency of ["'usd'", "'$'", "'XYZ'", "''"])
      expect(fault(`{ limits: { currency: ${currency} } }`)).toMatchObject({ context: { key: "limits.currency" } });
    for (const price of ["1", "{ input: 1 }", "{ input: -1, output: 1 }", "{ input: 1, output: 1, each: 1 }"])
      expect(fault(`{ models: { providers: { a: { model: 'm', price: ${price} } } } }`)?.code).toMatch(/^CONFIG_/);
  });

  it("names line and column of text that is no JSON5", () => {
    expect(fault("{\n  gateway: {\n    port: 1,,\n  }\n}")).toMatchObject({
      code: "CONFIG_SYNTAX",
      context: { line: 3, column: 13, file: file() },
    });
    expect(fault("{ gateway: {")?.message).toMatch(/line 1, column \d+/);
    expect(fault("[1]")).toMatchObject({ code: "CONFIG_SYNTAX" });
  });

  it("names the nearest key of one that does not exist", () => {
    expect(fault("{ gateway: { prot: 1 } }")).toMatchObject({
      code: "CONFIG_UNKNOWN_KEY",
      context: { key: "gateway.prot", nearest: "gateway.port" },
    });
    expect(fault("{ gatway: {} }")).toMatchObject({ code: "CONFIG_UNKNOWN_KEY" });
  });

  it.each([
    "{ gateway: { port: 70000 } }",
    "{ gateway: { port: 1.5 } }",
    "{ gateway: { port: null } }",
    "{ gateway: { port: true } }",
    "{ gateway: { port: '' } }",
    "{ gateway: { port: [] } }",
    "{ gateway: { port: '0x10' } }",
    "{ gateway: 1 }",
    "{ log: { level: 'loud' } }",
    "{ models: { providers: { local: { baseUrl: 'file:///etc/passwd', model: 'm' } } } }",
  ])("refuses %s and says which key", (text) => {
    const error = fault(text);
    expect(error?.code).toBe("CONFIG_INVALID_VALUE");
    expect(error?.context["key"]).toMatch(/^(gateway|log\.level|models\.providers)/);
  });

  it("cannot be reached through a prototype", () => {
    const written = opened('{ "__proto__": { "polluted": true }, log: { "__proto__": { "polluted": true } } }');
    if (written.ok) expect(written.value.current()).toEqual(DEFAULT_SETTINGS);
    rmSync(file());
    expect(opened(null, { flags: JSON.parse('{"__proto__":{"polluted":1}}') as JsonObject }).ok).toBe(false); // JSON text is JSON
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  it("says that a file cannot be read", () => {
    mkdirSync(file());
    expect(openSettings({ file: file(), environment: {}, flags: {} })).toMatchObject({
      ok: false,
      error: { code: "CONFIG_UNREADABLE" },
    });
  });

  it("knows a sentence, a level and a default for every key", () => {
    expect(KEYS.length).toBeGreaterThan(10);
    for (const { says, value, level } of store(null).list()) {
      expect(says).toMatch(/\.$/);
      expect(value).not.toBeNull();
      expect(["basic", "advanced", "expert"]).toContain(level);
    }
  });
});

describe("setting one key", () => {
  it("writes it, applies it and keeps the text with its comments beside it", async () => {
    const settings = store("// mine\n{ gateway: { port: 1 } }");
    const before = settings.current();
    expect(await settings.set("log.level", "debug")).toMatchObject({
      ok: true,
      value: { key: "log.level", value: "debug", from: "file", restart: false },
    });
    expect(settings.current().log.level).toBe("debug");
    expect(before.log.level).toBe("info");
    expect(readFileSync(`${file()}.bak`, "utf8")).toContain("// mine");
    expect(store(null).current()).toMatchObject({ gateway: { port: 1 }, log: { level: "debug" } });
  });

  it("changes nothing at all when the value does not fit", async () => {
    const text = "{ gateway: { port: 1 } }";
    const settings = store(text);
    expect(await settings.set("gateway.port", "many")).toMatchObject({
      ok: false,
      error: { code: "CONFIG_INVALID_VALUE", context: { key: "gateway.port" } },
    });
    expect(await settings.set("gateway.prot", 1)).toMatchObject({
      ok: false,
      error: { code: "CONFIG_UNKNOWN_KEY", context: { nearest: "gateway.port" } },
    });
    expect(await settings.set("gateway.port.deep", 1)).toMatchObject({
      ok: false,
      error: { code: "CONFIG_INVALID_VALUE" },
    });
    expect(settings.current().gateway.port).toBe(1);
    expect(readFileSync(file(), "utf8")).toBe(text);
    expect(existsSync(`${file()}.bak`)).toBe(false);
  });

  it("to null removes it: the default counts again", async () => {
    const settings = store("{ gateway: { port: 1 } }");
    expect(await settings.set("gateway.port", null)).toMatchObject({
      ok: true,
      value: { value: 18_790, from: "default" },
    });
    expect(readFileSync(file(), "utf8")).not.toContain("port");
  });

  it("inside a record adds and removes one entry", async () => {
    const settings = store(null);
    expect(
      await settings.set("models.providers.local", { baseUrl: "http://127.0.0.1:11434/v1", model: "small" }),
    ).toMatchObject({ ok: true, value: { key: "models.providers" } });
    expect(settings.current().models.providers).toEqual({
      local: { kind: "compatible", baseUrl: "http://127.0.0.1:11434/v1", model: "small", secret: null, tools: true },
    });
    expect(await settings.set("models.providers.local.model", "large")).toMatchObject({ ok: true });
    expect(settings.current().models.providers["local"]?.model).toBe("large");
    await settings.set("models.providers.local", null);
    expect(settings.current().models.providers).toEqual({});
  });

  it("takes text for what it means as JSON5 where text itself does not fit", async () => {
    const settings = store(null);
    expect(
      await settings.set("models.providers.local", "{ baseUrl: 'http://127.0.0.1:1/v1', model: 'm' }"),
    ).toMatchObject({ ok: true });
    expect(await settings.set("gateway.allowedHosts", "['a.example']")).toMatchObject({ ok: true });
    expect(await settings.set("owner.name", "{ not: 'read' }")).toMatchObject({
      ok: true,
      value: { value: "{ not: 'read' }" },
    });
    expect(await settings.set("gateway.allowedHosts", "neither")).toMatchObject({
      ok: false,
      error: { code: "CONFIG_INVALID_VALUE" },
    });
    expect(settings.current()).toMatchObject({
      models: { providers: { local: { model: "m" } } },
      gateway: { allowedHosts: ["a.example"] },
    });
  });

  it("under a flag writes the file and says that the flag still counts", async () => {
    const settings = store(null, { flags: { gateway: { port: 3 } } });
    expect(await settings.set("gateway.port", 4)).toMatchObject({ ok: true, value: { value: 3, from: "flag" } });
    expect(readFileSync(file(), "utf8")).toContain("4");
  });

  it("many at the same time loses none", async () => {
    const settings = store(null);
    await Promise.all([
      settings.set("gateway.port", 1),
      settings.set("log.level", "warn"),
      settings.set("agents.turnSteps", 7),
      settings.set("owner.name", "Ada"),
    ]);
    expect(store(null).current()).toMatchObject({
      gateway: { port: 1 },
      log: { level: "warn" },
      agents: { turnSteps: 7 },
      owner: { name: "Ada" },
    });
  });

  it("says so when the file cannot be written, and stays as it was", async () => {
    const settings = store(null);
    rmSync(home, { recursive: true });
    expect(await settings.set("log.level", "warn")).toMatchObject({ ok: false, error: { code: "HOME_NOT_WRITABLE" } });
    expect(settings.current().log.level).toBe("info");
    mkdirSync(home);
    expect(await settings.set("log.level", "warn")).toMatchObject({ ok: true });
  });

  it("on a file that was broken meanwhile refuses and leaves the text alone", async () => {
    const settings = store(null);
    writeFileSync(file(), "{ broken");
    expect(await settings.set("log.level", "warn")).toMatchObject({ ok: false, error: { code: "CONFIG_SYNTAX" } });
    expect(readFileSync(file(), "utf8")).toBe("{ broken");
  });
});

describe("reloading", () => {
  it("applies a changed file and names what changed and what waits for a start", () => {
    const settings = store(null);
    writeFileSync(file(), "{ log: { level: 'warn' }, gateway: { port: 9 } }");
    expect(settings.reload()).toEqual({
      ok: true,
      value: { changed: ["gateway.port", "log.level"], afterRestart: ["gateway.port"] },
    });
  });

  it("of a broken file keeps everything as it was and says where it is broken", () => {
    const settings = store("{ log: { level: 'warn' } }");
    for (const text of ["{ log: ", "{ log: { level: 'loud' } }", "{ nonsense: 1 }"]) {
      writeFileSync(file(), text);
      expect(settings.reload().ok).toBe(false);
      expect(settings.current().log.level).toBe("warn");
    }
  });

  it("happens by itself when the file changes, until it is told to end", async () => {
    const settings = store(null);
    const reloads: Reload[] = [];
    const end = settings.watch((reload) => reloads.push(reload));
    writeFileSync(file(), "{ log: { level: 'warn' } }");
    await expect.poll(() => settings.current().log.level, { timeout: 5_000 }).toBe("warn");
    expect(reloads.at(-1)).toMatchObject({ ok: true, value: { changed: ["log.level"] } });
    end();
    const seen = reloads.length;
    writeFileSync(file(), "{ log: { level: 'error' } }");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(reloads).toHaveLength(seen);
    expect(settings.current().log.level).toBe("warn");
  });
});
