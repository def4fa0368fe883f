import { family } from "./hostile-plugin.ts";

/** Everything that loads: modules by each kind of name. */
export const imports = family("imports", {
  "dynamic imports of everything": {
    after: "a module of Node, a file, a text that is a module, an address",
    run: `const names = ["node:fs", "fs", "node:process", "node:child_process", "node:module", "node:vm", "node:net", "module", "process", "std", "os", "qjs:std", "qjs:os", "bjson", "isolated-vm", "quickjs-emscripten", "file:///etc/passwd", "/etc/passwd", "./main.js", "../plugin-worker.js", "/moltbot/plugin-worker.js", "data:text/javascript,export default typeof process", "http://127.0.0.1:@PORT@/a.js", "https://example.org/a.js", "blob:a", "@moltbot/plugin-sdk/testing", "@moltbot/plugin-sdk/../testing", "@moltbot/contracts", "", "\\u0000", "__proto__"];
for (const name of names) try { const found = await import(name); gained(name + ": " + Object.keys(found).join().slice(0, 200)); climb(name, found); } catch (error) { climb("error", error, 60); if (!name.includes("moltbot") && /\\/moltbot|node:internal|node_modules/.test(String(error && error.message) + String(error && error.stack))) gained("told " + error.stack); } return report();`,
  },
  "a static import of node:fs": {
    after: "a module of Node",
    ends: "fails",
    code: `import fs from "node:fs"; export default { tools: { run: () => "GAINED " + fs.readdirSync("/") } };`,
  },
  "a static import of a file": {
    after: "a file",
    ends: "fails",
    code: `import told from "/etc/passwd" with { type: "text" }; export default { tools: { run: () => "GAINED " + told } };`,
  },
  "an import of a text that is a module": {
    after: "a loader that takes data:",
    ends: "fails",
    code: `import told from "data:text/javascript,export default 'GAINED'"; export default { tools: { run: () => told } };`,
  },
  "an import with attributes": {
    after: "a loader for JSON of the host",
    ends: "fails",
    code: `import told from "/moltbot/package.json" with { type: "json" }; export default { tools: { run: () => "GAINED " + JSON.stringify(told) } };`,
  },
  "an import of the source": {
    after: "the source phase of a module of WebAssembly",
    ends: "fails",
    code: `import source told from "a.wasm"; export default { tools: { run: () => "GAINED " + String(told) } };`,
  },
  "a deferred import": {
    after: "a module that is loaded when it is touched",
    ends: "fails",
    code: `import defer * as told from "node:fs"; export default { tools: { run: () => "GAINED " + told.readdirSync("/") } };`,
  },
  "a re-export of everything": {
    after: "what a loader exports beside",
    ends: "fails",
    code: `export * from "node:process"; export { default } from "node:module";`,
  },
  "everything of the one module that may be imported": {
    after: "a function of the house that the module brings along",
    ends: "answers",
    code: `%PROBE%
import * as sdk from "@moltbot/plugin-sdk";
export default { tools: { run: async () => { climb("sdk", sdk, 1000); for (const name of Object.keys(sdk)) if (name !== "definePlugin") gained("exports " + name); try { sdk.definePlugin = 1; gained("it can be written"); } catch {} return report(Object.keys(sdk).join()); } } };`,
  },
  "import.meta": {
    after: "paths and functions of a loader",
    ends: "answers",
    run: `climb("meta", import.meta); for (const name of Reflect.ownKeys(import.meta)) gained("import.meta." + String(name) + " = " + String(import.meta[name])); return report();`,
  },
  "an import from text that is run": {
    after: "a loader for texts that are run, which has no module to come from",
    run: `const told = []; for (const make of [(text) => Function("return " + text)(), (text) => (0, eval)(text), (text) => new (async () => {}).constructor("return " + text)()]) for (const name of ["node:fs", "@moltbot/plugin-sdk", "data:text/javascript,1"]) try { const found = await make("import(" + JSON.stringify(name) + ")"); climb("found", found); if (name !== "@moltbot/plugin-sdk") gained(name); } catch (error) { told.push(String(error)); climb("error", error, 60); } return report(told.join());`,
  },
  "it imports itself": {
    after: "an endless load",
    ends: "fails",
    code: `import * as self from "./main.js"; export default { tools: { run: () => "GAINED? " + Object.keys(self) } };`,
  },
});
