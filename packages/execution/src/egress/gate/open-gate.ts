import { chmod } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Gate, GateParts, ToolAuthority } from "./gate.ts";
import { serveProgram } from "./serve-program.ts";

const MOST_CONNECTIONS = 64;
/** Of what was refused, so many different ones are told of, each once: nobody was dialled, and a program could ask for ever. */
const MOST_REFUSALS = 100;
/** Milliseconds without a byte until a program has said where it wants to go. */
const HELLO_MS = 10_000;

/** What was dialled is told each time; what was refused before anybody was dialled, once. */
const tellingOnce = (parts: GateParts): GateParts => {
  const known = new Set<string>();
  return {
    ...parts,
    passed: (one) => {
      const refusal = one.error === null || one.error.code === "FETCH_FAILED" ? null : `${one.host} ${one.error.code}`;
      if (refusal !== null && one.bytesOut === 0) {
        if (known.has(refusal) || known.size >= MOST_REFUSALS) return;
        known.add(refusal);
      }
      parts.passed(one);
    },
  };
};

/**
 * Opens a gate on a Unix socket for the programs of one call: HTTP CONNECT and SOCKS5, to the hosts and ports that the call
 * names, by TLS for the name that was asked for. A grant with a limit on methods or paths opens none (REQUEST_NOT_ALLOWED):
 * nobody could see whether they are kept. Secrets never pass here.
 */
export const openGate = async (path: string, authority: ToolAuthority, parts: GateParts): Promise<Result<Gate>> => {
  const { limits } = authority;
  if (limits !== undefined && (limits.methods.length > 0 || limits.prefixes.length > 0))
    return err(moltbotError("REQUEST_NOT_ALLOWED", { host: authority.hosts.join(" "), method: "CONNECT" }));
  const clients = new Set<Socket>();
  const told = tellingOnce(parts);
  const server = createServer({ allowHalfOpen: false, pauseOnConnect: true }, (socket) => {
    clients.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => clients.delete(socket));
    socket.setTimeout(HELLO_MS, () => socket.destroy());
    void serveProgram(socket, authority, told).catch(() => socket.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  const listening = await new Promise<boolean>((resolve) => {
    // Also later: a connection that cannot be taken is no reason to end the gateway.
    server.on("error", () => resolve(false));
    server.listen(path, () => resolve(true));
  });
  const isOwn =
    listening &&
    (await chmod(path, 0o600).then(
      () => true,
      () => false,
    ));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      // Whoever was dialled for one of them ends with it.
      for (const socket of clients) socket.destroy();
      server.close(() => resolve());
    });
  if (isOwn) return ok({ close });
  if (listening) await close();
  return err(moltbotError("FETCH_FAILED", { host: "gate", problem: "its socket cannot be opened" }));
};
