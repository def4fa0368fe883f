// The one door of this repository: `npm start`, `npm test` and every other script come through here. It runs on the
// host's Node 20 or later, finds the pinned Node, builds what is missing and hands over. npm 10 leaves the pinned node
// unlinked and would silently run the host's, and install scripts never run; hence a launcher.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { isStale } from "./freshness.mjs";
import { childEnvironment, LaunchError, resolveNode, root } from "./runtime.mjs";

const path = (...parts) => join(root, ...parts);
const vitest = path("node_modules", "vitest", "vitest.mjs");
const cli = path("dist", "cli.cjs");
const compileCache = { NODE_COMPILE_CACHE: path("dist", ".cache") };

/** What each command runs, with what is built first; a word that is not here belongs to the command line program. */
const COMMANDS = {
  build: (args) => ({ argv: [path("scripts", "build.mjs"), ...args] }),
  test: (args) => ({ built: true, argv: [vitest, "run", ...args] }),
  coverage: (args) => ({ built: true, argv: [vitest, "run", "--coverage", ...args] }),
  bench: (args) => ({ built: true, argv: [path("bench", "main.ts"), ...args] }),
  soak: (args) => ({ built: true, argv: [path("bench", "soak.ts"), ...args] }),
  attack: (args) => ({ argv: [path("scripts", "attack.ts"), ...args] }),
  dev: (args) => ({ built: true, argv: [path("scripts", "dev.mjs"), ...args] }),
  check: (args) => ({ built: true, argv: [path("scripts", "check.mjs"), ...args] }),
  typecheck: (args) => ({ built: true, argv: [path("scripts", "check.mjs"), "types", ...args] }),
  deps: (args) => ({ built: true, argv: [path("scripts", "supply-chain", "deps.ts"), ...args] }),
  sbom: (args) => ({ built: true, argv: [path("scripts", "supply-chain", "write-sbom.ts"), ...args] }),
  lint: (args) => ({ argv: [path("node_modules", "oxlint", "bin", "oxlint"), ...args] }),
  format: (args) => ({ argv: [path("node_modules", "oxfmt", "bin", "oxfmt"), ...args] }),
};

const forCli = (words) => ({ built: true, argv: [cli, ...words], env: compileCache });

/** Runs one child in the foreground and resolves with its exit code; signals reach it, its end is ours. */
function run(node, argv, { env = {}, stdio = "inherit" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, argv, { stdio, env: childEnvironment(node, env) });
    // A terminal sends Ctrl+C to every process in front of it; passing it on as well would be a second Ctrl+C.
    const forward = (signal) => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    // A signal to npm ends the shell between npm and us, and we would run on, ownerless.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, 250);
    if (process.env.npm_lifecycle_event === undefined) clearInterval(watch);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    child.once("error", (cause) => {
      clearInterval(watch);
      reject(
        new LaunchError(
          "RUNTIME_CANNOT_START",
          `${node} could not be started (${cause.code ?? cause.message}).`,
          "npm ci --include=optional, or set MOLTBOT_NODE to a Node that runs on this machine",
        ),
      );
    });
    child.once("exit", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, forward);
      resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Builds what is stale; the build says itself what went wrong. Data belongs on stdout, so it speaks on stderr. */
function build(node) {
  return run(node, [path("scripts", "build.mjs"), "--if-stale"], { stdio: ["ignore", 2, 2] });
}

async function main([word = "", ...rest]) {
  const node = resolveNode();
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word](rest) : forCli(word === "" ? [] : [word, ...rest]);
  if (command.built && isStale()) {
    const code = await build(node);
    if (code !== 0) return code;
  }
  return run(node, command.argv, { env: command.env });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (cause) {
  if (!(cause instanceof LaunchError)) throw cause;
  process.stderr.write(`moltbot: ${cause.message}\n`);
  process.exitCode = cause.exitCode;
}
