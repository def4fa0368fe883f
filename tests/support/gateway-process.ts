import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClient } from "@moltbot/client";
import type { Client } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(PROJECT, "dist", "cli.cjs");

/** A folder of its own for one test: the home, and beside it the place for the key file. */
export interface Place {
  readonly root: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

export const newPlace = (settings: unknown = {}): Place => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-test-"));
  const home = join(root, "home");
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, "moltbot.json5"), JSON.stringify(settings));
  return {
    root,
    home,
    environment: {
      MOLTBOT_HOME: home,
      XDG_CONFIG_HOME: join(root, "config"),
      HOME: root,
      NO_COLOR: "1",
      PATH: process.env["PATH"] ?? "",
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
};

/** What the gateway prints when it is ready, and ways to reach and end it. */
export interface GatewayProcess {
  readonly url: string;
  readonly link: string;
  readonly pid: number;
  /** From spawn to ready, in milliseconds. */
  readonly startMilliseconds: number;
  readonly client: Client;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

interface Ready {
  readonly url: string;
  readonly link: string;
}

const readReady = (child: ChildProcess): Promise<Ready> =>
  new Promise((resolve, reject) => {
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.once("exit", (code) => reject(new Error(`the gateway ended with ${String(code)}: ${errors}`)));
    if (child.stdout === null) return reject(new Error("no stdout"));
    createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line) as Ready)); // our own line
  });

/** Starts the built gateway in a process of its own; it takes a free port. */
export const startGatewayProcess = async (place: Place, argv: readonly string[] = []): Promise<GatewayProcess> => {
  const began = performance.now();
  const child = spawn(process.execPath, [CLI, "start", "--no-open", "--json", "--port", "0", ...argv], {
    env: { ...place.environment, NODE_COMPILE_CACHE: join(PROJECT, "dist", ".cache") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const ready = await readReady(child);
  return {
    ...ready,
    pid: child.pid ?? 0,
    startMilliseconds: performance.now() - began,
    client: createClient({ transport: nodeTransport({ socketPath: join(place.home, "run", "gateway.sock") }) }),
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
};

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Runs the built command line against a place. */
export const runCli = (place: Place, argv: readonly string[], input = ""): Promise<CommandEnd> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, [CLI, ...argv], {
      env: { ...place.environment, NODE_COMPILE_CACHE: join(PROJECT, "dist", ".cache") },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr, milliseconds: performance.now() - began }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });

/** Settings that make a model server of this machine the default model. */
export const settingsFor = (origin: string): unknown => ({
  models: { default: "scripted", providers: { scripted: { baseUrl: `${origin}/v1`, model: "scripted" } } },
  // Thousands of attacks by one agent within minutes must fail for what they are, not for their number.
  limits: { callsPerTurn: 100_000, callsPerHour: 1_000_000, requestsPerSecond: 100_000 },
});
