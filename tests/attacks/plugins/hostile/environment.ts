import { family } from "./hostile-plugin.ts";

/** What lies around in the isolate, and every way to run text. */
export const environment = family("environment", {
  "names of the global object": {
    after: "anything there that is not of the language",
    ends: "answers",
    run: `ofGlobal("global", globalThis); const known = new Set("Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError SuppressedError InternalError globalThis JSON Math Intl ArrayBuffer Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set Iterator WeakMap WeakSet WeakRef FinalizationRegistry Proxy Reflect decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN console setTimeout clearTimeout setInterval clearInterval queueMicrotask structuredClone URL URLSearchParams TextEncoder TextDecoder atob btoa AbortController AbortSignal DisposableStack AsyncDisposableStack Temporal DOMException performance crypto".split(" "));
const more = Reflect.ownKeys(globalThis).filter((name) => !known.has(name)).map(String); if (more.length > 0) gained("names: " + more.join()); return report();`,
  },
  "every constructor of functions": {
    after: "text that runs in another realm",
    ends: "answers",
    run: `for (const one of [function () {}, async function () {}, function* () {}, async function* () {}, () => 1, async () => 1, class {}, { a() {} }.a, Object.getOwnPropertyDescriptor({ get a() { return 1; } }, "a").get]) runs("made", one.constructor);
for (const text of ["this", "globalThis", "typeof process === 'undefined' ? 0 : process", "new.target"]) try { ofGlobal("eval", (0, eval)(text)); ofGlobal("direct", eval(text)); } catch {}
try { ofGlobal("generator", (function* () {}).constructor("yield this")().next().value); } catch {} return report();`,
  },
  "threads and shared memory": {
    after: "a clock, or memory that two share: WebAssembly, SharedArrayBuffer, Atomics by any road",
    ends: "answers",
    run: `for (const name of ["WebAssembly", "SharedArrayBuffer", "Atomics", "Worker"]) { for (const text of [name, "globalThis." + name, "Function('return this')()." + name]) try { const it = (0, eval)(text); if (it !== undefined) gained(text); } catch {} }
for (const tag of ["SharedArrayBuffer", "Atomics", "WebAssembly"]) for (const one of Reflect.ownKeys(globalThis)) try { if (Object.prototype.toString.call(globalThis[one]).includes(tag)) gained(String(one)); } catch {}
try { const buffer = new ArrayBuffer(8); for (let at = buffer; at; at = Object.getPrototypeOf(at)) for (const name of Reflect.ownKeys(at)) if (/shared/i.test(String(name))) gained(String(name)); } catch {}
return report();`,
  },
  natives: {
    after: "%-functions of the engine",
    ends: "answers",
    run: `for (const text of ["%DebugPrint(1)", "%GetOptimizationStatus(()=>1)", "%SystemBreak()"]) try { (0, eval)(text); gained(text); } catch {} return report();`,
  },
  console: {
    after: "a console of Node, or of an inspector",
    ends: "answers",
    tools: ["run", "next"],
    code: `%PROBE%
export default { tools: { run: async () => { if (typeof console !== "undefined") { climb("console", console, 300); for (const name of Object.keys(console)) try { console[name]({ get a() { climb("looked", this, 20); return 1; }, toString() { return "\\u0000{}"; } }, "%s%o%j", globalThis); } catch (error) { climb("error", error, 20); } if (console.context || console._stdout) gained("a stream"); } return report(); }, next: async () => report() } };`,
  },
  "where and who it is": {
    after: "the machine: its zone, its languages, its name, its clock",
    ends: "answers",
    run: `const told = []; for (const text of ["new Date().getTimezoneOffset()", "Intl.DateTimeFormat().resolvedOptions().timeZone", "performance.timeOrigin", "performance.now()", "navigator.hardwareConcurrency", "performance.memory", "crypto.constructor.name"]) try { told.push(text + "=" + (0, eval)(text)); } catch { told.push(text + "=?"); } ofGlobal("crypto", typeof crypto === "undefined" ? null : crypto); return report(told.join(" "));`,
  },
  "with and arguments.callee": {
    after: "scopes of the wrapper that runs it",
    ends: "answers",
    run: `try { const caller = Function("return arguments.callee.caller")(); climb("caller", caller); } catch {} try { climb("with", Function("with (this) { return (function () { return this; })(); }")()); } catch {} try { const up = Function("let at = arguments.callee; const all = []; for (let i = 0; i < 20 && at; i++) { all.push(at); at = at.caller; } return all")(); for (const one of up) { climb("up", one); if (/isolate|ivm|postMessage|token/.test(String(one)) && !String(one).includes("arguments.callee")) gained(String(one).slice(0, 300)); } } catch {} return report();`,
  },
  "host sources by toString": {
    after: "the source of the house's part of the isolate, with names to attack",
    ends: "answers",
    run: `const told = []; for (const group of [host, host.http, host.storage, host.secrets, host.events, host.tools]) for (const name of Reflect.ownKeys(group)) if (typeof group[name] === "function") told.push(Function.prototype.toString.call(group[name]).slice(0, 200)); return report(told.join("\\n"));`,
  },
});
