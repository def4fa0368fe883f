import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Transport } from "@moltbot/client";
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
 * The way to the gateway that commands speak to: by MOLTBOT_URL with a token when it is set, otherwise over the socket of this
 * user's gateway, where the operating system says who asks.
 */
export const transportTo = (environment: Environment): Transport => {
  const url = environment["MOLTBOT_URL"];
  return url !== undefined && url !== ""
    ? nodeTransport({ url, token: tokenOf(environment) })
    : nodeTransport({ socketPath: socketOf(homeOf(environment)) });
};
