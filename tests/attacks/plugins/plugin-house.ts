import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type { AgentId, MessagePart } from "@moltbot/contracts";
import type { Tool } from "../../../packages/execution/src/tools/index.ts";
import { saidModel } from "../../../packages/gateway/src/drill/claw/said-model.ts";
import { openDrillHouse } from "../../../packages/gateway/src/drill/index.ts";
import type { DrillHouse } from "../../../packages/gateway/src/drill/index.ts";
import { openHostWorld } from "../../support/host-world.ts";
import type { HostWorld } from "../../support/host-world.ts";
import { must } from "../../support/must.ts";
import { signedPackage, testSigner } from "../../support/packages.ts";
import type { TestPackage, TestSigner } from "../../support/packages.ts";
import { GAINED } from "./hostile/hostile-plugin.ts";
import type { HostilePlugin } from "./hostile/hostile-plugin.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;

/** What came of one call of a hostile plugin's tool. */
export interface PlayedCall {
  readonly tool: string;
  readonly status: ResultPart["status"] | "not installed";
  readonly code: string | null;
  readonly text: string;
  readonly milliseconds: number;
}

export interface Played {
  readonly id: string;
  readonly calls: readonly PlayedCall[];
}

/** What stands in the world after some of them were played; each line is a gain or a harm. */
export interface Harm {
  /** Ids of those that were played; one where it is known which it was. */
  readonly ids: readonly string[];
  readonly how: string;
}

export interface PluginHouse {
  readonly house: DrillHouse;
  readonly world: HostWorld;
  readonly agent: AgentId;
  readonly key: TestSigner;
  /** Installs them, calls their tools, removes them, looks at the world; where something is wrong, each is played alone. */
  play(
    these: readonly HostilePlugin[],
  ): Promise<{ readonly played: readonly Played[]; readonly harm: readonly Harm[] }>;
  /** Calls tools in one turn of a new conversation, one after the other. */
  call(
    calls: readonly { readonly tool: string; readonly arguments?: Readonly<Record<string, unknown>> }[],
    agent?: AgentId,
  ): Promise<readonly PlayedCall[]>;
  install(named: TestPackage): Promise<{ readonly ok: boolean; readonly code: string | null; readonly says: string }>;
  remove(name: string): Promise<void>;
  /** Ids of the processes of plugins that run now. */
  processes(): readonly number[];
  close(): Promise<void>;
}

const STALL_MS = 2_000;
const TOGETHER = 4;
const LOOK_EVERY_MS = 100;
const KEEPS = "what another plugin keeps: ";

/** A plugin with something to lose: its box, and its variables. */
const witnessSource = (canary: string): string => `
let inMemory = ${JSON.stringify(KEEPS + canary)};
export default { tools: {
  keep: async (args, host) => { await host.storage.set("kept", inMemory); return "kept"; },
  look: async (args, host) => ({ whole: (await host.storage.get("kept")) === ${JSON.stringify(KEEPS + canary)} && inMemory === ${JSON.stringify(KEEPS + canary)}, keys: await host.storage.keys("") }),
} };`;
const WHOLE = '{"whole":true,"keys":["kept"]}';

/** What only the process has that runs a plugin, or the gateway, or who wrote them. */
const OF_THE_PROCESS =
  /\/moltbot\/|node:internal|plugin[-/]worker|isolated[-_]vm|quickjs-emscripten|node_modules|\bat [\w.<> ]+ \(?(?:file:|node:|\/)|Linux version \d|\bld-linux|\buid=\d+\(|"(?:argv|execPath|pid|platform)":|\bERR_[A-Z_]{4,}\b|\bEPIPE\b|\bECONN/;

/** Ids of the processes that run plugins for this program. */
const pluginProcesses = (): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return (
          words.some((word) => word.startsWith("/moltbot/plugin/worker.")) &&
          !words.some((word) => word.endsWith("bwrap")) &&
          isBelowUs(Number(name))
        );
      } catch {
        return false; // it has ended, or is somebody else's
      }
    })
    .map(Number);

const parentOf = (pid: number): number => {
  const after =
    readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .split(") ")
      .at(-1) ?? "";
  return Number(after.split(" ")[1] ?? 0);
};
const isBelowUs = (pid: number): boolean => {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === process.pid) return true;
  return false;
};

/** What every object has here: nothing that a plugin sends may add to it. */
const SHARED: readonly { readonly name: string; readonly prototype: object }[] = [
  Object,
  Array,
  Function,
  String,
  Number,
  Boolean,
  Promise,
  Error,
  Map,
  Set,
  RegExp,
  Uint8Array,
];
const sharedNow = (): string =>
  SHARED.map((one) => [one.name, Reflect.ownKeys(one).length, Reflect.ownKeys(one.prototype).length].join()).join(" ");

/** Somebody else who is served meanwhile: how long the slowest answer took since the last look. */
const bystander = ({ door }: DrillHouse): { slowest(): number; end(): Promise<void> } => {
  let [slowest, isOver] = [0, false];
  let began: number | null = null;
  const loop = (async () => {
    while (!isOver) {
      began = performance.now();
      await door.call("system.status", {}).catch(() => undefined);
      slowest = Math.max(slowest, performance.now() - began);
      began = null;
      await new Promise((resolve) => void setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  return {
    slowest: () => {
      const now = Math.max(slowest, began === null ? 0 : performance.now() - began);
      slowest = 0;
      return now;
    },
    end: async () => {
      isOver = true;
      await loop;
    },
  };
};

const waitForWall = async ({ door }: DrillHouse): Promise<void> => {
  for (let looks = 0; looks < 40; looks += 1) {
    if (must(await door.call("system.status", {})).sandbox.ready) return;
    await new Promise((resolve) => void setTimeout(resolve, 500));
  }
  throw new Error("the wall does not hold here");
};

/** A package of a hostile plugin under a name, with the limits of this folder: short, so that what does not end is ended soon. */
export const packageOf = (
  name: string,
  { code, tools = ["run"], permissions = [] }: Pick<HostilePlugin, "code" | "tools" | "permissions">,
  key: TestSigner,
  more: Readonly<Record<string, unknown>> = {},
): TestPackage =>
  signedPackage({
    kind: "plugin",
    manifest: {
      manifest: 1,
      name,
      version: "1.0.0",
      title: `Plugin ${name}`,
      description: "A plugin.",
      tools: [...new Set(tools)].map((one) => ({
        name: one,
        title: `Does ${one}`,
        description: "Does what it does.",
        input: {
          type: "object",
          properties: { text: { type: "string" }, list: { type: "array", items: { type: "string" } } },
        },
      })),
      permissions,
      limits: { cpuMs: 250, seconds: 2, callsPerMinute: 600, memoryMiB: 24, outputBytes: 32_768, asksPerCall: 100 },
      ...more,
    },
    files: { "main.js": code },
    key,
  });

/** A real gateway with a witness, a world of canaries around it, and a model that calls what it is told. */
export const openPluginHouse = async (wish: { readonly tools?: readonly Tool[] } = {}): Promise<PluginHouse> => {
  let root: string | null = null;
  const world = await openHostWorld(() => root);
  const plans = new Map<
    string,
    { readonly calls: readonly { readonly tool: string; readonly arguments: object }[]; readonly at: number[] }
  >();
  const model = saidModel("plugins", ({ messages }) => {
    const asked = messages.findLastIndex(({ role }) => role === "user");
    const plan = plans.get(/plan-\d+/.exec(JSON.stringify(messages[asked]))?.[0] ?? "");
    const step = messages.slice(asked + 1).filter(({ role }) => role === "assistant").length;
    plan?.at.push(performance.now());
    const one = plan?.calls[step];
    return one === undefined ? { text: "Done." } : { calls: [{ tool: one.tool, arguments: { ...one.arguments } }] };
  });
  const crashes: unknown[] = [];
  const crashed = (cause: unknown): void => void crashes.push(cause);
  process.on("uncaughtException", crashed);
  process.on("unhandledRejection", crashed);
  const house = must(
    await openDrillHouse({
      tools: wish.tools ?? [],
      models: { plugins: model },
      connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
    }),
  );
  const { door } = house;
  root = house.root;
  await waitForWall(house);
  const agent = must(await house.addAgent({ name: "plugins" }));
  const key = testSigner();
  must(await door.call("signers.trust", { key: key.key, name: "Somebody" }));
  for (const file of ["canary.txt", "plugins/canary.txt", "run/canary.txt"]) world.plant(join(house.root, file));

  let plansMade = 0;
  const call: PluginHouse["call"] = async (calls, who = agent) => {
    plansMade += 1;
    const plan = { calls: calls.map((one) => ({ arguments: {}, ...one })), at: [] as number[] };
    plans.set(`plan-${String(plansMade)}`, plan);
    let turn = must(await house.send(who, `Do plan-${String(plansMade)}, please.`));
    while (turn.reply === null) {
      for (const { id } of turn.approvals) must(await house.answer(id, "deny"));
      turn = must(await house.standing(turn));
      if (turn.state === "failed" || turn.state === "stopped") break;
    }
    const messages = must(
      await door.call("conversations.messages", { conversationId: turn.conversationId, limit: 500 }),
    );
    const results = messages.flatMap(({ parts }) => parts).flatMap((part) => (part.type === "result" ? [part] : []));
    return results.map(({ tool, status, code, text }, at) => ({
      tool,
      status,
      code,
      text,
      milliseconds: Math.round((plan.at[at + 1] ?? 0) - (plan.at[at] ?? 0)),
    }));
  };
  const install: PluginHouse["install"] = async ({ archive, digest }) => {
    const said = await door.call("plugins.install", { archive, digest, agents: [agent], anyway: true });
    return said.ok
      ? { ok: true, code: null, says: "" }
      : { ok: false, code: said.error.code, says: `${said.error.message} ${JSON.stringify(said.error)}` };
  };
  const remove = async (name: string): Promise<void> => {
    must(await door.call("plugins.remove", { name: name as never })); // the door checks the name
  };
  const storage = { kind: "storage", bytes: 10_000, why: "It keeps something." };
  const witness = { code: witnessSource(world.canary), tools: ["keep", "look"], permissions: [storage] };
  must(
    await door.call("plugins.install", {
      ...packageOf("witness", witness, key),
      bytes: undefined,
      agents: [agent],
      anyway: true,
    } as never),
  ); // without its bytes it is the input
  await call([{ tool: "witness.keep" }]);
  const other = bystander(house);
  const shared = sharedNow();
  let serial = 0;

  const playOne = async (one: HostilePlugin): Promise<Played> => {
    serial += 1;
    const name = `hostile${String(serial)}`;
    const named = JSON.parse(world.fill(JSON.stringify(one))) as HostilePlugin; // as it was, with places filled in
    const installed = await install(packageOf(name, named, key));
    if (!installed.ok)
      return {
        id: one.id,
        calls: [{ tool: name, status: "not installed", code: installed.code, text: installed.says, milliseconds: 0 }],
      };
    const calls = await call((one.tools ?? ["run"]).map((tool) => ({ tool: `${name}.${tool}` })));
    await remove(name);
    return { id: one.id, calls };
  };
  const lookAfter = async (played: readonly Played[]): Promise<readonly Harm[]> => {
    const ids = played.map(({ id }) => id);
    const harm: Harm[] = [];
    for (const { id, calls } of played)
      for (const { text } of calls) {
        if (text.includes(GAINED)) harm.push({ ids: [id], how: text.slice(0, 600) });
        const leak = OF_THE_PROCESS.exec(text);
        if (leak !== null)
          harm.push({
            ids: [id],
            how: `tells of the process: ${text.slice(Math.max(0, leak.index - 80), leak.index + 120)}`,
          });
        if (text.includes(KEEPS)) harm.push({ ids: [id], how: "has what another plugin keeps" });
      }
    const words = played.flatMap(({ calls }) => calls.map(({ text }) => text)).join("\n");
    for (const how of await world.harm(words)) harm.push({ ids, how });
    const [seen] = await call([{ tool: "witness.look" }]);
    if (seen?.text.includes(WHOLE) !== true) harm.push({ ids, how: `the witness says ${JSON.stringify(seen)}` });
    const left = pluginProcesses().length;
    if (left > 1) harm.push({ ids, how: `${String(left)} processes are left` });
    const slowest = other.slowest();
    if (slowest > STALL_MS) harm.push({ ids, how: `stalled: somebody waited ${String(Math.round(slowest))} ms` });
    for (const cause of crashes.splice(0)) harm.push({ ids, how: `crashed: ${String(cause)}` });
    if (sharedNow() !== shared) harm.push({ ids, how: `polluted: ${sharedNow()}` });
    return harm;
  };
  const play: PluginHouse["play"] = async (these) => {
    const [played, harm]: [Played[], Harm[]] = [[], []];
    for (let at = 0; at < these.length; at += TOGETHER) {
      const batch = these.slice(at, at + TOGETHER);
      const done = await Promise.all(batch.map(playOne));
      played.push(...done);
      const found = await lookAfter(done);
      harm.push(...found.filter(({ ids }) => ids.length === 1));
      if (found.every(({ ids }) => ids.length === 1)) continue;
      // Somebody of these did it: each alone. What a machine did that was busy for a moment is not seen again.
      for (const one of batch) harm.push(...(await lookAfter([await playOne(one)])));
    }
    return { played, harm };
  };
  return {
    house,
    world,
    agent,
    key,
    play,
    call,
    install,
    remove,
    processes: pluginProcesses,
    close: async () => {
      await other.end();
      await house.close();
      await world.close();
      process.off("uncaughtException", crashed);
      process.off("unhandledRejection", crashed);
    },
  };
};
