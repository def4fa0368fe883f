import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach } from "vitest";
import { classifyAddress } from "../classify-address.ts";
import { dialAddress } from "../connect-checked.ts";
import type { EgressAuthority } from "../egress.ts";
import type { GateParts, Passed } from "../gate/gate.ts";
import { openGate } from "../gate/open-gate.ts";

export const PUBLIC = "93.184.216.34";
export const tool = (hosts: readonly string[], more: object = {}): Extract<EgressAuthority, { kind: "tool" }> => ({
  kind: "tool",
  hosts,
  granted: [],
  ...more,
});
export const pause = (milliseconds: number) => new Promise((resolve) => void setTimeout(resolve, milliseconds));
/** What is closed after each test, newest first. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A server that keeps what it hears, and answers `heard`. */
export const startServer = async () => {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on("error", () => undefined)
      .on("data", (bytes) => {
        heard.push(bytes.toString("latin1"));
        socket.write("heard");
      });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { heard, sockets, port: (server.address() as AddressInfo).port }; // a TCP server has no other address
};

/** A gate whose every host is a server of ours. */
export const setUp = async (authority: ReturnType<typeof tool>, wish: Partial<GateParts> = {}) => {
  const world = await startServer();
  const dialled: string[] = [];
  const passed: Passed[] = [];
  const folder = mkdtempSync(join(tmpdir(), "moltbot-gate-"));
  const path = join(folder, "gate.sock");
  const gate = await openGate(path, authority, {
    lookup: async () => [PUBLIC],
    check: classifyAddress,
    dial: (address, port) => {
      dialled.push(`${address} ${String(port)}`);
      return dialAddress("127.0.0.1", world.port);
    },
    passed: (one) => passed.push(one),
    ...wish,
  });
  closing.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => (gate.ok ? gate.value.close() : undefined),
  );
  /** Sends each part after the answer to the one before; returns all that came back. */
  const speak = async (...parts: readonly (string | Buffer)[]): Promise<string> => {
    const socket = connect(path);
    closing.push(() => socket.destroy());
    let all = "";
    for (const part of parts) {
      socket.write(part);
      const answer = await new Promise<string | null>((resolve) => {
        socket
          .once("data", (bytes) => resolve(bytes.toString("latin1")))
          .once("close", () => resolve(null))
          .on("error", () => undefined);
      });
      if (answer === null) return `${all}|closed`;
      all += answer;
    }
    return all;
  };
  return { gate, world, dialled, passed, speak, path };
};

/** The first bytes of a real client that asks for this server. */
export const helloFor = async (servername: string | null): Promise<Buffer> => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const first = new Promise<Buffer>((resolve) =>
    server.once("connection", (socket) => socket.on("error", () => undefined).once("data", resolve)),
  );
  const { port } = server.address() as AddressInfo; // a TCP server has no other address
  const client = connectTls({ port, host: "127.0.0.1", ...(servername === null ? {} : { servername }) });
  client.on("error", () => undefined);
  const bytes = await first;
  client.destroy();
  server.close();
  return bytes;
};

export const CONNECT = (place: string): string => `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n`;
export const GREETING = Buffer.from([5, 1, 0]);
export const socksTo = (name: string, port: number): Buffer =>
  Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), Buffer.from(name), Buffer.from([port >> 8, port & 255])]);
