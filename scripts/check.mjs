// `npm run check`: everything that can be said about the code without running it, each reader on one aligned line.
// With names it runs only those: `npm run check -- types walls`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "./runtime.mjs";

const tool = (...parts) => join(root, "node_modules", ...parts);
const tsc = tool("typescript", "bin", "tsc");

const CHECKS = [
  { name: "format", says: "oxfmt: one way to lay out code", runs: [[tool("oxfmt", "bin", "oxfmt"), "--check"]] },
  { name: "lint", says: "oxlint, with types", runs: [[tool("oxlint", "bin", "oxlint")]] },
  {
    name: "types",
    says: "TypeScript, strict; the web app with the browser's types; the examples with none",
    runs: [
      [tsc, "--noEmit", "-p", join(root, "tsconfig.json")],
      [tsc, "--noEmit", "-p", join(root, "packages/web/tsconfig.json")],
      [tsc, "--noEmit", "-p", join(root, "examples/tsconfig.json")],
    ],
  },
  {
    name: "unused",
    says: "knip: no file, export or dependency without a reader",
    runs: [[tool("knip", "bin", "knip.js"), "--no-progress"]],
  },
  { name: "walls", says: "dependency-cruiser: who may import whom", runs: [[join(root, "scripts", "walls.mjs")]] },
  {
    name: "deps",
    says: "what each program loads, licences, the lock, the models: as they were reviewed",
    runs: [[join(root, "scripts", "supply-chain", "deps.ts")]],
  },
];

function run(argv) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argv, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (bytes) => (output += String(bytes));
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", (cause) => resolve({ ok: false, output: String(cause) }));
    child.once("close", (code) => resolve({ ok: code === 0, output }));
  });
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  process.stderr.write(`check: unknown check ${unknown.join(", ")}; known: ${CHECKS.map((c) => c.name).join(", ")}\n`);
  process.exit(2);
}

let failed = 0;
for (const check of CHECKS.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const start = performance.now();
  const outcomes = [];
  for (const argv of check.runs) outcomes.push(await run(argv));
  const ok = outcomes.every((outcome) => outcome.ok);
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`${ok ? "ok  " : "FAIL"}  ${check.name.padEnd(7)}${seconds} s  ${check.says}\n`);
  if (ok) continue;
  failed += 1;
  for (const { output } of outcomes.filter((outcome) => !outcome.ok)) {
    process.stdout.write(`${stripVTControlCharacters(output).trimEnd().replace(/^/gm, "      ")}\n`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
