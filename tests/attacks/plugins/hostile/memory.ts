import { family } from "./hostile-plugin.ts";

/** Memory, by every road that a heap's own limit may not see. */
export const memory = family(
  "memory",
  Object.fromEntries(
    Object.entries({
      "arrays that grow": `const a = []; for (;;) a.push(new Array(10_000).fill(a.length));`,
      "typed arrays outside the heap": `const a = []; for (;;) a.push(new Uint8Array(16_000_000).fill(1));`,
      "one typed array of a gibibyte": `const a = new Uint8Array(1_073_741_824); a.fill(7); return a.length;`,
      "a buffer that is resized": `const a = new ArrayBuffer(1024, { maxByteLength: 4_000_000_000 }); for (let size = 1024; ; size *= 2) { a.resize(size); new Uint8Array(a).fill(1); }`,
      "buffers that are transferred": `let a = new ArrayBuffer(1_000_000); const all = []; for (;;) { const b = a.transfer(a.byteLength * 2); new Uint8Array(b).fill(1); all.push(b); a = b.slice(0); }`,
      "strings that double": `let a = "a"; for (;;) { a += a; JSON.stringify(a); }`,
      "ropes that are flattened": `const all = []; for (;;) { let a = "b".repeat(1_000_000) + all.length; a = a + a + a; all.push(a); a.charCodeAt(1); }`,
      "two-byte strings": `const all = []; for (;;) all.push(("\\u4e00" + all.length).repeat(2_000_000).split("").join("-"));`,
      "maps and sets": `const all = new Map(); for (let at = 0; ; at += 1) all.set({ at }, new Set([at, String(at)]));`,
      "big integers": `let a = 2n ** 1_000_000n; const all = []; for (;;) { all.push(a); a = a * 3n + 1n; }`,
      "a text of JSON": `return JSON.parse("[" + "[".repeat(0) + "{\\"a\\":[1,2,3]},".repeat(3_000_000) + "1]").length;`,
      "holes in an array": `const a = []; a[4_000_000_000] = 1; return Object.keys(a.fill(1, 0, 200_000_000)).length;`,
      "regular expressions": `const all = []; for (let at = 0; ; at += 1) { const one = new RegExp("(?:" + "a|b".repeat(2_000) + at + ")*"); one.test("ab".repeat(100)); all.push(one); }`,
      "functions by text": `const all = []; for (let at = 0; ; at += 1) all.push(new Function("return " + JSON.stringify("x".repeat(10_000)) + at));`,
      "array buffers in promises": `const all = []; for (;;) { all.push(Promise.resolve(new Float64Array(1_000_000).fill(1.5))); await all.at(-1); }`,
      clones: `const one = new Uint8Array(8_000_000).fill(1); const all = []; for (;;) all.push(typeof structuredClone === "function" ? structuredClone(one) : one.slice());`,
      "the error stack": `Error.stackTraceLimit = 1e9; const all = []; const deep = (at) => at === 0 ? all.push(new Error("x".repeat(10_000))) : deep(at - 1); for (;;) deep(1_000);`,
      "an iterator without an end": `return Array.from({ length: 1e9 }, (_, at) => ({ at }));`,
      Intl: `const all = []; for (let at = 0; ; at += 1) all.push(typeof Intl === "object" ? new Intl.DateTimeFormat("en-u-nu-arab", { timeZone: "UTC", dateStyle: "full" }) : new Array(1000).fill(at));`,
    }).map(([id, code]) => [
      id,
      {
        after: "more memory than it may have: a process that grows past its limit, or a gateway that ends with it",
        run: code,
        ends: "fails" as const,
      },
    ]),
  ),
);
