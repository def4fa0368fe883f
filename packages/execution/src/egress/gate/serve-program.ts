import { isIP } from "node:net";
import type { Socket } from "node:net";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import { checkAddress } from "../check-address.ts";
import { checkTarget } from "../check-target.ts";
import { parseTarget } from "../parse-target.ts";
import type { Target } from "../parse-target.ts";
import { resolveHost } from "../resolve-host.ts";
import type { GateParts, ToolAuthority } from "./gate.ts";
import { collect, hearWish, sayNo } from "./hear-wish.ts";
import type { Wanted } from "./hear-wish.ts";
import { dialFirst, join } from "./join-sockets.ts";
import { REPLIES } from "./read-request.ts";
import { serverNameOf } from "./server-name.ts";

/** The host and its addresses, checked as for every other request: the gate dials one of exactly these. */
interface Place {
  readonly target: Target;
  readonly addresses: readonly string[];
}

const placeOf = async (authority: ToolAuthority, place: string, parts: GateParts): Promise<Result<Place>> => {
  const target = parseTarget(`https://${place}/`);
  if (!target.ok) return target;
  const allowed = checkTarget(authority, target.value);
  if (!allowed.ok) return allowed;
  const { host, port } = target.value;
  const addresses = await resolveHost(host, parts.lookup, checkAddress(authority, host, port, parts.check));
  return addresses.ok ? ok({ target: target.value, addresses: addresses.value }) : addresses;
};

/** The TLS hello of a program, where it asks for the same host; HOST_NOT_ALLOWED for every other and for none. */
const helloFor = async (
  socket: Socket,
  { host, authority }: Target,
  rest: Buffer,
  readName: typeof serverNameOf,
): Promise<Result<Buffer>> => {
  const hello = await collect(socket, rest, (bytes) => {
    const read = readName(bytes);
    return read.kind === "more" ? null : read;
  });
  const isSame = hello?.value.kind === "hello" && hello.value.name === (isIP(host) === 0 ? host : null);
  return hello !== null && isSame ? ok(hello.bytes) : err(moltbotError("HOST_NOT_ALLOWED", { host: authority }));
};

/** Opens the way to a place, and dials nobody before all of it is as it must be. `hello` is counted, and not sent yet. */
const openWay = async (
  socket: Socket,
  { target, addresses }: Place,
  { speaks, rest }: Wanted,
  parts: GateParts,
): Promise<Result<{ readonly remote: Socket; readonly hello: Buffer }>> => {
  socket.write(REPLIES[speaks].open);
  const hello = await helloFor(socket, target, rest, parts.readName ?? serverNameOf);
  if (!hello.ok) return hello;
  const may = parts.mayPass === undefined ? done : await parts.mayPass(target.authority);
  if (!may.ok) return may;
  const first = parts.mayCarry?.(hello.value.length) ?? done;
  if (!first.ok) return first;
  const remote = await dialFirst(socket, addresses, target.port, parts.dial);
  return remote === null
    ? err(moltbotError("FETCH_FAILED", { host: target.authority, problem: "it cannot be reached" }))
    : ok({ remote, hello: hello.value });
};

/** Serves one connection: where to, may it, does its TLS hello ask for the same; only then is anybody dialled. */
export const serveProgram = async (socket: Socket, authority: ToolAuthority, parts: GateParts): Promise<void> => {
  const wanted = await hearWish(socket);
  if (wanted === null) return;
  const place = await placeOf(authority, wanted.place, parts);
  if (!place.ok) {
    sayNo(socket, REPLIES[wanted.speaks].refused);
    return parts.passed({ host: wanted.place, port: 0, bytesOut: 0, bytesIn: 0, error: place.error });
  }
  // It ended while its host was looked up, and says nothing more: not even that it went.
  if (socket.destroyed) return;
  const { host, port } = place.value.target;
  const ended = (error: MoltbotError | null, bytesOut = 0, bytesIn = 0): void =>
    parts.passed({ host, port, bytesOut, bytesIn, error });
  const way = await openWay(socket, place.value, wanted, parts);
  if (way.ok) return join(socket, way.value, parts.mayCarry ?? (() => done), ended);
  socket.destroy();
  ended(way.error);
};
