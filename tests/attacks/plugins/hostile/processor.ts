import { family } from "./hostile-plugin.ts";

/** Processor time, in places that a look at the clock between two statements does not reach. Patterns are also those of a collection of such. */
export const processor = family(
  "processor",
  Object.fromEntries(
    Object.entries({
      "a loop": `for (;;);`,
      "a loop that catches everything": `for (;;) { try { for (;;); } catch {} finally { for (;;); } }`,
      "a generator": `const all = (function* () { for (;;) yield 1; })(); for (const one of all); return 1;`,
      "(a+)+": `return /^(a+)+$/.test("a".repeat(60) + "!");`,
      "([a-zA-Z]+)*": `return /^([a-zA-Z]+)*$/.test("aaaaaaaaaaaaaaaaaaaa".repeat(4) + "!");`,
      "(a|aa)+": `return /^(a|aa)+$/.test("a".repeat(90) + "!");`,
      "(a|a?)+": `return /^(a|a?)+$/.test("a".repeat(60) + "!");`,
      "(.*a){25}": `return /^(.*a){25}$/.test("a".repeat(60) + "!");`,
      "a lookbehind": `return /(?<=^(a+)+)b/.test("c" + "a".repeat(60) + "b") || /(?<=(?:a+)+c)b/.test("x" + "a".repeat(60) + "b");`,
      "a backreference": `return /^(?:(.+)+\\1)+$/.test("ab".repeat(60) + "!");`,
      "a replacement with a function": `return "a".repeat(1e6).replace(/a/g, () => { for (;;); });`,
      "a sort that never agrees": `return Array.from({ length: 1e7 }, (_, at) => at).sort(() => Math.random() - 0.5).length;`,
      "a huge power": `return (3n ** 40_000_000n).toString().length;`,
      "a huge division": `const a = 7n ** 3_000_000n; return (a * a / (a + 1n)).toString().length;`,
      "nested JSON": `const text = "[" .repeat(100_000) + "]".repeat(100_000); for (;;) { try { JSON.parse(text); } catch {} }`,
      "JSON with a reviver": `return JSON.parse("[" + "1,".repeat(1e6) + "1]", () => { for (;;); });`,
      "Array.from with a length": `return Array.from({ length: 2 ** 32 - 1 }).length;`,
      "lastIndexOf in a sparse array": `const a = []; a[2 ** 32 - 2] = 1; return Array.prototype.lastIndexOf.call(new Proxy({ length: Number.MAX_SAFE_INTEGER }, {}), 1);`,
      "join of a hole": `return new Array(2 ** 27).join("").length + Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);`,
      "text compared in every tongue": `const a = "\\u00e4".repeat(1e6); let at = 0; for (;;) at += a.localeCompare(a + at);`,
      "text brought to one form": `const a = "\\u1e9b\\u0323".repeat(4e6); for (;;) a.normalize("NFKD");`,
      dates: `for (;;) new Date(8.64e15).toLocaleString("ar-EG-u-ca-islamic");`,
      "a getter without an end": `const a = { get a() { return this.a; } }; for (;;) { try { void a.a; } catch {} }`,
      "a proxy chain": `let a = {}; for (let at = 0; at < 20_000; at += 1) a = new Proxy(a, {}); for (;;) { try { void a.x; } catch {} }`,
      "a typed array sorted": `const a = new Float64Array(2_000_000); for (;;) a.sort((x, y) => (x < y ? 1 : -1));`,
      "a text to be read as a program": `for (;;) new Function("(".repeat(5_000) + "1" + ")".repeat(5_000));`,
      "escape and encodeURIComponent": `const a = "\\u{1F600}".repeat(200_000); for (;;) decodeURIComponent(encodeURIComponent(a));`,
      "toJSON that loops": `return { toJSON() { for (;;); } };`,
      "a getter of the answer that loops": `return { get a() { for (;;); } };`,
    }).map(([id, code]) => [
      id,
      {
        after: "the processor: a call that is not ended in time, or somebody else who waits for it",
        run: code,
        ends: "fails" as const,
      },
    ]),
  ),
);

/** The same outside of a call of a tool. */
export const atLoad = family("at load", {
  "a loop": {
    after: "a load without an end",
    ends: "fails",
    code: `for (;;); export default { tools: { run: () => "GAINED" } };`,
  },
  microtasks: {
    after: "a load without an end",
    ends: "fails",
    code: `const again = () => Promise.resolve().then(again); again(); await new Promise(() => {}); export default { tools: { run: () => "GAINED" } };`,
  },
  memory: {
    after: "a process that grows while it loads",
    ends: "fails",
    code: `const a = []; for (;;) a.push(new Uint8Array(8_000_000).fill(1)); export default { tools: { run: () => "GAINED" } };`,
  },
  "a text that is hard to read": {
    after: "the parser",
    code: `export default { tools: { run: () => ${"[".repeat(20_000)}${"]".repeat(20_000)}.length } };`,
  },
  "no default": {
    after: "whoever reads what is exported",
    ends: "fails",
    code: `export const tools = { run: () => "GAINED" };`,
  },
  "a getter in what is exported": {
    after: "whoever reads what is exported",
    ends: "fails",
    code: `export default { get tools() { for (;;); } };`,
  },
  "it throws itself": {
    after: "whoever handles it",
    ends: "fails",
    code: `const it = { get message() { throw it; }, get stack() { throw it; }, toString() { throw it; } }; export default 1; throw it;`,
  },
});
