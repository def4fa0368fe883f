import type IsolatedVm from "isolated-vm";
import { BRIDGE, SDK, SDK_NAME } from "./bridge-source.ts";
import { PLACES, withPlace } from "./engine.ts";
import type { Engine, EngineLimits, Leave, Visit, Words } from "./engine.ts";

type Library = typeof IsolatedVm;

const BRIDGE_MS = 5_000;

let loaded: Library | null = null;
/** The addon as it lies there, once: its own loader would look through folders that are not behind the wall. */
const loadLibrary = (path: string): Library => (loaded ??= loadFrom(path));
const loadFrom = (path: string): Library => {
  const holder = { exports: {} };
  process.dlopen(holder, path);
  if ("ivm" in holder.exports) return holder.exports.ivm as Library; // what this file of this version exports
  throw new Error("the addon is not isolated-vm");
};

const failed = (isolate: IsolatedVm.Isolate, error: unknown): Visit => {
  if (isolate.isDisposed) return { kind: "memory" };
  // A plugin that throws these words ends itself: nobody else is told anything by them.
  if (error instanceof Error && error.message === "Script execution timed out.") return { kind: "cpu" };
  return { kind: "threw", text: error instanceof Error ? withPlace(error.message, error.stack) : "" };
};

/** Threat: a reference is a way back to an object of the other side. Only the worker holds any; what goes in and comes out are primitives. */
export const createIsolateEngine = (limits: EngineLimits, leave: Leave, addon: string = PLACES.addon): Engine => {
  const library = loadLibrary(addon);
  // Where its memory runs out in a way that it does not survive, the process ends at once: nobody hands in what else to do.
  const isolate = new library.Isolate({ memoryLimit: limits.memoryMiB });
  const context = isolate.createContextSync();
  const out = new library.Callback(
    (kind: unknown, token: unknown, id: unknown, name: unknown, text: unknown): void => {
      if (typeof kind !== "string" || typeof token !== "string" || typeof id !== "number") return;
      if (typeof name === "string" && typeof text === "string") leave({ kind, token, id, name, text });
    },
    { sync: true },
  );
  const enter = context.evalClosureSync(BRIDGE, [out, limits.bridge], {
    result: { reference: true },
    timeout: BRIDGE_MS,
    filename: "bridge",
  });
  const visit = (
    { kind, token, id, name, text }: Words,
    milliseconds: number,
    plugin?: IsolatedVm.Dereference<unknown>,
  ): Visit => {
    try {
      const given = [kind, token, id, name, text, ...(plugin === undefined ? [] : [plugin])];
      enter.applySync(undefined, given, { timeout: milliseconds });
      return { kind: "done" };
    } catch (error) {
      return failed(isolate, error);
    }
  };
  return {
    cpuMs: () => (isolate.isDisposed ? 0 : Number(isolate.cpuTime) / 1e6),
    enter: visit,
    load: (source, milliseconds) => {
      try {
        const sdk = isolate.compileModuleSync(SDK, { filename: SDK_NAME });
        const module = isolate.compileModuleSync(source, { filename: "main.js" });
        module.instantiateSync(context, (specifier) => {
          if (specifier === SDK_NAME) return sdk;
          throw new Error(`it imports ${JSON.stringify(specifier)}; only ${SDK_NAME} can be imported`);
        });
        module.evaluateSync({ timeout: milliseconds });
        const plugin = module.namespace.getSync("default", { reference: true });
        return visit({ kind: "adopt", token: "", id: 0, name: "", text: "" }, milliseconds, plugin.derefInto());
      } catch (error) {
        return failed(isolate, error);
      }
    },
  };
};
