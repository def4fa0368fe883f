import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BrokenBy, Engine } from "../engine.ts";
import { createIsolateEngine } from "../isolate-engine.ts";
import type { FromWorker, StartMessage, ToWorker } from "../messages.ts";
import { createQuickJsEngine } from "../quickjs-engine.ts";
import { servePlugin } from "../serve-plugin.ts";
import type { ServePorts } from "../serve-plugin.ts";

const modules = fileURLToPath(new URL("../../../../../node_modules/", import.meta.url));
const built = `${modules}isolated-vm/prebuilds/${process.platform}-${process.arch}/isolated-vm.abi${process.versions.modules}`;
const addon = [`${built}.glibc.node`, `${built}.node`].find((path) => existsSync(path));
const wasm = `${modules}@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm`;

/** Those that can be had here. */
export const ENGINES = (["isolate", "quickjs"] as const).filter(
  (engine) => engine === "quickjs" || addon !== undefined,
);

type Done = Extract<FromWorker, { readonly type: "done" }>;

/** A plugin served in this very process; its worker's end is only noted. `spoil` weakens the engine. */
export const served = async (
  engine: StartMessage["engine"],
  source: string,
  limits: Partial<StartMessage> = {},
  spoil: (engine: Engine) => Engine = (same) => same,
  bridge: (limits: string) => string = (same) => same,
  isTooDeep?: ServePorts["isTooDeep"],
) => {
  const said: FromWorker[] = [];
  const broken: BrokenBy[] = [];
  const waiting = new Map<string, (done: Done) => void>();
  const ready = Promise.withResolvers<FromWorker>();
  const server = servePlugin({
    makeEngine: async ({ engine: which }, given, leave) => {
      const set = { ...given, bridge: bridge(given.bridge) };
      return spoil(
        which === "isolate"
          ? createIsolateEngine(set, leave, addon ?? "")
          : await createQuickJsEngine(set, leave, wasm),
      );
    },
    say: (message) => {
      said.push(message);
      if (message.type === "ready" || message.type === "failed") ready.resolve(message);
      if (message.type === "done") waiting.get(message.token)?.(message);
    },
    exit: (why) => {
      broken.push(why);
      ready.resolve({ type: "broken", by: why });
    },
    ...(isTooDeep === undefined ? {} : { isTooDeep }),
  });
  server.handle({
    type: "start",
    engine,
    source,
    cpuMs: 300,
    memoryMiB: 32,
    outputBytes: 10_000,
    asksPerCall: 5,
    ...limits,
  });
  const began = await ready.promise;
  let count = 0;
  const call = async (name: string, args: unknown = null, token = `call-${String((count += 1))}`): Promise<Done> =>
    new Promise((resolve) => {
      waiting.set(token, resolve);
      server.handle({ type: "call", token, kind: "tool", name, args: JSON.stringify(args) });
    });
  return { began, said, broken, call, handle: (message: ToWorker) => server.handle(message) };
};

/** A plugin with one tool, `run`, whose body this is. */
export const toolOf = (body: string): string =>
  `import { definePlugin } from "@moltbot/plugin-sdk"; export default definePlugin({ tools: { run: async (args, host) => { ${body} } } });`;
