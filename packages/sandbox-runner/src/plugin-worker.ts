/**
 * The program around one plugin: it runs a stranger's code in an engine of its own, behind the wall, and passes words between it and the
 * gateway. It must never lead that code to anything but the bridge, and is not trusted to succeed: the gateway takes every line that
 * leaves here for the plugin's own. execution/plugins starts it; it ends when its standard input does.
 */
import { read, readSync, writeSync } from "node:fs";
import type { BrokenBy } from "./plugin/engine.ts";
import type { FromWorker } from "./plugin/messages.ts";
import { readMessage } from "./plugin/messages.ts";
import { createIsolateEngine } from "./plugin/isolate-engine.ts";
import { listenTo } from "./plugin/listen.ts";
import { servePlugin } from "./plugin/serve-plugin.ts";

const [INPUT, OUTPUT] = [0, 1];
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Threat: an end in good order waits for the engine's thread, which a plugin can keep busy for ever. */
const endNow = (): void => void process.kill(process.pid, "SIGKILL");

/** It waits where the gateway reads slowly, and is nobody's any more where the gateway is gone. */
const say = (message: FromWorker): void => {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  try {
    for (let from = 0; from < bytes.length;) from += writeSync(OUTPUT, bytes, from);
  } catch {
    endNow();
  }
};

const breakDown = (by: BrokenBy): void => {
  say({ type: "broken", by });
  endNow();
};

const server = servePlugin({
  makeEngine: async ({ engine }, limits, leave) => {
    if (engine === "isolate") return createIsolateEngine(limits, leave);
    const { createQuickJsEngine } = await import("./plugin/quickjs-engine.ts");
    return createQuickJsEngine(limits, leave);
  },
  say,
  exit: breakDown,
});

const take = (line: Buffer): void => {
  const message = readMessage(line.toString("utf8"));
  if (message === null) breakDown("unreadable");
  else server.handle(message);
};

// Streams of Node would bring its sockets along: several MiB for each plugin.
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
let rest: Buffer[] = [];
const takeChunk = (count: number): void => {
  if (count === 0) return endNow();
  let from = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1 && at < count; at = chunk.indexOf(NEWLINE, from)) {
    take(Buffer.concat([...rest, chunk.subarray(from, at)]));
    [rest, from] = [[], at + 1];
  }
  if (from < count) rest.push(Buffer.from(chunk.subarray(from, count)));
};
listenTo({
  read: () => readSync(INPUT, chunk, 0, CHUNK_BYTES, null),
  readLater: (then) => read(INPUT, chunk, 0, CHUNK_BYTES, null, then),
  isResting: () => server.isResting(),
  take: takeChunk,
  fail: endNow,
});
