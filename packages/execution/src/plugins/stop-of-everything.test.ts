import { instantOf, ok } from "@moltbot/contracts";
import type { DomainEvent } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { fakeProcesses } from "./testing/fake-processes.ts";
import type { Act } from "./testing/fake-processes.ts";
import { ann, callOf, codeOf, EVENTS, openWorld, pluginOf } from "./testing/plugin-world.ts";

const pause = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
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

const hearing = async () => {
  const world = openWorld();
  const heard: string[] = [];
  world.processes.handlers = ["reminder:fired"];
  world.processes.act = async ({ wish }) => {
    if (wish.kind === "event") heard.push(wish.name);
    return ok(null);
  };
  world.host.load(pluginOf([EVENTS]));
  await world.run(callOf("weather.ask", {}));
  await pause();
  return { ...world, heard };
};

/** Runs until nobody waits for it, as a process does that is told so. */
const untilDropped: Act = ({ wish }) =>
  new Promise((resolve) => wish.signal.addEventListener("abort", () => resolve(ok(null)), { once: true }));
const trial = { tool: "ask", arguments: {}, answers: [], kept: {} };

describe("when everything is ended", () => {
  it("no event that waited, and none that comes later, starts a plugin again before it is called again", async () => {
    const { host, heard, processes, run } = await hearing();
    for (let at = 0; at < 10; at += 1) host.hear(fired());
    await host.endAll();
    host.hear(fired());
    await pause();
    expect([heard, processes.keys(), processes.started()]).toEqual([[], [], 1]);
    await run(callOf("weather.ask", {}));
    host.hear(fired());
    await pause();
    expect(heard).toEqual(["reminder:fired"]);
  });

  it.each(["endAll", "close"] as const)("a trial ends too, and its process is gone by then (%s)", async (way) => {
    const { host, processes } = openWorld();
    const gone: string[] = [];
    const others = fakeProcesses();
    others.act = untilDropped;
    processes.once = async (plugin, hooks) => {
      const begun = await others.once(plugin, hooks);
      return begun.ok ? ok({ ...begun.value, end: async () => void gone.push("a process") }) : begun;
    };
    const tried = host.try(pluginOf(), trial, new AbortController().signal);
    await pause();
    await host[way]();
    expect(gone).toEqual(["a process"]);
    expect(codeOf(await tried)).toBe("ok");
  });
});
