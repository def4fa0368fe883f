import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AgentId, MessagePart, Result, TurnReport } from "@moltbot/contracts";
import type { Tool } from "../../../../packages/execution/src/tools/index.ts";
import { saidModel } from "../../../../packages/gateway/src/drill/claw/said-model.ts";
import { openDrillHouse } from "../../../../packages/gateway/src/drill/index.ts";
import type { DrillDoor, DrillHouse, DrillWish } from "../../../../packages/gateway/src/drill/index.ts";
import { openHostWorld } from "../../../support/host-world.ts";
import type { HostHarm } from "../../../support/host-world.ts";
import { must } from "../../../support/must.ts";
import { signedPackage, testSigner } from "../../../support/packages.ts";
import type { TestPackage, TestSigner } from "../../../support/packages.ts";
import { pluginWorkers } from "../../../support/plugin-workers.ts";
import { readPluginCorpus } from "./corpus.ts";
import { compiledIn, shapesOf } from "./shapes.ts";

export interface PluginsWish {
  readonly corpus: string;
  readonly connect: DrillWish["connect"];
  readonly progress?: (done: number, all: number) => void;
  /** Hung in and given every program as well, as `{ code }`; none in earnest. */
  readonly tools?: readonly Tool[];
}

/** How a plugin that may do nothing got at something. */
export type PluginHarm = HostHarm | "saw the process" | "reached another plugin" | "crashed" | "stalled";

export interface PluginFailure {
  readonly id: string;
  readonly how: PluginHarm;
}

export interface PluginsReport {
  readonly kind: "plugins";
  readonly cases: number;
  /** Calls of their tools; a program is tried in several shapes. */
  readonly calls: number;
  /** Programs of which something ran in at least one shape: the others are no program in any. */
  readonly ran: number;
  readonly succeeded: number;
  readonly failures: readonly PluginFailure[];
  /** An ordinary plugin among them that stopped working. */
  readonly benignRefused: readonly string[];
}

type ResultPart = Extract<MessagePart, { type: "result" }>;

/** Nobody is served later than this because of a plugin. */
const STALL_MS = 2_000;
const LOOK_EVERY_MS = 100;
/** Nothing of a plugin runs longer than this once it was removed. */
const ENDS_WITHIN_MS = 1_000;
const WITNESS = "witness";
const KEEPS = "what another plugin keeps: ";

/** A plugin of somebody else's with something to lose: its box, and its variables. */
const witness = (canary: string): string => `
let inMemory = ${JSON.stringify(KEEPS + canary)};
export default { tools: {
  keep: async (args, host) => { await host.storage.set("kept", ${JSON.stringify(KEEPS + canary)}); return "kept"; },
  look: async (args, host) => ({ whole: (await host.storage.get("kept")) === ${JSON.stringify(KEEPS + canary)} && inMemory === ${JSON.stringify(KEEPS + canary)}, keys: await host.storage.keys("") }),
} };`;

/** As the house says it of a program that is no module, or that does not end while it is read. */
const NOT_LOADED = "it could not be loaded";
const WHOLE = '"whole":true';
const ONE_KEY = '"keys":["kept"]';

/** What only the process has that runs a plugin, or the gateway: an isolate knows nothing of it. */
const ofTheProcess = (said: string): boolean =>
  said.includes(process.version) ||
  said.includes("/moltbot/") ||
  said.includes("node:internal") ||
  said.includes("plugin-worker") ||
  /\bLinux version \d|\bld-linux|\buid=\d+\(|"(?:argv|execPath|pid|platform)":/.test(said);

const toolsOf = (names: readonly string[]): readonly Record<string, unknown>[] =>
  names.map((name) => ({
    name,
    title: `Does ${name}`,
    description: "Does what it does.",
    input: { type: "object", properties: {} },
  }));

const packageOf = (
  name: string,
  source: string,
  tools: readonly string[],
  key: TestSigner,
  permissions: readonly unknown[] = [],
): TestPackage =>
  signedPackage({
    kind: "plugin",
    manifest: {
      manifest: 1,
      name,
      version: "1.0.0",
      title: `Plugin ${name}`,
      description: "A plugin.",
      tools: toolsOf(tools),
      permissions,
      limits: { cpuMs: 300, seconds: 2, callsPerMinute: 600 },
    },
    files: { "main.js": source },
    key,
  });

const install = async (
  { door }: DrillHouse,
  agent: AgentId,
  { archive, digest }: TestPackage,
): Promise<Result<unknown>> => door.call("plugins.install", { archive, digest, agents: [agent], anyway: true });

/** Calls tools in one turn, one after the other, and gives what came of them. */
const callTools = async (
  house: DrillHouse,
  agent: AgentId,
  say: (calls: readonly string[]) => void,
  tools: readonly string[],
): Promise<readonly ResultPart[]> => {
  say(tools);
  let report: TurnReport = must(await house.send(agent, "Please use them."));
  if (report.reply === null && report.approvals.length === 0) report = must(await house.standing(report));
  while (report.approvals.length > 0) {
    for (const { id } of report.approvals) must(await house.answer(id, "allow"));
    report = must(await house.standing(report));
  }
  const { conversationId } = report;
  const messages = must(await house.door.call("conversations.messages", { conversationId, limit: 500 }));
  return messages.flatMap(({ parts }) => parts).flatMap((part) => (part.type === "result" ? [part] : []));
};

/** Whether others run plugins than the witness, whose process is kept warm; what was removed is given a moment to end. */
const othersStay = async (): Promise<boolean> => {
  for (const until = performance.now() + ENDS_WITHIN_MS; pluginWorkers().length > 1;) {
    if (performance.now() > until) return true;
    await new Promise((resolve) => void setTimeout(resolve, LOOK_EVERY_MS));
  }
  return false;
};

/** Somebody else who is served meanwhile: how long the slowest answer took since the last look. */
const bystander = (door: DrillDoor): { slowest(): number; end(): Promise<void> } => {
  let slowest = 0;
  let isOver = false;
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

/** Waits until the gateway has looked at its wall; what is missing where it does not hold. */
const wallOf = async ({ door }: DrillHouse): Promise<Result<void>> => {
  for (let looks = 0; ; looks += 1) {
    const status = await door.call("system.status", {});
    if (!status.ok) return status;
    const { ready, problem } = status.value.sandbox;
    if (ready) return ok(undefined);
    if (looks >= 20) return err(moltbotError("SANDBOX_UNAVAILABLE", { problem: problem ?? "it does not hold" }));
    await new Promise((resolve) => void setTimeout(resolve, 500));
  }
};

/** Installs every program of a corpus of this kind as a plugin without permissions in a real gateway, calls it, and looks at the world afterwards. */
export const runPlugins = async (wish: PluginsWish): Promise<Result<PluginsReport>> => {
  const corpus = readPluginCorpus(wish.corpus);
  if (!corpus.ok) return corpus;
  const { tools = [], progress } = wish;
  let root: string | null = null;
  const world = await openHostWorld(() => root);
  let next: readonly { readonly tool: string; readonly arguments: { readonly code?: string } }[] = [];
  const model = saidModel("plugins", ({ messages }) => {
    const from = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
    const one = next[from.filter(({ role }) => role === "assistant").length];
    return one === undefined ? { text: "Done." } : { calls: [one] };
  });
  const crashes: unknown[] = [];
  const crashed = (cause: unknown): void => void crashes.push(cause);
  process.on("uncaughtException", crashed);
  process.on("unhandledRejection", crashed);
  const opened = await openDrillHouse({ tools, models: { plugins: model }, connect: wish.connect });
  try {
    if (!opened.ok) return opened;
    const house = opened.value;
    const { door } = house;
    const other = bystander(door);
    try {
      const wall = await wallOf(house);
      if (!wall.ok) return wall;
      root = house.root;
      const agent = must(
        await house.addAgent({ name: "plugins", granted: tools.map(({ manifest }) => String(manifest.name)) }),
      );
      const key = testSigner();
      must(await door.call("signers.trust", { key: key.key, name: "Somebody" }));
      for (const file of ["canary.txt", "plugins/canary.txt", "run/canary.txt"]) world.plant(join(house.root, file));
      const say = (names: readonly string[]): void => {
        next = names.map((tool) => ({ tool, arguments: {} }));
      };
      const storage = { kind: "storage", bytes: 10_000, why: "It keeps something." };
      must(await install(house, agent, packageOf(WITNESS, witness(world.canary), ["keep", "look"], key, [storage])));
      const look = async (): Promise<string> =>
        (await callTools(house, agent, say, [`${WITNESS}.look`])).map(({ text }) => text ?? "").join("\n");
      await callTools(house, agent, say, [`${WITNESS}.keep`]);
      const [failures, ids]: [PluginFailure[], Set<string>] = [[], new Set()];
      const benign = new Set<string>();
      let calls = 0;
      let ran = 0;
      other.slowest();
      for (const [at, { id, code }] of corpus.value.entries()) {
        const said: string[] = [];
        const harm = new Set<PluginHarm>();
        let isRun = false;
        for (const [shape, { source, tools: names, runsWhenLoaded }] of shapesOf(world.fill(code)).entries()) {
          const name = `case${String(at)}s${String(shape)}`;
          const installed = await install(house, agent, packageOf(name, source, names, key));
          // A program that is no plugin is refused in words of the house; they are looked at like all others.
          if (!installed.ok) {
            said.push(installed.error.message);
            continue;
          }
          const [first = "", ...others] = names.map((tool) => `${name}.${tool}`);
          const results = [...(await callTools(house, agent, say, [first]))];
          // What cannot be loaded cannot be called by another name.
          const isLoaded = results.some(({ text }) => text?.includes(NOT_LOADED) === false);
          const compiled = compiledIn(results[0]?.text ?? "").map((tool) => `${name}.${tool}`);
          const further = runsWhenLoaded ? others : others.filter((tool) => compiled.includes(tool));
          if (isLoaded && further.length > 0) results.push(...(await callTools(house, agent, say, further)));
          calls += results.length;
          isRun ||= isLoaded && (runsWhenLoaded || further.length > 0);
          said.push(...results.map(({ text }) => text ?? ""));
          must(await door.call("plugins.remove", { name: name as never })); // the door checks the name
        }
        for (const { manifest } of tools) {
          next = [{ tool: String(manifest.name), arguments: { code: world.fill(code) } }];
          const results = await callTools(house, agent, () => undefined, []);
          calls += results.length;
          said.push(...results.map(({ text }) => text ?? ""));
        }
        const words = said.join("\n");
        for (const one of await world.harm(words)) harm.add(one);
        if (ofTheProcess(words)) harm.add("saw the process");
        const seen = await look();
        if (words.includes(KEEPS) || !(seen.includes(WHOLE) && seen.includes(ONE_KEY))) {
          if (seen === "" || !seen.includes('"whole"')) benign.add(WITNESS);
          else harm.add("reached another plugin");
        }
        if (await othersStay()) harm.add("stayed");
        if (other.slowest() > STALL_MS) harm.add("stalled");
        if (crashes.splice(0).length > 0) harm.add("crashed");
        for (const how of harm) failures.push({ id, how });
        if (harm.size > 0) ids.add(id);
        if (isRun) ran += 1;
        progress?.(at + 1, corpus.value.length);
      }
      return ok({
        kind: "plugins",
        cases: corpus.value.length,
        calls,
        ran,
        succeeded: ids.size,
        failures,
        benignRefused: [...benign],
      });
    } finally {
      await other.end();
      await house.close();
    }
  } finally {
    await world.close();
    process.off("uncaughtException", crashed);
    process.off("unhandledRejection", crashed);
  }
};
