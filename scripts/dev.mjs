// Development: the gateway from its sources, restarted on every save, and the web app rebuilt beside it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./runtime.mjs";

const children = [];

function start(argv) {
  const child = spawn(process.execPath, argv, { stdio: "inherit", cwd: root });
  children.push(child);
  child.once("exit", (code) => {
    for (const other of children) other.kill("SIGTERM");
    process.exitCode ??= code ?? 1;
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
}

if (existsSync(join(root, "packages/web/index.html"))) {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  start([vite, "build", "packages/web", "--watch", "--outDir", join(root, "dist/web"), "--logLevel", "warn"]);
}
start(["--watch", join(root, "packages/gateway/src/main.ts"), ...process.argv.slice(2)]);
