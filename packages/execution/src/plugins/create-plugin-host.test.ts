import { SecretId, err, joinAll, label, moltbotError, ok, readableBy } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Label } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SecretNames } from "../tools/index.ts";
import { audienceOf } from "./audience.ts";
import type { LiveCall } from "./live-call.ts";
import { threw } from "./testing/fake-processes.ts";
import type { Inside } from "./testing/fake-processes.ts";
import {
  ann,
  bob,
  callOf,
  codeOf,
  EVENTS,
  HOST,
  HTTP,
  openWorld,
  pluginOf,
  readBy,
  scopeOf,
  SECRET,
  STORAGE,
  textOf,
  TOOLS,
} from "./testing/plugin-world.ts";
import type { WorldWish } from "./testing/plugin-world.ts";

const open = (permissions: readonly JsonObject[] = [], more: JsonObject = {}, wish: WorldWish = {}) => {
  const world = openWorld(wish);
  const plugin = pluginOf(permissions, more);
  const loaded = world.host.load(plugin);
  if (!loaded.ok) throw new Error(loaded.error.message);
  return { ...world, plugin };
};

/** Adds what it is told to what it knows, and tells all of it. */
const gossip = async ({ wish, memory }: Inside) => {
  const before = memory.get("all") ?? [];
  const all = [...(Array.isArray(before) ? (before as readonly JsonValue[]) : []), wish.args["text"] ?? ""]; // its own list
  memory.set("all", all);
  return ok(all);
};
const said = (text: string) => ({ text });

/** A vault in which Ann alone keeps something of any name. */
const ofAnn: SecretNames = {
  ownNamed: (person) => (person === ann ? SecretId.parse("01930000-0000-7000-8000-0000000000aa") : null),
  mayUseHouse: async () => false,
};

describe("what a plugin was told", () => {
  it("comes out where the same people read, and nowhere else", async () => {
    const { run, processes } = open();
    processes.act = gossip;
    expect(textOf(await run(callOf("weather.ask", said("of Ann"))))).toBe('["of Ann"]');
    expect(textOf(await run(callOf("weather.ask", said("again"))))).toBe('["of Ann","again"]');
    const both = await run(callOf("weather.ask", said("of both"), readBy([ann, bob])));
    expect(textOf(both)).toBe('["of both"]');
    expect(both).toMatchObject({ value: { label: { integrity: "untrusted", readers: [ann, bob] } } });
    expect(textOf(await run(callOf("weather.ask", said("of all"), readBy("public"))))).toBe('["of all"]');
    expect(textOf(await run(callOf("weather.ask", said("of Bob"), { authority: bob })))).toBe('["of Bob"]');
    expect(processes.keys()).toHaveLength(4);
  });

  it("is for those alone who may know every argument, also what a plan brought into it", async () => {
    const { run, processes } = open();
    processes.act = gossip;
    const values = { text: label("untrusted", [ann], [{ kind: "host", ref: "mail.example:443" }]) };
    const ran = await run(callOf("weather.ask", said("mail"), { ...readBy([ann, bob]), values }));
    expect(ran).toMatchObject({ value: { label: { readers: [ann] } } });
    expect(textOf(await run(callOf("weather.ask", said("more"), readBy([ann, bob]))))).toBe('["more"]');
  });

  it("is one person's alone where a secret of their own opens what it fetches", async () => {
    const { run, processes } = open([HTTP, SECRET], {}, { ports: { secrets: ofAnn } });
    processes.act = gossip;
    const opened = await run(callOf("weather.ask", said("of Ann"), readBy([ann, bob])));
    expect(opened).toMatchObject({ value: { label: { readers: [ann] } } });
    const other = await run(callOf("weather.ask", said("of Bob"), { ...readBy([ann, bob]), authority: bob }));
    expect(other).toMatchObject({ value: { text: '["of Bob"]', label: { readers: [ann, bob] } } });
  });

  it("unplug: where its secrets say nothing about who may know, it comes out to everybody", async () => {
    const { run, processes } = open(
      [HTTP, SECRET],
      {},
      { ports: { secrets: ofAnn }, controls: { audienceOf: (call) => audienceOf(call, false) } },
    );
    processes.act = gossip;
    const opened = await run(callOf("weather.ask", said("of Ann"), readBy([ann, bob])));
    expect(opened).toMatchObject({ value: { label: { readers: [ann, bob] } } });
  });

  it("unplug: with one process for all readers, what Ann alone may know comes out where Bob reads", async () => {
    const { run, processes } = open([], {}, { controls: { keyOf: ({ digest }) => digest } });
    processes.act = gossip;
    await run(callOf("weather.ask", said("of Ann")));
    expect(textOf(await run(callOf("weather.ask", said("of both"), readBy([ann, bob]))))).toContain("of Ann");
  });

  it("unplug: where the arguments' own readers are left out, it comes out beside them", async () => {
    const { run, processes } = open([], {}, { controls: { audienceOf: (call) => call.label.readers } });
    processes.act = gossip;
    const values = { text: label("authority", [ann]) };
    await run(callOf("weather.ask", said("mail"), { ...readBy([ann, bob]), values }));
    expect(textOf(await run(callOf("weather.ask", said("more"), readBy([ann, bob]))))).toContain("mail");
  });

  it("never comes out to somebody who could not know all that had a part in it, whatever is called in whatever order", async () => {
    const readers = fc.constantFrom<Label["readers"]>("public", [ann], [bob], [ann, bob]);
    const calls = fc.array(fc.record({ chosen: readers, value: readers, person: fc.constantFrom(ann, bob) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(calls, async (all) => {
        const { run, processes } = open();
        processes.act = gossip;
        const told: Label[] = [];
        for (const [at, { chosen, value, person }] of all.entries()) {
          const labels = [label("authority", chosen), label("authority", value)] as const;
          told.push(joinAll(labels));
          const more = { authority: person, label: labels[0], values: { text: labels[1] } };
          const ran = await run(callOf("weather.ask", said(String(at)), more));
          if (!ran.ok) throw new Error(ran.error.message);
          for (const part of JSON.parse(ran.value.text) as string[])
            // what `gossip` gives back
            expect(readableBy(told[Number(part)]?.readers ?? [], ran.value.label.readers)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps the names of those whom it came from, in everything that it says later", async () => {
    const { run, processes, host } = open([HTTP]);
    processes.act = async ({ wish, ask }) => {
      if (wish.args["text"] === "go") await ask("http.fetch", { url: `https://${HOST}/` });
      return ok("x");
    };
    const hostile = label("untrusted", [ann], [{ kind: "host", ref: "mail.example:443" }]);
    await run(callOf("weather.ask", said("go"), { label: hostile }));
    const later = await run(callOf("weather.ask", said("now")));
    expect(later.ok && later.value.label.sources).toEqual([
      { kind: "host", ref: HOST },
      { kind: "host", ref: "mail.example:443" },
      { kind: "tool", ref: "weather.ask" },
    ]);
    await host.endAll();
  });

  it("lies in a box of the same people", async () => {
    const { run, processes, box } = open([STORAGE]);
    processes.act = async ({ wish, ask }) => {
      const before = await ask("storage.get", { key: "k" });
      await ask("storage.set", { key: "k", value: wish.args["text"] ?? null });
      return before;
    };
    await run(callOf("weather.ask", said("of Ann")));
    expect(textOf(await run(callOf("weather.ask", said("of both"), readBy([ann, bob]))))).toBe("null");
    expect(textOf(await run(callOf("weather.ask", said("of Bob"), { authority: bob })))).toBe("null");
    expect(textOf(await run(callOf("weather.ask", said("later"))))).toBe("of Ann");
    expect([...box.keys()].toSorted()).toEqual(
      [`${ann}|weather|${ann}|k`, `${ann}|weather|${[ann, bob].join(" ")}|k`, `${bob}|weather|${bob}|k`].toSorted(),
    );
  });
});

describe("a token", () => {
  const urls = { url: `https://${HOST}/` };

  it("that nobody gave out, that is over, or that is another instance's opens nothing", async () => {
    const { run, processes, sent, box } = open([HTTP, STORAGE]);
    const tokens: string[] = [];
    const codes: string[] = [];
    const held = Promise.withResolvers<void>();
    const isIn = Promise.withResolvers<void>();
    processes.act = async ({ wish, ask }) => {
      tokens.push(wish.token);
      if (wish.args["text"] === "wait") {
        isIn.resolve();
        await held.promise;
        return ok(null);
      }
      for (const token of ["", "guess", "__proto__", ...tokens.slice(0, -1)]) {
        codes.push(codeOf(await ask("http.fetch", urls, token)));
        codes.push(codeOf(await ask("storage.set", { key: "k", value: 1 }, token)));
      }
      return ok(null);
    };
    await run(callOf("weather.ask", said("first")));
    const waiting = run(callOf("weather.ask", said("wait"), { authority: bob }));
    await isIn.promise;
    await run(callOf("weather.ask", said("attack")));
    held.resolve();
    await waiting;
    expect(new Set(codes)).toEqual(new Set(["PLUGIN_MAY_NOT"]));
    expect(codes).toHaveLength(6 + 10);
    expect([sent, box.size]).toEqual([[], 0]);
  });

  it("opens nothing after its call, also for an ask that began before", async () => {
    const { run, processes, sent } = open([HTTP]);
    let late: Promise<unknown> = Promise.resolve();
    const over = Promise.withResolvers<void>();
    processes.act = async ({ ask }) => {
      late = over.promise.then(async () => codeOf(await ask("http.fetch", urls)));
      return ok(null);
    };
    await run(callOf("weather.ask", {}));
    over.resolve();
    expect(await late).toBe("PLUGIN_MAY_NOT");
    expect(sent).toEqual([]);
  });

  it("unplug: with tokens that hold for every instance, Bob's plugin writes into Ann's box", async () => {
    const everywhere = new Map<string, LiveCall>();
    const findCall = (live: ReadonlyMap<string, LiveCall>, token: string) => {
      for (const [known, call] of live) everywhere.set(known, call);
      return everywhere.get(token);
    };
    const { run, processes, box } = open([STORAGE], {}, { controls: { findCall } });
    const held = Promise.withResolvers<void>();
    const isIn = Promise.withResolvers<string>();
    processes.act = async ({ wish, ask }) => {
      if (wish.args["text"] === "attack") return ask("storage.set", { key: "k", value: 1 }, await isIn.promise);
      await ask("storage.get", { key: "k" });
      isIn.resolve(wish.token);
      return held.promise.then(() => ok(null));
    };
    const waiting = run(callOf("weather.ask", said("wait")));
    await isIn.promise;
    await run(callOf("weather.ask", said("attack"), { authority: bob }));
    held.resolve();
    await waiting;
    expect([...box.keys()]).toEqual([`${ann}|weather|${ann}|k`]);
  });
});

const DEEP = JSON.parse("[".repeat(5_000) + "]".repeat(5_000)) as JsonValue; // lists alone

describe("a permission that the manifest does not have", () => {
  it.each<readonly [string, Parameters<Inside["ask"]>[0], JsonObject, readonly JsonObject[]]>([
    ["web", "http.fetch", { url: `https://${HOST}/` }, [STORAGE]],
    ["other method", "http.fetch", { url: `https://${HOST}/`, method: "DELETE" }, [HTTP]],
    ["box to read", "storage.get", { key: "k" }, [HTTP]],
    ["box to write", "storage.set", { key: "k", value: 1 }, [HTTP]],
    ["box to clear", "storage.delete", { key: "k" }, [HTTP]],
    ["box to list", "storage.keys", {}, [HTTP]],
    ["secret", "secrets.handle", { name: "key" }, [HTTP]],
    ["other secret", "secrets.handle", { name: "other" }, [HTTP, SECRET]],
    ["event", "events.emit", { name: "storm", data: 1 }, [{ ...EVENTS, emits: false }]],
    ["tool", "tools.call", { name: "clock.now", args: {} }, [HTTP]],
    ["other tool", "tools.call", { name: "file.write", args: {} }, [TOOLS]],
  ])("gives no %s", async (_what, method, params, permissions) => {
    const { run, processes, sent, box, emitted, nested } = open(permissions);
    processes.act = ({ ask }) => ask(method, params);
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_MAY_NOT");
    expect([sent, [...box], emitted, nested]).toEqual([[], [], [], []]);
  });

  it.each<readonly [string, Parameters<Inside["ask"]>[0], JsonObject]>([
    ["an unknown method", "process.exit" as "http.fetch", {}],
    ["a method of every object", "constructor" as "http.fetch", {}],
    ["more than it takes", "storage.get", { key: "k", audience: "public" }],
    ["a key that is no text", "storage.get", { key: 7 }],
    ["a key without end", "storage.set", { key: "k".repeat(201), value: 1 }],
    ["half a letter", "storage.get", { key: "\ud800" }],
    ["depth without end", "storage.set", { key: "k", value: DEEP }],
    ["an address in parts", "http.fetch", { url: { href: "https://api.example/" } }],
  ])("is not made up for by %s", async (_what, method, params) => {
    const { run, processes, sent, box } = open([HTTP, STORAGE, EVENTS, TOOLS]);
    processes.act = ({ ask }) => ask(method, params);
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_MAY_NOT");
    expect([sent, [...box]]).toEqual([[], []]);
  });
});

describe("a tool of the house", () => {
  it("is called as the call's own agent, from what the plugin knows, and tells its text", async () => {
    const { run, processes, nested } = open([TOOLS]);
    processes.act = ({ ask }) => ask("tools.call", { name: "clock.now", args: { zone: "UTC" } });
    const call = callOf("weather.ask", {}, { label: label("untrusted", [ann], [{ kind: "host", ref: "evil:1" }]) });
    expect(textOf(await run(call))).toBe("12:00");
    const [scope, within, plugin, tool, args] = nested[0] ?? [];
    expect([scope, within, tool, args]).toEqual([scopeOf(ann), call, "clock.now", { zone: "UTC" }]);
    expect(plugin).toEqual({
      name: "weather",
      label: label("untrusted", [ann], [{ kind: "host", ref: "evil:1" }]),
    });
  });

  it("that is a plugin's is not called, also where the manifest names it", async () => {
    const { run, processes, nested } = open([TOOLS]);
    processes.act = ({ ask }) => ask("tools.call", { name: "weather.ask", args: {} });
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_MAY_NOT");
    expect(nested).toEqual([]);
  });

  it("tells a plugin nothing that not everybody may know who sees what the plugin says", async () => {
    const { run, processes, world } = open([TOOLS]);
    processes.act = ({ ask }) => ask("tools.call", { name: "memory.search", args: {} });
    world.toolAnswer = () => ok({ text: "private", summary: "", label: label("authority", [ann]) });
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("private");
    expect(textOf(await run(callOf("weather.ask", {}, readBy([ann, bob]))))).toBe("PLUGIN_MAY_NOT");
    expect(textOf(await run(callOf("weather.ask", {}, readBy("public"))))).toBe("PLUGIN_MAY_NOT");
  });

  it("tells a plugin with the web only what is public, since its hosts may come to know it", async () => {
    const { run, processes, world } = open([TOOLS, HTTP]);
    processes.act = ({ ask }) => ask("tools.call", { name: "memory.search", args: {} });
    world.toolAnswer = () => ok({ text: "private", summary: "", label: label("authority", [ann]) });
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_MAY_NOT");
    world.toolAnswer = () => ok({ text: "known", summary: "", label: label("authority", "public") });
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("known");
  });

  it("unplug: without the look at who may know it, what Ann alone may know comes out where Bob reads", async () => {
    const { run, processes, world } = open([TOOLS], {}, { controls: { mayBeTold: () => true } });
    processes.act = ({ ask }) => ask("tools.call", { name: "memory.search", args: {} });
    world.toolAnswer = () => ok({ text: "private", summary: "", label: label("authority", [ann]) });
    const ran = await run(callOf("weather.ask", {}, readBy([ann, bob])));
    expect(ran).toMatchObject({ value: { text: "private", label: { readers: [ann, bob] } } });
  });

  it("that is refused tells its code and none of its words", async () => {
    const { run, processes, world } = open([TOOLS]);
    let heard = "";
    processes.act = async ({ ask }) => {
      const answer = await ask("tools.call", { name: "memory.search", args: {} });
      heard = JSON.stringify(answer);
      return ok(null);
    };
    world.toolAnswer = () => err(moltbotError("TOOL_FAILED", { tool: "memory.search", problem: "canary-71" }));
    await run(callOf("weather.ask", {}));
    expect(heard).toContain("TOOL_FAILED");
    expect(heard).not.toContain("canary-71");
  });
});

describe("limits", () => {
  it("of calls in a minute hold for each person, whatever readers they have, and pass with the minute", async () => {
    const { run, world } = open([], { limits: { callsPerMinute: 2 } });
    const texts = async (more = {}) => textOf(await run(callOf("weather.ask", {}, more)));
    expect([await texts(), await texts(readBy("public")), await texts()]).toEqual(["null", "null", "PLUGIN_LIMIT"]);
    expect(await texts({ authority: bob })).toBe("null");
    world.now = 60_001;
    expect(await texts()).toBe("null");
  });

  it("of asks in one call are counted here, whatever the process counts", async () => {
    const { run, processes } = open([STORAGE], { limits: { asksPerCall: 3 } });
    const codes: string[] = [];
    processes.act = async ({ ask }) => {
      for (let at = 0; at < 5; at += 1) codes.push(codeOf(await ask("storage.get", { key: "k" })));
      return ok(null);
    };
    await run(callOf("weather.ask", {}));
    expect(codes).toEqual(["ok", "ok", "ok", "PLUGIN_LIMIT", "PLUGIN_LIMIT"]);
  });

  it("of output, of a box, of an event and of what goes out are errors with a name", async () => {
    const { run, processes, box, emitted, sent } = open([STORAGE, EVENTS, HTTP], { limits: { outputBytes: 256 } });
    const ends = async (act: (inside: Inside) => ReturnType<Inside["ask"]>) => {
      processes.act = act;
      return textOf(await run(callOf("weather.ask", {})));
    };
    expect(await ends(async () => ok("é".repeat(129)))).toBe("PLUGIN_LIMIT");
    expect(await ends(({ ask }) => ask("storage.set", { key: "k", value: "x".repeat(2_000) }))).toBe("PLUGIN_LIMIT");
    expect(await ends(({ ask }) => ask("events.emit", { name: "storm", data: "x".repeat(1_100) }))).toBe(
      "PLUGIN_LIMIT",
    );
    const body = "x".repeat(262_144);
    const large = await ends(async ({ ask }) => {
      for (let at = 0; at < 3; at += 1) await ask("http.fetch", { url: `https://${HOST}/`, method: "POST", body });
      return ask("http.fetch", { url: `https://${HOST}/`, body });
    });
    expect(large).toBe("TOOL_OUTCOME_UNKNOWN");
    expect([box.size, emitted, sent.length]).toEqual([0, [], 3]);
  });

  it("of what runs at once end the longest unused, and refuse where all are in use", async () => {
    const { run, processes } = open();
    const ids = Array.from({ length: 9 }, (_, at) => `tag-${String(at)}`);
    const held = Promise.withResolvers<void>();
    const tell = (id: string) => run(callOf("weather.ask", said(id), readBy([ann, `${id}-reader` as typeof ann])));
    processes.act = gossip;
    for (const id of ids) await tell(id);
    expect(processes.keys()).toHaveLength(8);
    processes.act = async () => held.promise.then(() => ok(null));
    const busy = ids.slice(0, 8).map(tell);
    expect(textOf(await tell("tag-8"))).toBe("PLUGIN_LIMIT");
    held.resolve();
    expect((await Promise.all(busy)).map(codeOf)).toEqual(busy.map(() => "ok"));
  });
});

describe("an event", () => {
  const fired = (audience: readonly (typeof ann)[]) =>
    ({
      id: "e1",
      name: "reminder:fired",
      version: 1,
      at: "2026-11-23T10:00:00.000Z",
      tenantId: scopeOf(ann).tenantId,
      audience,
      payload: { message: "canary-of-the-reminder" },
    }) as unknown as Parameters<ReturnType<typeof openWorld>["host"]["hear"]>[0]; // the payload stays outside anyway
  const settle = async () => {
    for (let at = 0; at < 20; at += 1) await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const hearing = async (permissions: readonly JsonObject[] = [EVENTS], wish: WorldWish = {}) => {
    const opened = open(permissions, {}, wish);
    opened.processes.handlers = ["reminder:fired"];
    const heard: Inside["wish"][] = [];
    opened.processes.act = async ({ wish }) => {
      if (wish.kind === "event") heard.push(wish);
      return ok(null);
    };
    await opened.run(callOf("weather.ask", {}));
    await settle();
    return { ...opened, heard };
  };

  it("says that it happened and when, to the instance of the person alone", async () => {
    const { host, heard, processes } = await hearing();
    host.hear(fired([ann]));
    expect(heard).toEqual([]);
    await settle();
    expect(heard.map(({ name, args }) => [name, args])).toEqual([
      ["reminder:fired", { name: "reminder:fired", at: "2026-11-23T10:00:00.000Z" }],
    ]);
    expect(JSON.stringify(heard)).not.toContain("canary");
    expect(processes.keys()).toHaveLength(1);
  });

  it("of somebody for whom the plugin was never called starts nothing", async () => {
    const { host, heard, processes } = await hearing();
    host.hear(fired([bob]));
    await settle();
    expect([heard, processes.started()]).toEqual([[], 1]);
  });

  it("that the plugin has no function for, or does not name, starts nothing", async () => {
    const { host, heard } = await hearing([{ ...EVENTS, hears: ["backup:made"] }]);
    host.hear(fired([ann]));
    await settle();
    expect(heard).toEqual([]);
  });

  it("opens the box and no way out", async () => {
    const { host, processes, sent, emitted, nested, box } = await hearing([EVENTS, STORAGE, HTTP, TOOLS, SECRET]);
    const codes: string[] = [];
    processes.act = async ({ ask }) => {
      codes.push(codeOf(await ask("http.fetch", { url: `https://${HOST}/` })));
      codes.push(codeOf(await ask("secrets.handle", { name: "key" })));
      codes.push(codeOf(await ask("events.emit", { name: "storm" })));
      codes.push(codeOf(await ask("tools.call", { name: "clock.now" })));
      codes.push(codeOf(await ask("storage.set", { key: "k", value: 1 })));
      return ok(null);
    };
    host.hear(fired([ann]));
    await settle();
    expect(codes).toEqual([...Array.from({ length: 4 }, () => "PLUGIN_MAY_NOT"), "ok"]);
    expect([sent, emitted, nested, [...box.keys()]]).toEqual([[], [], [], [`${ann}|weather|${ann} web|k`]]);
  });

  it("unplug: with a way out, a plugin tells of it at once", async () => {
    const { host, processes, emitted } = await hearing([EVENTS], { controls: { mayGoOut: () => true } });
    processes.act = ({ ask }) => ask("events.emit", { name: "storm" });
    host.hear(fired([ann]));
    await settle();
    expect(emitted).toHaveLength(1);
  });

  it("that comes too often is dropped, and the publisher waits for nothing", async () => {
    const { host, heard, processes } = await hearing();
    for (let at = 0; at < 500; at += 1) host.hear(fired([ann]));
    expect(heard).toEqual([]);
    await settle();
    expect(heard).toHaveLength(60);
    const held = Promise.withResolvers<void>();
    processes.act = async () => held.promise.then(() => ok(null));
    host.hear(fired([ann]));
    held.resolve();
  });
});

describe("an emitted event", () => {
  it("goes to the person of the call as JSON text, and never tells what they may not know", async () => {
    const { run, processes, emitted } = open([EVENTS]);
    processes.act = ({ ask }) => ask("events.emit", { name: "storm", data: { at: 1 } });
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("null");
    expect(textOf(await run(callOf("weather.ask", {}, readBy([bob]))))).toBe("PLUGIN_MAY_NOT");
    expect(emitted).toEqual([{ person: ann, name: "storm", data: '{"at":1}' }]);
  });
});

describe("a call in flight", () => {
  it.each<readonly [string, (world: ReturnType<typeof open>) => Promise<void>]>([
    ["the plugin is removed", ({ host }) => host.unload("weather")],
    ["everything ends", ({ host }) => host.endAll()],
    ["its person is suspended", ({ host }) => host.endOf(ann)],
    ["the gateway ends", ({ host }) => host.close()],
    ["an update takes its place", async ({ host }) => void host.load(pluginOf([], { version: "1.0.1" }))],
  ])("fails by name when %s, and nothing of it is left", async (_when, end) => {
    const world = open([STORAGE]);
    const isIn = Promise.withResolvers<Inside>();
    world.processes.act = (inside) => (isIn.resolve(inside), new Promise(() => undefined));
    const running = world.run(callOf("weather.ask", {}));
    const inside = await isIn.promise;
    await end(world);
    expect(textOf(await running)).toBe("PLUGIN_STOPPED");
    expect(codeOf(await inside.ask("storage.set", { key: "k", value: 1 }))).toBe("PLUGIN_MAY_NOT");
    expect([world.processes.keys(), [...world.box]]).toEqual([[], []]);
  });

  it("that failed after something went out is of unknown outcome, never just failed", async () => {
    const { run, processes } = open([HTTP]);
    processes.act = async ({ ask }) => {
      await ask("http.fetch", { url: `https://${HOST}/`, method: "POST", body: "order" });
      return threw("later");
    };
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("TOOL_OUTCOME_UNKNOWN");
  });
});

describe("logs", () => {
  it("hold how much a plugin wrote, and nothing of it", async () => {
    const { run, processes, logged } = open();
    processes.act = async ({ log }) => (log("canary-of-the-log"), ok(null));
    await run(callOf("weather.ask", {}));
    expect(logged.join()).toContain('"characters":17');
    expect(logged.join()).not.toContain("canary");
  });
});
