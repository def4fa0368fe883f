import { describe, expect, it } from "vitest";
import { done, err, moltbotError, ok, PrincipalId } from "@moltbot/contracts";
import type { JsonValue, Result } from "@moltbot/contracts";
import type { PluginToRun } from "../plugin-host.ts";
import type { PluginProcess, PluginProcessWish, StartProcess } from "../process-port.ts";
import { createPluginKeeper } from "./create-plugin-keeper.ts";
import { createRestartBudget } from "./restart-budget.ts";
import type { RestartBudget } from "./restart-budget.ts";

const MINUTE = 60_000;
const ann = PrincipalId.parse("01930000-0000-7000-8000-00000000000a");
const bob = PrincipalId.parse("01930000-0000-7000-8000-00000000000b");
const plugin = (name: string): PluginToRun => {
  const limits = { cpuMs: 1, seconds: 1, memoryMiB: 8, outputBytes: 256, asksPerCall: 0, callsPerMinute: 1 };
  return { manifest: { name, limits }, source: "", digest: name, choices: {} } as unknown as PluginToRun; // what a keeper reads of it
};
const hooks = { ask: async () => ok(null), log: () => undefined, ended: () => undefined };
const wish = { kind: "tool", name: "run", args: {}, token: "t", signal: new AbortController().signal } as const;

const PROCESS = ok<PluginProcess>({
  call: async () => ok(null),
  describe: async () => ok({ tools: [], events: [] }),
  residentBytes: () => 1,
  end: async () => undefined,
});

const house = (
  most = 2,
  idleMs = 50,
  shape: (budget: RestartBudget) => RestartBudget = (same) => same,
  start?: StartProcess,
) => {
  const running = new Set<PluginProcessWish>();
  const wishes: PluginProcessWish[] = [];
  const open: ((result: Result<JsonValue>) => void)[] = [];
  let now = 0;
  const keeper = createPluginKeeper({
    engine: "isolate",
    budget: shape(createRestartBudget(() => now)),
    most,
    idleMs,
    start: async (asked) => {
      running.add(asked);
      wishes.push(asked);
      if (start !== undefined) return start(asked);
      return ok({
        call: () => new Promise((resolve) => void open.push(resolve)),
        describe: async () => ok({ tools: [], events: [] }),
        residentBytes: () => 1,
        end: async () => void running.delete(asked),
      });
    },
  });
  const of = async (key: string, name = key, person = ann) => {
    const process = await keeper.of(key, plugin(name), person, hooks);
    return process.ok ? process.value : process.error.code;
  };
  const crash = (asked: PluginProcessWish | undefined): void => {
    if (asked === undefined) return;
    running.delete(asked);
    asked.ended("its process ended");
  };
  return { keeper, of, wishes, running, crash, open, later: (milliseconds: number) => (now += milliseconds) };
};
const pause = (milliseconds: number) => new Promise((resolve) => void setTimeout(resolve, milliseconds));

describe("processes of plugins", () => {
  it("are one for each key, started when first needed, and gone after their idle time", async () => {
    const { of, wishes, running, keeper } = house();
    await Promise.all([of("a"), of("a"), of("b")]);
    expect([wishes.length, keeper.running("a")]).toEqual([2, 1]);
    await pause(120);
    expect([running.size, keeper.running("a")]).toEqual([0, 0]);
    await of("a");
    expect(wishes).toHaveLength(3);
  });

  it("stay while a call runs in them", async () => {
    const { of, running, open } = house();
    const process = await of("a");
    if (typeof process === "string") throw new Error(process);
    const call = process.call(wish);
    await pause(120);
    expect(running.size).toBe(1);
    open[0]?.(ok(1));
    await call;
    await pause(120);
    expect(running.size).toBe(0);
  });

  it("are only so many: the longest unused makes room, and none that is used", async () => {
    const { of, running, wishes } = house(2, MINUTE);
    const first = await of("a");
    await of("b");
    await of("a");
    await of("c");
    await pause(5);
    expect([...running].map(({ plugin: name }) => name)).toEqual(["a", "c"]);
    const third = await of("c");
    for (const process of [first, third]) if (typeof process !== "string") void process.call(wish);
    expect(await of("d")).toBe("PLUGIN_LIMIT");
    expect(wishes).toHaveLength(3);
  });

  it("are ended at once where they are still loading, with all that waited for them", async () => {
    const { keeper, wishes } = house(2, MINUTE, undefined, async (asked) => {
      await new Promise((resolve) => asked.signal.addEventListener("abort", resolve, { once: true }));
      return err(moltbotError("PLUGIN_STOPPED", { plugin: asked.plugin, problem: "it was ended" }));
    });
    const waiting = [keeper.of("a", plugin("a"), ann, hooks), keeper.of("a", plugin("a"), ann, hooks)];
    await pause(5);
    const began = performance.now();
    await keeper.end("a");
    expect((await Promise.all(waiting)).map((one) => (one.ok ? "ok" : one.error.code))).toEqual([
      "PLUGIN_STOPPED",
      "PLUGIN_STOPPED",
    ]);
    expect([performance.now() - began < 500, keeper.running("a"), wishes.length]).toEqual([true, 0, 1]);
  });

  it("make no room where they are still loading for somebody", async () => {
    const loading = Promise.withResolvers<void>();
    const { keeper, of, wishes } = house(1, MINUTE, undefined, async () => {
      await loading.promise;
      return PROCESS;
    });
    const first = of("a");
    await pause(5);
    expect([await of("b"), wishes[0]?.signal.aborted]).toEqual(["PLUGIN_LIMIT", false]);
    loading.resolve();
    expect([typeof (await first), keeper.running("a")]).toEqual(["object", 1]);
  });

  it("that could not even be asked for are asked for again", async () => {
    let times = 0;
    const { of, keeper } = house(2, MINUTE, undefined, async () => {
      times += 1;
      if (times === 1) throw new Error("of the system's: /canary");
      return PROCESS;
    });
    expect([await of("a"), keeper.running("a"), typeof (await of("a"))]).toEqual(["PLUGIN_FAILED", 0, "object"]);
  });

  it("that passed a limit are given to nobody any more, and are waited for until they are gone", async () => {
    const gone = Promise.withResolvers<void>();
    const { of, keeper, wishes } = house(2, MINUTE, undefined, async () =>
      ok({ ...PROCESS.value, end: async () => gone.promise }),
    );
    await of("a");
    wishes[0]?.ended("it computed too long");
    expect([typeof (await of("a")), wishes.length]).toEqual(["object", 2]);
    let isEnded = false;
    const ended = keeper.end("a").then(() => (isEnded = true));
    await pause(5);
    expect(isEnded).toBe(false);
    gone.resolve();
    await ended;
    expect(keeper.running("a")).toBe(0);
  });

  it("rest after three faults in ten minutes, until these have passed or the owner says so", async () => {
    const { of, crash, wishes, later, keeper } = house(8, MINUTE);
    const fail = async (key: string): Promise<void> => {
      await of(key, "bad");
      crash(wishes.at(-1));
    };
    await fail("a");
    later(2 * MINUTE);
    await fail("b");
    await fail("a");
    expect(await of("c", "bad")).toBe("PLUGIN_RESTARTS_SPENT");
    expect(typeof (await of("d", "good"))).toBe("object");
    later(8 * MINUTE);
    expect(typeof (await of("c", "bad"))).toBe("object");
    crash(wishes.at(-1));
    expect(await of("c", "bad")).toBe("PLUGIN_RESTARTS_SPENT");
    keeper.forget("bad");
    expect(typeof (await of("c", "bad"))).toBe("object");
  });
  it("unplug: without a budget one that crashes is started again and again", async () => {
    const none: RestartBudget = { fault: () => undefined, mayStart: () => done, forget: () => undefined };
    const { of, crash, wishes } = house(8, MINUTE, () => none);
    for (let times = 0; times < 20; times += 1) {
      await of("a", "bad");
      crash(wishes.at(-1));
    }
    expect(wishes).toHaveLength(20);
  });

  const crashThrice = async ({ of, crash, wishes }: ReturnType<typeof house>): Promise<void> => {
    for (let times = 0; times < 3; times += 1) {
      await of("hers", "bad", ann);
      crash(wishes.at(-1));
    }
  };
  it("rest for the person alone in whose calls they failed", async () => {
    const crowded = house(8, MINUTE);
    await crashThrice(crowded);
    expect(await crowded.of("hers", "bad", ann)).toBe("PLUGIN_RESTARTS_SPENT");
    expect(typeof (await crowded.of("his", "bad", bob))).toBe("object");
  });
  it("unplug: where all share one budget, one takes the plugin from the other", async () => {
    const shared = (budget: RestartBudget): RestartBudget => ({
      ...budget,
      fault: (name) => budget.fault(name, ann),
      mayStart: (name) => budget.mayStart(name, ann),
    });
    const crowded = house(8, MINUTE, shared);
    await crashThrice(crowded);
    expect(await crowded.of("his", "bad", bob)).toBe("PLUGIN_RESTARTS_SPENT");
  });

  it("rest for everybody after forty faults of many people, and not before", async () => {
    const { of, crash, wishes } = house(8, MINUTE);
    for (let times = 0; times < 40; times += 1) {
      const person = PrincipalId.parse(`01930000-0000-7000-8000-0000000001${String(10 + Math.floor(times / 2))}`);
      expect(typeof (await of("some", "bad", person))).toBe("object");
      crash(wishes.at(-1));
    }
    expect(await of("his", "bad", bob)).toBe("PLUGIN_RESTARTS_SPENT");
  });
});
