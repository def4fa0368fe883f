import { instantOf, ok, PrincipalId } from "@moltbot/contracts";
import type { DomainEvent } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { callOf, EVENTS, openWorld, pluginOf, textOf } from "./testing/plugin-world.ts";

const pause = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const people = Array.from({ length: 20 }, (_, at) =>
  PrincipalId.parse(`01930000-0000-7000-8000-0000000001${String(at).padStart(2, "0")}`),
);
const fired = (): DomainEvent =>
  ({
    id: "e1",
    name: "reminder:fired",
    version: 1,
    at: instantOf(0),
    tenantId: "t",
    audience: people,
    payload: {},
  }) as unknown as DomainEvent; // the payload stays outside anyway

describe("a plugin that never ends to hear", () => {
  it("leaves room for those that are called, and everybody's instance hears in its turn", async () => {
    const { host, run, processes } = openWorld();
    host.load(pluginOf([EVENTS]));
    processes.handlers = ["reminder:fired"];
    for (const authority of people) expect(textOf(await run(callOf("weather.ask", {}, { authority })))).toBe("null");
    await pause();
    let [hears, ended] = [0, 0];
    const held = Promise.withResolvers<void>();
    processes.act = async ({ wish }) => {
      if (wish.kind === "tool") return ok("called");
      hears += 1;
      await held.promise;
      ended += 1;
      return ok(null);
    };
    host.hear(fired());
    await pause();
    expect(hears).toBe(2);
    for (const authority of people) expect(textOf(await run(callOf("weather.ask", {}, { authority })))).toBe("called");
    held.resolve();
    await expect.poll(() => ended).toBe(people.length);
  });
});
