import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { label, ok } from "@moltbot/contracts";
import { clockNow } from "./clock-now/run.ts";
import { createToolExecutor } from "./create-tool-executor.ts";
import { keepSecretsBack } from "./keep-secrets-back.ts";
import { alwaysOk, buildHouse, callOf, page, person, scope } from "./test-support/world.ts";
import type { House } from "./test-support/world.ts";

const SECRET = "q7Rt2mXw9LkP4vZs";
let house: House;
beforeEach(async () => void (house = await buildHouse(() => page(`<p>The API key is ${SECRET}</p>`))));
afterEach(() => house.close());
const signal = new AbortController().signal;

describe("what a tool gives back", () => {
  it("holds no secret of a file that was read, neither for the model nor for people, and says how many there were", async () => {
    await writeFile(join(house.workspace, ".env"), `DB_PASSWORD=${SECRET}\nMODE=tulips\n`);
    const result = await house.run(callOf("file.read", { path: ".env" }));
    expect(JSON.stringify(result)).not.toMatch(new RegExp(`${SECRET}|tulips`));
    expect(result.ok && result.value).toMatchObject({
      secrets: 2,
      summary: "Read “.env” (41 bytes).",
      label: label("untrusted", [person], [{ kind: "file", ref: ".env" }]),
    });
  });

  it("holds none of a page, of memory or of reminders", async () => {
    const fetched = await house.run(callOf("web.fetch", { url: "https://example.org/" }));
    await house.run(callOf("memory.save", { text: `the wifi password is ${SECRET}` }));
    const found = await house.run(callOf("memory.search", { query: "wifi" }));
    await house.run(callOf("reminder.create", { minutes: 5, text: `rotate token: ${SECRET}` }));
    const listed = await house.run(callOf("reminder.list", {}));
    for (const result of [fetched, found, listed]) {
      expect(JSON.stringify(result)).not.toContain(SECRET);
      expect(result.ok && result.value.secrets).toBe(1);
    }
  });

  it("has no secret in its summary that its text gave away", async () => {
    const tool = {
      ...clockNow,
      run: async () =>
        ok({ text: `password: ${SECRET}`, summary: `Found ${SECRET}.`, label: label("authority", "public") }),
    };
    const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, [tool]);
    const call = callOf("clock.now", {});
    const result = await tools.run(house.permits.mint(call), call, scope, signal);
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(result.ok && result.value.secrets).toBe(2);
  });

  it("counts nothing where there was nothing", async () => {
    const result = await house.run(callOf("calc", { expr: "6*7" }));
    expect(result.ok && result.value).not.toHaveProperty("secrets");
  });

  it("is not shown when it cannot be checked", () => {
    const unreadable = { text: 5 as unknown as string, summary: "x", label: label("authority", "public") }; // a tool that breaks its contract
    expect(keepSecretsBack(callOf("clock.now", {}), unreadable)).toMatchObject({
      text: "Not shown: it could not be checked for secrets.",
      summary: "Not shown: it could not be checked for secrets.",
    });
  });
});

describe("unplug: keeping secrets back", () => {
  it("lets the same read give the password to the model once outcomes pass unchecked", async () => {
    await writeFile(join(house.workspace, ".env"), `DB_PASSWORD=${SECRET}\n`);
    const call = callOf("file.read", { path: ".env" });
    const unplugged = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, undefined, (_call, output) => output);
    const given = await unplugged.run(house.permits.mint(call), call, scope, signal);
    expect(given.ok && given.value.text).toContain(SECRET);
    const kept = await house.run(call);
    expect(kept.ok && kept.value.text).not.toContain(SECRET);
  });
});
