import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";

/** What became of the tries: how many a second were sent, and how many were answered. */
export interface Tried {
  readonly sent: number;
  readonly answered: number;
}

/** As many as one stranger in the same network may well have. */
const ADDRESSES = 10;
const SOCKETS = 200;
/** Requests that one connection may have on its way. */
const MOST_WAITING = 16;
const TICK = 2;
/** After a late tick it catches up bit by bit: what is measured is a steady stream, not this process's own pauses. */
const MOST_AT_ONCE = 20;

interface Line {
  socket: Socket;
  waiting: number;
  open: boolean;
}

/** Somebody who guesses tokens from many of this machine's addresses, as fast as they were told. */
const tryTokens = async (port: number, rate: number, seconds: number): Promise<Tried> => {
  let [sent, answered] = [0, 0];
  const lines: Line[] = [];
  const dial = (at: number): Line => {
    const localAddress = `127.0.0.${String(2 + (at % ADDRESSES))}`;
    const line: Line = { socket: connect({ port, host: "127.0.0.1", localAddress }), waiting: 0, open: true };
    line.socket.setNoDelay(true);
    line.socket.on("data", (chunk: Buffer) => {
      for (let found = chunk.indexOf("HTTP/1.1 "); found >= 0; found = chunk.indexOf("HTTP/1.1 ", found + 9)) {
        answered += 1;
        line.waiting = Math.max(0, line.waiting - 1);
      }
    });
    line.socket.on("error", () => undefined);
    line.socket.once("close", () => (line.open = false));
    return line;
  };
  for (let at = 0; at < SOCKETS; at += 1) lines.push(dial(at));
  const began = performance.now();
  let next = 0;
  const guess = (): void => {
    for (let looked = 0; looked < SOCKETS; looked += 1) {
      next = (next + 1) % SOCKETS;
      let line = lines[next];
      if (line === undefined || !line.open) lines[next] = line = dial(next);
      if (line.waiting >= MOST_WAITING) continue;
      line.waiting += 1;
      sent += 1;
      const token = randomBytes(32).toString("base64url");
      line.socket.write(
        `GET /v2/models HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\nAuthorization: Bearer mb_${token}\r\n\r\n`,
      );
      return;
    }
  };
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = (performance.now() - began) / 1_000;
      if (elapsed >= seconds) {
        clearInterval(timer);
        resolve();
        return;
      }
      const due = Math.min(Math.floor(elapsed * rate) - sent, MOST_AT_ONCE);
      for (let at = 0; at < due; at += 1) guess();
    }, TICK);
  });
  const took = (performance.now() - began) / 1_000;
  for (const { socket } of lines) socket.destroy();
  return { sent: sent / took, answered: answered / took };
};

/** Guesses tokens from a process of its own, so that what is measured meanwhile does not wait for the guessing. */
export const startWrongTries = (port: number, rate: number, seconds: number): Promise<Tried> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ["try", String(port), String(rate), String(seconds)]);
    child.once("error", reject);
    child.once("message", (tried) => resolve(tried as Tried)); // our own
    child.once("exit", (code) => (code === 0 ? undefined : reject(new Error(`guessing ended with ${String(code)}`))));
  });

if (process.argv[2] === "try") {
  const [port = 0, rate = 0, seconds = 0] = process.argv.slice(3).map(Number);
  const tried = await tryTokens(port, rate, seconds);
  process.send?.(tried, () => process.exit(0));
}
