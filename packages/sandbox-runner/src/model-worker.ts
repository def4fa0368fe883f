/**
 * The program on the far side of the wall: reads a model file and answers prompts, in a process of its own without
 * environment, network, children or writable files. It must never trust a line it reads, and never write anywhere but on
 * descriptor 3 (standard output belongs to the native library, which prints prompts; the sandbox throws it away).
 * execution/models starts it through the sandbox; it ends when its standard input does.
 */
import { writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createServer } from "./serve.ts";
import type { WorkerReply } from "./protocol.ts";

const REPLIES = 3;
const LINE_CHARACTERS = 2 * 1024 * 1024;

/** The gateway is gone when nobody reads: then there is nothing left to do. */
const reply = (message: WorkerReply): void => {
  try {
    writeSync(REPLIES, `${JSON.stringify(message)}\n`);
  } catch {
    process.exit(0);
  }
};

// The binding is native code, which is why it runs here and never in the gateway.
const server = createServer(async () => import("@fugood/llama.node"), availableParallelism(), reply);
let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  if (rest.length > LINE_CHARACTERS) process.exit(1); // an endless line is an attack on our memory
  for (const line of lines) void server.handle(line);
});
process.stdin.on("end", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
