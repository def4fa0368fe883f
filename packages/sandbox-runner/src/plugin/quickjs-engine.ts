import { readFileSync } from "node:fs";
import packed from "@jitl/quickjs-wasmfile-release-sync";
import { newQuickJSWASMModuleFromVariant, newVariant } from "quickjs-emscripten-core";
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSSyncVariant } from "quickjs-emscripten-core";
import { BRIDGE, SDK, SDK_NAME } from "./bridge-source.ts";
import { PLACES, withPlace } from "./engine.ts";
import type { Engine, EngineLimits, Leave, Visit, Words } from "./engine.ts";

// Its types describe what `require` gives, where the variant is one step further in.
const variant = packed as unknown as QuickJSSyncVariant;

const MEBIBYTE = 1024 * 1024;
const STACK_BYTES = 128 * 1024;
const JOBS_AT_ONCE = 1_000;

const say = (context: QuickJSContext, leave: Leave): QuickJSHandle =>
  context.newFunction("leave", (...given) => {
    const [kind, token, id, name, text] = given.map((one) => {
      const type = context.typeof(one);
      return type === "string" ? context.getString(one) : type === "number" ? context.getNumber(one) : null;
    });
    if (typeof kind !== "string" || typeof token !== "string" || typeof id !== "number") return;
    if (typeof name === "string" && typeof text === "string") leave({ kind, token, id, name, text });
  });

const bridgeIn = (context: QuickJSContext, limits: EngineLimits, leave: Leave): QuickJSHandle => {
  const bridge = context.unwrapResult(context.evalCode(`(function ($0, $1) {${BRIDGE}})`, "bridge"));
  return context.unwrapResult(
    context.callFunction(bridge, context.undefined, say(context, leave), context.newString(limits.bridge)),
  );
};

/** An interpreter in WebAssembly, for where no isolate was built: slower, and with the same bridge. */
export const createQuickJsEngine = async (
  limits: EngineLimits,
  leave: Leave,
  wasm: string = PLACES.wasm,
): Promise<Engine> => {
  const bytes = new Uint8Array(readFileSync(wasm)).buffer;
  const quickJs = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmBinary: bytes }));
  const runtime: QuickJSRuntime = quickJs.newRuntime();
  runtime.setMemoryLimit(limits.memoryMiB * MEBIBYTE);
  runtime.setMaxStackSize(STACK_BYTES);
  runtime.setModuleLoader(
    (name) => {
      if (name === SDK_NAME) return SDK;
      return { error: new Error(`it imports ${JSON.stringify(name)}; only ${SDK_NAME} can be imported`) };
    },
    (_from, name) => name,
  );
  let deadline = Number.POSITIVE_INFINITY;
  const isLate = (): boolean => performance.now() > deadline;
  runtime.setInterruptHandler(() => isLate());
  const context = runtime.newContext();
  // Threat: an interruption is an error like others to whoever waits for a promise; what is said after it is not heard.
  const enter = bridgeIn(context, limits, (words) => (isLate() ? undefined : leave(words)));
  const began = process.cpuUsage();

  const failed = (error: QuickJSHandle): Visit => {
    const textOf = (part: QuickJSHandle): string =>
      part.consume((handle) => (context.typeof(handle) === "string" ? context.getString(handle) : ""));
    const [text, stack] = error.consume((handle) =>
      context.typeof(handle) === "object"
        ? [textOf(context.getProp(handle, "message")), textOf(context.getProp(handle, "stack"))]
        : [textOf(handle.dup()), ""],
    );
    if (isLate()) return { kind: "cpu" };
    return text === "out of memory" ? { kind: "memory" } : { kind: "threw", text: withPlace(text, stack) };
  };
  /** Everything that waits to run; a loop of jobs is a loop. */
  const settle = (): Visit => {
    while (runtime.hasPendingJob()) {
      const ran = runtime.executePendingJobs(JOBS_AT_ONCE);
      if (ran.error !== undefined) {
        const visit = failed(ran.error);
        if (visit.kind !== "threw") return visit;
      }
      if (isLate()) return { kind: "cpu" };
    }
    return { kind: "done" };
  };
  const within = (milliseconds: number, run: () => Visit): Visit => {
    deadline = performance.now() + milliseconds;
    try {
      const visit = run();
      return isLate() ? { kind: "cpu" } : visit;
    } catch (error) {
      // Nothing of the interpreter's is to be believed when it fails itself.
      return isLate() ? { kind: "cpu" } : failedOutside(error);
    } finally {
      deadline = Number.POSITIVE_INFINITY;
    }
  };
  const call = ({ kind, token, id, name, text }: Words, plugin: QuickJSHandle = context.undefined): Visit => {
    const given = [
      context.newString(kind),
      context.newString(token),
      context.newNumber(id),
      context.newString(name),
      context.newString(text),
    ];
    const ran = context.callFunction(enter, context.undefined, ...given, plugin);
    for (const handle of given) handle.dispose();
    if (ran.error !== undefined) return failed(ran.error);
    ran.value.dispose();
    return settle();
  };
  const exported = (module: QuickJSHandle): QuickJSHandle | Visit => {
    const state = context.getPromiseState(module);
    if (state.type === "rejected") return failed(state.error);
    if (state.type === "pending") return { kind: "threw", text: "it never ended to load" };
    return context.getProp(state.value, "default");
  };
  return {
    cpuMs: () => {
      const { user, system } = process.cpuUsage(began);
      return (user + system) / 1_000;
    },
    enter: (words, milliseconds) => within(milliseconds, () => call(words)),
    load: (source, milliseconds) =>
      within(milliseconds, () => {
        const ran = context.evalCode(source, "main.js", { type: "module" });
        if (ran.error !== undefined) return failed(ran.error);
        const settled = settle();
        if (settled.kind !== "done") return settled;
        const plugin = exported(ran.value);
        if ("kind" in plugin) return plugin;
        return call({ kind: "adopt", token: "", id: 0, name: "", text: "" }, plugin);
      }),
  };
};

const failedOutside = (error: unknown): Visit =>
  error instanceof RangeError || (error instanceof Error && error.name === "RuntimeError")
    ? { kind: "memory" }
    : { kind: "threw", text: "the interpreter failed" };
