// Builds dist/: the programs (rolldown), the web app (vite) and, before them, the design tokens.
// Everything is built in a folder of its own and then moved file by file: content-hashed parts first, the entries that
// name them after, the stamp last. A program that starts meanwhile sees the old build or the new one, never half, and
// a gateway that runs for weeks still finds the parts it loads late.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isStale } from "./freshness.mjs";
import { root } from "./runtime.mjs";
import { recordLoads } from "./supply-chain/record-loads.ts";

const dist = join(root, "dist");
const staging = join(dist, `.staging-${process.pid}`);
const lock = join(dist, ".lock");
const HASHED = /^(chunks|web\/assets)\//;
const KEEP_OLD_PARTS_MS = 14 * 24 * 60 * 60 * 1000;

/**
 * Programs: name of the file in dist ← its source. The command line is CommonJS: as a module, importing node:http reads
 * every export of it, one of which loads a whole HTTP client, and that alone costs a third of the command's time.
 */
const PROGRAMS = {
  cli: { source: "packages/cli/src/main.ts", format: "cjs", ending: "cjs" },
  gateway: { source: "packages/gateway/src/index.ts", format: "esm", ending: "mjs" },
  "model-worker": { source: "packages/sandbox-runner/src/model-worker.ts", format: "esm", ending: "mjs" },
  // CommonJS and one file: the loader of modules would cost each plugin its memory and its time to start.
  "plugin-worker": {
    source: "packages/sandbox-runner/src/plugin-worker.ts",
    format: "cjs",
    ending: "cjs",
    isOneFile: true,
  },
  forward: { source: "packages/sandbox-runner/src/forward.ts", format: "esm", ending: "mjs" },
};

/** `start` loads the gateway as the program that it is, beside the command line. */
const gatewayBeside = {
  name: "gateway-beside",
  resolveId: (source) => (source === "@moltbot/gateway" ? { id: "./gateway.mjs", external: true } : null),
};

// Native code and WebAssembly stay where npm put them; their loaders look for the binary beside themselves.
const EXTERNAL = [/^better-sqlite3-multiple-ciphers(\/|$)/, /^@fugood\//, /^@cedar-policy\//, /^@napi-rs\//];

const say = (line) => process.stderr.write(`${line}\n`);

/** Keeps what the finished bundle of a program loads beside it: `npm run deps` compares that with the lists in deps/. */
const recordOf = (name) =>
  recordLoads(root, (loads) => {
    mkdirSync(join(staging, "loads"), { recursive: true });
    writeFileSync(join(staging, "loads", `${name}.json`), JSON.stringify(loads));
  });

async function timed(name, work) {
  const start = performance.now();
  await work();
  say(`  ${name.padEnd(14)}${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function filesUnder(folder, base = folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path, base) : [relative(base, path).replaceAll("\\", "/")];
  });
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause.code === "EPERM";
  }
}

/** One build at a time; a lock whose owner has died is taken over. */
async function takeLock() {
  mkdirSync(dist, { recursive: true });
  let told = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (cause) {
      if (cause.code !== "EEXIST") throw cause;
    }
    const owner = Number(readLock());
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if ((owner > 0 && !alive(owner)) || (!(owner > 0) && age > 5000)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) say("moltbot: another build is running, waiting for it");
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function readLock() {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return ""; // released this moment
  }
}

async function buildProgram(name, { source, format, ending, isOneFile = false }) {
  const { build } = await import("rolldown");
  await build({
    input: { [name]: join(root, source) },
    cwd: root,
    platform: "node",
    external: EXTERNAL,
    plugins: [...(name === "cli" ? [gatewayBeside] : []), recordOf(name)],
    tsconfig: false,
    logLevel: "warn",
    onLog(level, log, next) {
      // Circles inside a library are its own affair; the walls between our rooms are checked elsewhere.
      if (log.code !== "CIRCULAR_DEPENDENCY" && log.code !== "EVAL") next(level, log);
    },
    output: {
      dir: staging,
      format,
      codeSplitting: !isOneFile,
      entryFileNames: `[name].${ending}`,
      chunkFileNames: `chunks/${name}-[name]-[hash].${ending}`,
      minify: false,
      sourcemap: false,
    },
  });
}

async function buildWeb() {
  const { build } = await import("vite");
  await build({
    root: join(root, "packages", "web"),
    logLevel: "warn",
    plugins: [recordOf("web")],
    build: { outDir: join(staging, "web"), emptyOutDir: true, assetsDir: "assets" },
  });
}

function buildTokens() {
  const done = spawnSync(process.execPath, [join(root, "packages", "design", "build.mjs")], {
    cwd: join(root, "packages", "design"),
    stdio: ["ignore", 2, 2],
  });
  if (done.status !== 0) throw new Error("design tokens could not be built");
}

function publish(startedAt) {
  const built = filesUnder(staging);
  const ordered = [...built.filter((file) => HASHED.test(file)), ...built.filter((file) => !HASHED.test(file))];
  for (const file of ordered) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    renameSync(join(staging, file), join(dist, file));
  }
  const current = new Set(built);
  for (const file of filesUnder(dist)) {
    if (file.startsWith(".") || current.has(file)) continue;
    const path = join(dist, file);
    const old = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > KEEP_OLD_PARTS_MS;
    if (!HASHED.test(file) || old) rmSync(path, { force: true });
  }
  const stamp = join(staging, ".stamp");
  writeFileSync(stamp, `${startedAt.toISOString()}\n`);
  utimesSync(stamp, startedAt, startedAt);
  renameSync(stamp, join(dist, ".stamp"));
}

async function buildAll() {
  say("moltbot: building");
  await timed("design tokens", buildTokens);
  // A source saved while we build is newer than the stamp, so the next start builds again.
  const startedAt = new Date();
  // What a build that was killed left behind; the lock says that nobody else is building.
  for (const name of readdirSync(dist)) {
    if (name.startsWith(".staging-")) rmSync(join(dist, name), { recursive: true, force: true });
  }
  mkdirSync(staging, { recursive: true });
  for (const [name, program] of Object.entries(PROGRAMS)) await timed(name, () => buildProgram(name, program));
  await timed("web", buildWeb);
  publish(startedAt);
}

await takeLock();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));
process.on("exit", () => {
  rmSync(staging, { recursive: true, force: true });
  rmSync(lock, { force: true });
});
try {
  if (!process.argv.includes("--if-stale") || isStale()) await buildAll();
} catch (cause) {
  say(
    `moltbot: BUILD_FAILED: ${cause instanceof Error ? cause.message.trimEnd() : String(cause)}\n  next: npm run check`,
  );
  process.exitCode = 1;
}
