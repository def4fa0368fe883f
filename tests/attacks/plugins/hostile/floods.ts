import { family } from "./hostile-plugin.ts";

const STORAGE = { kind: "storage", bytes: 10_000, why: "It keeps something." };

/** Too much of everything that may be had. */
export const floods = family("floods", {
  "an answer that is too long": {
    after: "more words than it may give",
    ends: "fails",
    run: `return "x".repeat(5_000_000);`,
  },
  "an answer of many small things": {
    after: "the same in a million pieces",
    ends: "fails",
    run: `return Array.from({ length: 400_000 }, () => ({}));`,
  },
  "an answer whose escapes are long": {
    after: "a length that is measured before it is written down",
    ends: "fails",
    run: String.raw`return "\u0001".repeat(30_000);`,
  },
  "a log without an end": {
    after: "a pipe, a disk or a memory that fills",
    ends: "fails",
    run: `for (;;) host.log("x".repeat(1_000));`,
  },
  "a log of long lines": {
    after: "a pipe that fills",
    run: `for (let at = 0; at < 200; at += 1) try { host.log("x".repeat(2_000_000)); } catch {} return "over";`,
  },
  "asks without an end": {
    after: "asks beyond what one call may ask",
    permissions: [STORAGE],
    run: `let done = 0; const all = []; for (let at = 0; at < 5_000; at += 1) all.push(host.storage.set("k" + (at % 5), at).then(() => { done += 1; }, () => 0)); await Promise.allSettled(all); if (done > 100) gained("asks that went through: " + done); return report("went through " + done);`,
  },
  "asks with large bodies": {
    after: "a memory of the gateway that fills",
    run: `const big = "x".repeat(3_000_000); const all = []; for (let at = 0; at < 100; at += 1) all.push(host.http.fetch({ url: "https://example.org/", body: big }).catch(() => 0)); await Promise.all(all); return "over";`,
  },
  "asks that nobody waits for": {
    after: "a call that ends while a thousand asks are on their way",
    ends: "fails",
    permissions: [STORAGE],
    tools: ["run", "next"],
    code: `export default { tools: { run: (args, host) => { for (let at = 0; at < 1_000; at += 1) void host.storage.set("a", at).catch(() => 0); return "over"; }, next: async () => "still there" } };`,
  },
  "more in the box than fits": {
    after: "a box without a bound",
    permissions: [STORAGE],
    run: `let kept = 0; for (let at = 0; at < 18; at += 1) try { await host.storage.set("k" + at, "x".repeat(900)); kept += 900; } catch {} if (kept > 10_000) gained("kept " + kept); return report("kept " + kept);`,
  },
  "keys instead of values": {
    after: "a bound that counts values alone",
    permissions: [STORAGE],
    run: `let kept = 0; for (let at = 0; at < 18; at += 1) try { await host.storage.set("k".repeat(190) + at + "ä".repeat(5), "x".repeat(400)); kept += 600; } catch {} if (kept > 10_000) gained("kept " + kept); return report("kept " + kept);`,
  },
  "a key that is written again and again at once": {
    after: "a count of what is kept that is wrong after a race",
    permissions: [STORAGE],
    run: `await Promise.allSettled(Array.from({ length: 18 }, (_, at) => host.storage.set("k" + at, "x".repeat(3_000)))); const keys = await host.storage.keys(""); if (keys.length > 3) gained("keys " + keys.length + ", each of 3000 bytes, in a box of 10000"); return report("keys " + keys.length);`,
  },
  "events without a permission": {
    after: "an event that the house passes on",
    ends: "answers",
    run: `let told = 0; for (let at = 0; at < 50; at += 1) await host.events.emit("forged", { at }).then(() => { told += 1; }, () => 0); if (told > 0) gained("emitted"); return report();`,
  },
});
