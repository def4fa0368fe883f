import { mkdtempSync, rmSync } from "node:fs";
import { connect, isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { openGate, parseTarget } from "../../../../packages/execution/src/egress/index.ts";
import type { SsrfWorld } from "./world.ts";

/** The host of an address as somebody wrote it, and as the URL standard reads it, with a port. */
const placesIn = (url: string): readonly string[] => {
  const port = /^https:/i.test(url) ? 443 : 80;
  const written = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "";
  const read = URL.parse(url);
  const places = [written, written.replace(/^.*@/, ""), read?.host ?? ""].filter((place) => place !== "");
  return [...new Set(places.map((place) => (/:\d+$/.test(place) ? place : `${place}:${String(port)}`)))];
};

const socksRequest = (place: string): Buffer => {
  const at = place.lastIndexOf(":");
  const [name, port] = [Buffer.from(place.slice(0, at), "utf8"), Number(place.slice(at + 1))];
  const isFour = isIP(place.slice(0, at)) === 4;
  const host = isFour
    ? Buffer.from([1, ...place.slice(0, at).split(".").map(Number)])
    : Buffer.concat([Buffer.from([3, name.length & 255]), name.subarray(0, 255)]);
  return Buffer.concat([Buffer.from([5, 1, 0]), host, Buffer.from([(port >> 8) & 255, port & 255])]);
};

/** Asks the gate for a place, in one of two ways, and greets whoever it opens for like a real client. */
const ask = async (path: string, parts: readonly (string | Buffer)[], host: string): Promise<void> => {
  const socket = connect(path);
  socket.on("error", () => undefined);
  let answer = Buffer.alloc(0);
  for (const part of parts) {
    socket.write(part);
    answer = await new Promise<Buffer<ArrayBuffer>>((resolve) => {
      const none = (): void => resolve(Buffer.alloc(0));
      socket.once("data", (bytes) => resolve(Buffer.from(bytes))).once("close", none);
    });
  }
  const isOpen = answer.toString("latin1").startsWith("HTTP/1.1 200") || (answer[0] === 5 && answer[1] === 0);
  if (isOpen && !socket.destroyed) {
    const name = host.replace(/^\[|\]$/g, "");
    const client = connectTls({
      socket,
      ...(isIP(name) === 0 && /^[\x21-\x7e]+$/.test(name) ? { servername: name } : {}),
    });
    // Whoever answers speaks no TLS: by then it was dialled, which is what counts.
    await new Promise<void>((resolve) => void client.once("error", () => resolve()).once("close", () => resolve()));
  }
  socket.destroy();
};

/** Lets a program ask the gate of its call for the host of an address, written in every way, although the call names exactly that. */
export const throughGate = async (world: SsrfWorld, url: string): Promise<number> => {
  const target = parseTarget(url);
  const places = placesIn(url);
  const hosts = [...places, ...(target.ok ? [target.value.authority] : [])];
  const folder = mkdtempSync(join(tmpdir(), "moltbot-gate-"));
  const path = join(folder, "gate.sock");
  const gate = await openGate(
    path,
    { kind: "tool", hosts, granted: [] },
    { lookup: world.lookup, check: world.controls.check, dial: world.dial, passed: () => undefined },
  );
  try {
    if (!gate.ok) return 0;
    for (const place of places) {
      const host = place.slice(0, place.lastIndexOf(":"));
      await ask(path, [`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n`], host);
      await ask(path, [Buffer.from([5, 1, 0]), socksRequest(place)], host);
    }
    return places.length * 2;
  } finally {
    if (gate.ok) await gate.value.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
