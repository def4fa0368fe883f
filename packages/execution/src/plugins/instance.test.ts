import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { instantOf, ok } from "@moltbot/contracts";
import type { DomainEvent, JsonValue } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ann, callOf, codeOf, EVENTS, openWorld, pluginOf, textOf } from "./testing/plugin-world.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // what the flag above makes it
const pause = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));

describe("what a call gave back", () => {
  it("is held by nobody in the house when the call is over, however long its plugin runs on", async () => {
    const { host, run, processes } = openWorld();
    host.load(pluginOf());
    const given: WeakRef<object>[] = [];
    processes.act = async () => {
      const value = { text: "x" };
      given.push(new WeakRef(value));
      return ok(value);
    };
    for (let at = 0; at < 3; at += 1) expect(textOf(await run(callOf("weather.ask", {})))).toBe('{"text":"x"}');
    for (let at = 0; at < 20 && given.some((one) => one.deref() !== undefined); at += 1) {
      await pause();
      collect();
    }
    expect(given.map((one) => one.deref())).toEqual([undefined, undefined, undefined]);
    expect(host.standing("weather").processes).toBe(1);
  });
});

describe("a process that cannot even be asked for", () => {
  const fired = (): DomainEvent =>
    ({
      id: "e1",
      name: "reminder:fired",
      version: 1,
      at: instantOf(0),
      tenantId: "t",
      audience: [ann],
      payload: {},
    }) as unknown as DomainEvent; // the payload stays outside anyway

  it("fails the call by name, and what nobody waits for ends nothing in the house", async () => {
    const { host, run, processes, logged } = openWorld();
    host.load(pluginOf([EVENTS]));
    processes.handlers = ["reminder:fired"];
    await run(callOf("weather.ask", {}));
    await pause();
    processes.of = async () => {
      throw new Error("of the system's");
    };
    processes.end = async () => {
      throw new Error("of the system's");
    };
    expect(codeOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_FAILED");
    host.hear(fired());
    await pause();
    expect(logged.join()).toContain('a plugin could not hear {"plugin":"weather","code":"PLUGIN_FAILED"}');
    host.load(pluginOf([EVENTS]));
    await host.endAll();
    await pause();
    expect(unhandled).toEqual([]);
  });

  it("says nothing of its own words", async () => {
    const { host, run, processes } = openWorld();
    host.load(pluginOf());
    processes.act = async (): Promise<{ readonly ok: true; readonly value: JsonValue }> => {
      throw new Error("canary-72");
    };
    const ran = await run(callOf("weather.ask", {}));
    expect(codeOf(ran)).toBe("PLUGIN_FAILED");
    expect(JSON.stringify(ran)).not.toContain("canary-72");
  });
});
