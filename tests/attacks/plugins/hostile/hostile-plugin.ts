/** What an attacker wrote, and how the world would show that it got what it was after. */
export interface HostilePlugin {
  readonly id: string;
  readonly family: string;
  /** What it is after. */
  readonly after: string;
  /** Its `main.js`. Whatever it gets hold of it gives back behind the word GAINED. */
  readonly code: string;
  /** Its tools, called one after the other; left out: `run`. */
  readonly tools?: readonly string[];
  readonly permissions?: readonly unknown[];
  /** `answers`: its first tool comes to an end by itself; `fails`: it is ended, or not loaded. Left out: either, by how fast the machine is. */
  readonly ends?: "answers" | "fails";
}

/** Stands before whatever a hostile plugin got hold of, and nowhere else. */
export const GAINED = "GAINED";

/**
 * What every one of them may use: `gained` remembers a gain, `ofGlobal` looks whether a global object is more than the language,
 * `climb` goes from any value to every constructor that can be reached from it and runs text there, `report` tells.
 */
export const PROBE = String.raw`
const gains = [];
const ownGlobal = globalThis;
const gained = (what) => { try { gains.push(String(what).slice(0, 3000)); } catch { gains.push("something"); } };
const FORBIDDEN = ["process", "require", "module", "Buffer", "global", "__dirname", "fetch", "XMLHttpRequest", "WebSocket", "WebAssembly", "SharedArrayBuffer", "Atomics", "setImmediate", "importScripts", "Deno", "Bun", "std", "bjson", "internalBinding", "primordials", "_ivm", "ivm", "Worker", "MessageChannel", "navigator", "print", "load", "read", "quit", "d8", "gc", "%GetOptimizationStatus"];
const ofGlobal = (where, found) => {
  if (found === null || found === undefined) return;
  if (found !== ownGlobal && typeof found === "object" && found.globalThis === found) gained(where + ": the global object of another realm");
  for (const name of FORBIDDEN) { try { const it = found[name]; if (it !== undefined) { gained(where + ": " + name); try { if (name === "process") gained(JSON.stringify(it.versions) + " " + JSON.stringify(it.env)); } catch {} } } catch {} }
};
const runs = (where, make) => {
  for (const text of ["return this", "return globalThis", "return typeof process === 'undefined' ? undefined : ({ process })", "return typeof require === 'undefined' ? undefined : ({ require })"]) {
    try { ofGlobal(where, make(text)()); } catch {}
  }
};
const climb = (where, first, most = 400) => {
  const [seen, waiting] = [new Set(), [[where, first]]];
  while (waiting.length > 0 && seen.size < most) {
    const [path, value] = waiting.shift();
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
    seen.add(value);
    if (typeof value === "function") { if (/Function$/.test(value.name)) runs(path, value); try { if (value.constructor !== Function && typeof value.constructor === "function" && !/^(Async|Generator)/.test(value.constructor.name)) runs(path + ".constructor", value.constructor); } catch {} }
    try { const up = Object.getPrototypeOf(value); if (up === null && typeof value === "object" && value !== Object.prototype && typeof value.hasOwnProperty === "function") gained(path + ": an Object.prototype of another realm"); waiting.push([path + ".__proto__", up]); } catch {}
    let names = []; try { names = Reflect.ownKeys(value); } catch {}
    for (const name of names.slice(0, 60)) {
      try {
        const own = Object.getOwnPropertyDescriptor(value, name);
        if (own === undefined) continue;
        for (const part of [own.value, own.get, own.set]) waiting.push([path + "." + String(name), part]);
      } catch {}
    }
  }
};
const report = (rest = "nothing") => (gains.length === 0 ? rest : "GAINED " + gains.join(" | ").slice(0, 20000));
`;

const MODULE = /\b(?:import|export)\s/;

/** A plugin with one tool `run`, whose body this is: `args` and `host` are there, and the parts of the probe. */
export const tool = (body: string, before = ""): string =>
  `${PROBE}\n${before}\nexport default { tools: { run: async (args, host) => {\n${body}\n} } };\n`;

/** Makes the plugins of one family from their names, what they are after, and their code. */
export const family = (
  name: string,
  all: Readonly<
    Record<
      string,
      Omit<HostilePlugin, "id" | "family" | "code"> &
        ({ readonly code: string } | { readonly run: string; readonly before?: string })
    >
  >,
): readonly HostilePlugin[] =>
  Object.entries(all).map(([id, { after, tools, permissions, ends, ...written }]) => {
    const code = "code" in written ? written.code.replace("%PROBE%", () => PROBE) : tool(written.run, written.before);
    if (!MODULE.test(code)) throw new Error(`${id} is no module`);
    return {
      id: `${name}: ${id}`,
      family: name,
      after,
      code,
      ...(tools === undefined ? {} : { tools }),
      ...(permissions === undefined ? {} : { permissions }),
      ...(ends === undefined ? {} : { ends }),
    };
  });
