import { createHash } from "node:crypto";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./result.ts";

/**
 * Milliseconds of one round on the reference machine (two cores, Debian 12, otherwise quiet, Node 26.10): the least of ten
 * calibrations in a row.
 */
const REFERENCE = 1.6;
const ROUNDS = 150;
const WARM_UP = 30;

/** What every message costs anywhere: hashing and JSON, a few durable writes, one trip over loopback to another process. */
const work = (file: number): void => {
  const block = Buffer.alloc(16 * 1024, 7);
  let sum = createHash("sha256").update(block).digest()[0] ?? 0;
  for (let at = 0; at < 150; at += 1) {
    const text = JSON.stringify({ at, words: ["remind", "me", "in", "ten", "minutes"], nested: { sum } });
    sum += (JSON.parse(text) as { words: readonly string[] }).words.length;
  }
  for (let at = 0; at < 4; at += 1) {
    writeSync(file, block, 0, 4096);
    fdatasyncSync(file);
  }
};

const trip = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ port, host: "127.0.0.1", method: "POST" }, (response) =>
      response.resume().once("end", resolve),
    );
    outgoing.once("error", reject);
    outgoing.end('{"hello":"there"}');
  });

const startEcho = (): Promise<{ readonly child: ChildProcess; readonly port: number }> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ["echo"], { stdio: "inherit" });
    child.once("error", reject);
    child.once("message", (port) => resolve({ child, port: Number(port) }));
  });

/** Milliseconds of the median round. */
const measure = async (): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-calibrate-"));
  const file = openSync(join(folder, "file"), "a");
  const { child, port } = await startEcho();
  const samples: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const began = performance.now();
    work(file);
    await trip(port);
    if (round >= WARM_UP) samples.push(performance.now() - began);
  }
  child.disconnect();
  closeSync(file);
  rmSync(folder, { recursive: true, force: true });
  return median(samples);
};

/** How much slower than the reference this machine is right now. */
export const calibrate = async (): Promise<number> => (await measure()) / REFERENCE;

if (process.argv[2] === "echo") {
  const server = createServer((incoming, response) => incoming.resume().once("end", () => response.end("{}")));
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port)); // a TCP listener has one
  process.once("disconnect", () => process.exit(0));
} else if (import.meta.main) console.log((await measure()).toFixed(3));
