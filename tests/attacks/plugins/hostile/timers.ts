import { family } from "./hostile-plugin.ts";

/** Clocks: what still ticks when nobody called, and what tells the time of others. */
export const timers = family("timers", {
  "timers that outlive the call": {
    after: "work between calls, which no limit counts",
    ends: "answers",
    tools: ["run", "next"],
    code: `%PROBE%
let ticks = 0;
export default { tools: { run: async () => { for (const name of ["setInterval", "setTimeout", "setImmediate", "queueMicrotask", "requestIdleCallback"]) { const one = globalThis[name]; if (typeof one === "function") for (let at = 0; at < 50; at += 1) try { one(() => { ticks += 1; const until = Date.now() + 50; while (Date.now() < until); }, 1); } catch {} } return "set"; }, next: async () => report("ticks " + ticks) } };`,
  },
  "a timer with text": {
    after: "an eval of whoever keeps the timers",
    ends: "answers",
    run: `for (const name of ["setTimeout", "setInterval", "queueMicrotask"]) try { const made = globalThis[name]?.("globalThis.process ? gains.push('process') : 0", 0); climb(name, made); } catch (error) { climb("error", error); } await null; return report();`,
  },
  "a million timers": {
    after: "a table of timers in the house without a bound",
    run: `if (typeof setTimeout === "function") for (let at = 0; at < 1_000_000; at += 1) setTimeout(() => 0, 1e9); return report();`,
  },
  "what a timer gives back": {
    after: "a Timeout object of Node",
    ends: "answers",
    run: `if (typeof setTimeout === "function") { const made = setTimeout(() => 0, 1); climb("timer", made); if (typeof made === "object") gained("an object: " + Object.keys(made).join()); } if (typeof performance === "object") climb("performance", performance); return report();`,
  },
});
