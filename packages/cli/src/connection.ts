import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { createClient } from "@moltbot/client";
import type { Client } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";

type Environment = Readonly<Record<string, string | undefined>>;

const homeOf = (environment: Environment): string =>
  environment["MOLTBOT_HOME"] === undefined || environment["MOLTBOT_HOME"] === ""
    ? join(homedir(), ".moltbot")
    : resolve(environment["MOLTBOT_HOME"]);

/** The socket that the gateway of this home says it listens on; where it usually is when it says nothing. */
const socketOf = (home: string): string => {
  try {
    const text: unknown = JSON.parse(readFileSync(join(home, "run", "gateway.json"), "utf8"));
    if (typeof text === "object" && text !== null && "socket" in text && typeof text.socket === "string")
      return text.socket;
  } catch {
    // No gateway has run here yet; the call that follows says so.
  }
  return join(home, "run", "gateway.sock");
};

const tokenOf = (environment: Environment): string | null => {
  const file = environment["MOLTBOT_TOKEN_FILE"];
  if (file !== undefined && file !== "") return readFileSync(file, "utf8").trim();
  return environment["MOLTBOT_TOKEN"] ?? null;
};

/**
 * The gateway that commands speak to: by MOLTBOT_URL with a token when it is set, otherwise over the socket of this user's
 * gateway, where the operating system says who asks.
 */
export const connect = (environment: Environment): Client => {
  const url = environment["MOLTBOT_URL"];
  if (url !== undefined && url !== "")
    return createClient({ transport: nodeTransport({ url, token: tokenOf(environment) }) });
  return createClient({ transport: nodeTransport({ socketPath: socketOf(homeOf(environment)) }) });
};
