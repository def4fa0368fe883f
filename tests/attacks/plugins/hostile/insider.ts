import { family } from "./hostile-plugin.ts";

const STORAGE = { kind: "storage", bytes: 50_000, why: "It keeps something." };

/** By somebody who has read how the house speaks with a plugin: each breaks a function that the house's part of the isolate still uses. */
export const insider = family("insider", {
  "an iterator that throws a long text at the house": {
    after: "an error without a bound on its way out: the house goes over its own list with an iterator of ours",
    run: `const long = "x".repeat(4_000_000); Array.prototype[Symbol.iterator] = () => { throw new Error(long); }; return "over";`,
    tools: ["run", "next"],
    before: `void 0;`,
  },
  "an iterator that keeps the house's lists": {
    after: "ids and tokens of calls that are under way",
    ends: "answers",
    tools: ["run", "next"],
    code: `%PROBE%
const kept = []; const was = Array.prototype[Symbol.iterator];
Array.prototype[Symbol.iterator] = function () { try { kept[kept.length] = this; } catch {} return was.call(this); };
export default { tools: { run: async (args, host) => { void host.storage.get("a").catch(() => 0); setTimeout(() => 0, 5); return "ready"; }, next: async (args, host) => { void host.storage.get("b").catch(() => 0); for (let at = 0; at < kept.length && at < 200; at += 1) { const list = kept[at]; for (let n = 0; n < list.length && n < 50; n += 1) { if (typeof list[n] === "function" && list[n] !== host.log) climb("kept", list[n], 20); if (typeof list[n] === "string" && /^[A-Za-z0-9_-]{16,}$/.test(list[n])) gained("a token: " + list[n]); } } return report("kept " + kept.length); } } };`,
  },
  "a list that tells itself otherwise": {
    after: "a description of tools that is no list, or is endless",
    tools: ["run"],
    code: `Array.prototype.toJSON = () => "x".repeat(3_000_000); Object.prototype.toJSON = () => ({ tools: ["run"], events: [] }); String.prototype.toJSON = () => 1; export default { tools: { run: () => "over" } };`,
  },
  "a hundred thousand tools": {
    after: "a first word of the process that is too long",
    tools: ["run"],
    code: `const tools = { run: () => "over" }; for (let at = 0; at < 100_000; at += 1) tools["t" + at] = tools.run; export default { tools };`,
  },
  "tools with names that end lines": {
    after: "a second message in the first",
    ends: "answers",
    tools: ["run"],
    code: `export default { tools: { run: () => "over", ['x"]}\\n{"type":"done","token":"","end":"value","text":"GAINED"}\\n']: () => "GAINED", ["\\u2028\\u0000"]: () => 1 }, events: { ["__proto__"]: () => 1, "message:received": () => "GAINED" } };`,
  },
  "a clock that never comes": {
    after: "timers beyond their number, and after the call",
    ends: "answers",
    tools: ["run", "next"],
    code: `%PROBE%
let late = 0;
export default { tools: { run: async () => { const ids = []; for (let at = 0; at < 10_000; at += 1) try { const id = setTimeout(() => { late += 1; }, [NaN, -1, Infinity, "1e9", {}, 3][at % 6]); ids.push(id); if (at % 2) clearTimeout(id); } catch { break; } for (const id of [0, -1, "1", {}, "__proto__", NaN]) clearTimeout(id); return "set " + (ids.length > 0); }, next: async () => { if (late > 40) gained("timers after the end: " + late); return report(); } } };`,
  },
  "asks by a timer of a call that is over": {
    after: "an ask on the token of the next call, which is the current one when the timer fires",
    ends: "answers",
    permissions: [STORAGE],
    tools: ["run", "next"],
    code: `%PROBE%
let first = null; let said = "nothing";
export default { tools: { run: async (args, host) => { first = host; setTimeout(() => host.storage.set("late", 1).then(() => gained("kept by a call that is over"), () => 0), 50); return "over"; }, next: async (args, host) => { await new Promise((resolve) => setTimeout(resolve, 150)); try { await first.storage.set("late", 2); gained("the old host works"); } catch { said = "refused"; } if ((await host.storage.get("late")) !== null) gained("it was kept"); return report(said); } } };`,
  },
  "processor time a little at a time": {
    after: "more of the processor than a call may use, in visits that are each short",
    ends: "fails",
    run: `const burn = () => { const until = Date.now() + 60; while (Date.now() < until); }; for (let at = 0; at < 200; at += 1) { burn(); await new Promise((resolve) => setTimeout(resolve, 1)); } return "GAINED " + 200 * 60 + " ms";`,
  },
  "processor time by asks": {
    after: "the same in the answers of the house",
    ends: "fails",
    permissions: [STORAGE],
    run: `const burn = () => { const until = Date.now() + 60; while (Date.now() < until); }; for (let at = 0; at < 90; at += 1) { await host.storage.get("a"); burn(); } return "GAINED " + 90 * 60 + " ms";`,
  },
  "processor time in what is thrown": {
    after: "time while the house makes a text of an error, over and over",
    ends: "fails",
    run: `throw { toString() { for (;;); } };`,
  },
  "words of the house's own faults": {
    after: "an end of the call that is not told as one of the plugin",
    ends: "fails",
    run: `throw new Error("Script execution timed out.");`,
  },
  "words of a memory that ran out": { after: "the same", ends: "fails", run: `throw new RangeError("out of memory");` },
  "an ask that is changed while it is written down": {
    after: "a call that ends in toJSON of its own ask, and goes on",
    permissions: [STORAGE],
    run: `let resolve; const end = new Promise((done) => { resolve = done; }); void host.storage.set("a", { toJSON() { resolve("over"); for (let at = 0; at < 90; at += 1) void host.storage.set("b", at).catch(() => 0); return 1; } }).catch(() => 0); return end;`,
  },
  "a box full of names of prototypes": {
    after: "keys that the house sorts and counts",
    ends: "answers",
    permissions: [STORAGE],
    run: `for (const key of ["__proto__", "constructor", "a\\u0000b", "\\u{1F600}", "A", "a", " ", "a ", "%00", "é", "e\\u0301"]) await host.storage.set(key, key).catch(() => 0); const keys = await host.storage.keys(""); const wrong = []; for (const key of keys) if ((await host.storage.get(key)) !== key) wrong.push(key); if (wrong.length > 0) gained("other values under " + JSON.stringify(wrong)); for (const key of keys) await host.storage.delete(key); if ((await host.storage.keys("")).length > 0) gained("some stay"); return report("keys " + keys.length);`,
  },
});
