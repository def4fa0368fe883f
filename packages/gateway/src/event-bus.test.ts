import { describe, expect, it } from "vitest";
import { createEventBus } from "./event-bus.ts";
import { OWNER, at, idOf } from "./operations/testing/fake-house.ts";

const bus = () => {
  const logged: string[] = [];
  let n = 0;
  const say = (text: string): void => void logged.push(text);
  const ids = {
    next: <T>(kind: { parse(text: string): T }): T => {
      n += 1;
      return idOf(kind, n);
    },
  };
  return {
    logged,
    made: () => n,
    bus: createEventBus({
      clock: { now: () => at(0), monotonic: () => 0 },
      ids,
      log: { debug: say, info: say, warn: say, error: say },
    }),
  };
};
const to = { tenantId: OWNER.tenantId, audience: [OWNER.id] };

describe("the event bus", () => {
  it("hands each event to every listener, whole and unchangeable", () => {
    const { bus: events } = bus();
    const heard: unknown[] = [];
    events.subscribe((event) => heard.push(event));
    events.subscribe((event) => heard.push(Object.isFrozen(event)));
    events.publish("config:changed", to, { keys: ["gateway.port"] });
    expect(heard).toEqual([
      {
        id: expect.any(String) as unknown,
        name: "config:changed",
        version: 1,
        at: at(0),
        ...to,
        payload: { keys: ["gateway.port"] },
      },
      true,
    ]);
  });

  it("lets no listener that throws hurt the publisher or the others, and logs no content", () => {
    const { bus: events, logged } = bus();
    const heard: string[] = [];
    events.subscribe(() => {
      throw new Error("broken");
    });
    events.subscribe(({ name }) => heard.push(name));
    expect(() => events.publish("config:changed", to, { keys: [] })).not.toThrow();
    expect(heard).toEqual(["config:changed"]);
    expect(logged).toEqual(["an event listener failed"]);
  });

  it("hands nothing to a listener that left, also while an event goes round", () => {
    const { bus: events } = bus();
    const heard: string[] = [];
    let leave = (): void => undefined;
    events.subscribe(() => leave());
    leave = events.subscribe(() => heard.push("second"));
    events.publish("config:changed", to, { keys: [] });
    expect(heard).toEqual([]);
  });

  it("makes nothing when nobody listens", () => {
    const { bus: events, made } = bus();
    events.publish("config:changed", to, { keys: [] });
    expect(made()).toBe(0);
  });
});
