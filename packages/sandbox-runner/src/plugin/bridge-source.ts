/**
 * What stands inside the engine between a plugin and the worker, as source text: it runs before the plugin's first line, keeps the
 * language's own functions as they were then, and takes away what a plugin has no use for. Only strings and numbers pass it. `$0` leaves
 * the engine; `$1` holds the limits as JSON. It gives the function by which the worker enters. Threat: nothing here may be believed
 * outside, since a plugin that broke the engine speaks with the same voice.
 */
export const BRIDGE = String.raw`
"use strict";
const leave = $0;
const most = JSON.parse($1);
const { parse, stringify } = JSON;
const { apply, ownKeys } = Reflect;
const { create, freeze } = Object;
const [PromiseOf, ErrorOf, StringOf, NumberOf] = [Promise, Error, String, Number];
const { then } = Promise.prototype;
const { match, slice } = String.prototype;

const KEPT = { __proto__: null };
for (const name of most.globals) KEPT[name] = true;
for (const name of ownKeys(globalThis)) if (KEPT[name] !== true) delete globalThis[name];

const calls = create(null);
const pending = create(null);
const timers = create(null);
let [tools, events, current, lastId, timerCount] = [create(null), create(null), "", 0, 0];

const placeOf = (error) => {
  const found = apply(match, StringOf(error.stack), [/main\.js:\d+(?::\d+)?/]);
  return found === null ? "" : " [" + StringOf(found[0]) + "]";
};
const textOf = (error) => {
  let text = "";
  try {
    text = StringOf(error);
    text += placeOf(error);
  } catch {}
  return apply(slice, text, [0, most.words]);
};
const end = (token, kind, name, text) => {
  if (calls[token] === undefined) return;
  delete calls[token];
  for (const id of ownKeys(pending)) if (pending[id].token === token) delete pending[id];
  for (const id of ownKeys(timers)) if (timers[id].token === token) forget(id);
  leave(kind, token, 0, name, text);
};
const forget = (id) => {
  delete timers[id];
  timerCount -= 1;
};
const over = () => {
  const error = new ErrorOf("this call has ended");
  error.code = "PLUGIN_STOPPED";
  return error;
};
const within = (token, text, name) => {
  if (text.length <= most.characters) return true;
  end(token, "limit", name, "");
  return false;
};

const ask = (token, method, params) => {
  if (calls[token] === undefined) throw over();
  const text = stringify(params);
  if (calls[token] === undefined || !within(token, text, "output")) throw over();
  if (calls[token].open >= most.open) {
    end(token, "limit", "asks", "");
    throw over();
  }
  calls[token].open += 1;
  lastId += 1;
  const id = lastId;
  return new PromiseOf((resolve, reject) => {
    pending[id] = { __proto__: null, token, resolve, reject };
    leave("ask", token, id, method, text);
  });
};
const hostOf = (token) => {
  const by = (method, paramsOf) => freeze((...given) => ask(token, method, paramsOf(...given)));
  const part = (methods) => freeze({ __proto__: null, ...methods });
  return part({
    http: part({
      fetch: by("http.fetch", ({ method, url, headers, body, secret }) => ({
        __proto__: null, method, url, headers, body, secret,
      })),
    }),
    storage: part({
      get: by("storage.get", (key) => ({ __proto__: null, key })),
      set: by("storage.set", (key, value) => ({ __proto__: null, key, value })),
      delete: by("storage.delete", (key) => ({ __proto__: null, key })),
      keys: by("storage.keys", (prefix) => ({ __proto__: null, prefix })),
    }),
    secrets: part({ handle: by("secrets.handle", (name) => ({ __proto__: null, name })) }),
    events: part({ emit: by("events.emit", (name, data) => ({ __proto__: null, name, data })) }),
    tools: part({ call: by("tools.call", (name, args) => ({ __proto__: null, name, args })) }),
    log: freeze((text) => {
      if (calls[token] === undefined) throw over();
      leave("log", token, 0, "", textOf(text));
    }),
  });
};

globalThis.setTimeout = (run, wait) => {
  const milliseconds = NumberOf(wait);
  if (typeof run !== "function") throw new ErrorOf("setTimeout takes a function");
  if (calls[current] === undefined) throw over();
  if (timerCount >= most.timers) throw new ErrorOf("too many timers");
  timerCount += 1;
  lastId += 1;
  timers[lastId] = { __proto__: null, token: current, run };
  leave("timer", current, lastId, "", StringOf(milliseconds));
  return lastId;
};
globalThis.clearTimeout = (id) => {
  if (typeof id === "number" && timers[id] !== undefined) forget(id);
};

const begin = (handlers, token, name, text) => {
  calls[token] = { __proto__: null, open: 0 };
  const handler = handlers[name];
  if (handler === undefined) return end(token, "missing", "", "");
  const args = parse(text);
  const result = new PromiseOf((resolve) => resolve(apply(handler, undefined, [args, hostOf(token)])));
  const threw = (error) => end(token, "threw", "", textOf(error));
  apply(then, result, [
    (value) => {
      try {
        const answer = value === undefined ? "null" : stringify(value);
        if (answer === undefined) threw("the answer is no JSON");
        else if (within(token, answer, "output")) end(token, "value", "", answer);
      } catch (error) {
        threw(error);
      }
    },
    threw,
  ]);
};
const answer = (id, code, text) => {
  const asked = pending[id];
  if (asked === undefined) return;
  delete pending[id];
  if (calls[asked.token] !== undefined) calls[asked.token].open -= 1;
  if (code === "") return asked.resolve(parse(text));
  const error = new ErrorOf(text);
  error.code = code;
  asked.reject(error);
};
const take = (from) => {
  const taken = create(null);
  if (from === undefined || from === null) return taken;
  for (const name of ownKeys(from)) {
    const handler = typeof name === "string" ? from[name] : undefined;
    if (typeof handler === "function") taken[name] = handler;
  }
  return taken;
};
const adopt = (plugin) => {
  if (plugin === undefined || plugin === null) throw new ErrorOf("it has no export default definePlugin({ … })");
  tools = take(plugin.tools);
  events = take(plugin.events);
  leave("ready", "", 0, "", stringify({ __proto__: null, tools: ownKeys(tools), events: ownKeys(events) }));
};

return (kind, token, id, name, text, plugin) => {
  current = token;
  try {
    if (kind === "tool") begin(tools, token, name, text);
    else if (kind === "event") begin(events, token, name, text);
    else if (kind === "answer") answer(id, name, text);
    else if (kind === "drop") end(token, "dropped", "", "");
    else if (kind === "adopt") adopt(plugin);
    else if (kind === "timer" && timers[id] !== undefined) {
      const { run } = timers[id];
      forget(id);
      run();
    }
  } catch (error) {
    if (kind === "adopt") leave("unready", "", 0, "", textOf(error));
    else end(token, "threw", "", textOf(error));
  }
};
`;

/** The one module that a plugin can import. */
export const SDK = "export const definePlugin = (plugin) => plugin;";
export const SDK_NAME = "@moltbot/plugin-sdk";

/** What a plugin finds in its global scope beside `setTimeout` and `clearTimeout`: the language, and nothing that shares memory or compiles machine code. */
export const KEPT_GLOBALS: readonly string[] = (
  "Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error " +
  "AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl ArrayBuffer " +
  "Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array Uint8ClampedArray " +
  "BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet Proxy Reflect Iterator decodeURI decodeURIComponent " +
  "encodeURI encodeURIComponent isFinite isNaN"
).split(" ");
