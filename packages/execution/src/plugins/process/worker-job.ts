import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { WallFile, WallJob } from "../../sandbox/index.ts";
import type { PluginProcessWish } from "../process-port.ts";

const MEBIBYTE = 1024 * 1024;
const INSIDE = "/moltbot/plugin";
/** What a worker has beside its plugin's memory: the runtime, and copies of what passes. */
const RUNTIME_MIB = 128;
/** A worker is begun anew by then, however well it runs. */
const LIFETIME_SECONDS = 12 * 60 * 60;
const MAIN_HEAP_MIB = 64;

/** Where the parts of a worker lie on this machine. */
export interface WorkerPlaces {
  /** Absolute path of the runtime. */
  readonly nodePath: string;
  /** `dist/plugin-worker.cjs`, or its source in packages/sandbox-runner. */
  readonly workerPath: string;
  /** isolated-vm's addon for this runtime; null where none was built. */
  readonly addonPath: string | null;
  /** QuickJS as WebAssembly. */
  readonly wasmPath: string;
  /** For a worker that is not built: where its libraries lie. */
  readonly modulesPath: string;
}

/** Musl has its own build of everything; whoever reports no version of glibc runs on it. */
const libcOf = (): string => {
  if (process.platform !== "linux") return "";
  const report: unknown = process.report.getReport();
  const header: unknown = typeof report === "object" && report !== null && "header" in report ? report.header : null;
  return typeof header === "object" && header !== null && "glibcVersionRuntime" in header ? ".glibc" : ".musl";
};

/** Finds them around a worker; `nodePath` must be the runtime that asks, since an addon fits one alone. */
export const findWorkerPlaces = (nodePath: string, workerPath: string): WorkerPlaces => {
  const up = workerPath.endsWith(".ts") ? "../../.." : "..";
  const modulesPath = join(dirname(workerPath), up, "node_modules");
  const file = `isolated-vm.abi${process.versions.modules}${libcOf()}.node`;
  const addon = join(modulesPath, "isolated-vm", "prebuilds", `${process.platform}-${process.arch}`, file);
  return {
    nodePath,
    workerPath,
    modulesPath,
    addonPath: existsSync(addon) ? addon : null,
    wasmPath: join(modulesPath, "@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm"),
  };
};

const LIBRARIES = ["quickjs-emscripten-core", "@jitl/quickjs-wasmfile-release-sync", "@jitl/quickjs-ffi-types"];
const isBuilt = ({ workerPath }: WorkerPlaces): boolean => !workerPath.endsWith(".ts");

const sources = (places: WorkerPlaces): readonly WallFile[] =>
  isBuilt(places)
    ? [{ inside: `${INSIDE}/worker.cjs`, outside: places.workerPath }]
    : [
        { inside: `${INSIDE}/worker.mts`, outside: places.workerPath },
        { inside: `${INSIDE}/plugin`, outside: join(dirname(places.workerPath), "plugin") },
        ...LIBRARIES.map((name) => ({
          inside: `${INSIDE}/node_modules/${name}`,
          outside: join(places.modulesPath, name),
        })),
      ];

/** Null where the engine cannot be had here. */
const engineFile = (places: WorkerPlaces, engine: PluginProcessWish["engine"]): WallFile | null => {
  if (engine === "quickjs") return { inside: `${INSIDE}/quickjs.wasm`, outside: places.wasmPath };
  return places.addonPath === null ? null : { inside: `${INSIDE}/addon.node`, outside: places.addonPath };
};

const flags = (places: WorkerPlaces, engine: PluginProcessWish["engine"]): readonly string[] => [
  "--permission",
  `--allow-fs-read=${INSIDE}`,
  ...(engine === "isolate" ? ["--allow-addons"] : []),
  // Most ways out of V8 lead through its compilers. Sources need one for their types, and the interpreter in WebAssembly another.
  ...(isBuilt(places) && engine === "isolate" ? ["--jitless"] : []),
  "--disable-proto=delete",
  "--no-warnings",
  `--max-old-space-size=${String(MAIN_HEAP_MIB)}`,
  "--max-semi-space-size=1",
];

/** What runs a worker behind the wall: nothing of the disk but the runtime, the worker and its engine; null where there is no such engine. */
export const workerJob = (places: WorkerPlaces, { engine, limits }: PluginProcessWish): WallJob | null => {
  const engineHere = engineFile(places, engine);
  if (engineHere === null) return null;
  return {
    argv: ["/moltbot/node", ...flags(places, engine), `${INSIDE}/worker.${isBuilt(places) ? "cjs" : "mts"}`],
    node: places.nodePath,
    files: [...sources(places), engineHere],
    // Ours are on the command line: those of the wall would widen the limit of the plugin's own heap.
    env: { NODE_OPTIONS: "" },
    limits: {
      wallSeconds: LIFETIME_SECONDS,
      cpuSeconds: LIFETIME_SECONDS,
      processes: 512,
      openFiles: 64,
      fileBytes: 0,
      // What it says is counted line by line, for each call.
      outputBytes: Number.MAX_SAFE_INTEGER,
      memoryBytes: (2 * limits.memoryMiB + RUNTIME_MIB) * MEBIBYTE,
      temporaryBytes: MEBIBYTE,
      diskBytes: MEBIBYTE,
    },
  };
};
