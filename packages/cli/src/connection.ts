import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Transport } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";

type Environment = Readonly<Record<string, string | undefined>>;

/** The state folder of the gateway of this machine. */
export const homeOf = (environment: Environment): string =>
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

/** MOLTBOT_URL names another machine in plain http, and there is a token that would go there. */
export class ExposedToken extends Error {}

const tokenOf = (environment: Environment): string | null => {
  const file = environment["MOLTBOT_TOKEN_FILE"];
  if (file !== undefined && file !== "") return readFileSync(file, "utf8").trim();
  return environment["MOLTBOT_TOKEN"] ?? null;
};

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a token that goes there can be read on the way: a link or a variable that names another gateway must not be enough to get it. */
export const isExposed = (url: string): boolean => {
  const parsed = URL.parse(url);
  return parsed?.protocol === "http:" && !LOOPBACK.test(parsed.hostname);
};

/**
 * The way to the gateway that commands speak to: by MOLTBOT_URL with a token when it is set, otherwise over the socket of this
 * user's gateway, where the operating system says who asks.
 */
export const transportTo = (environment: Environment): Transport => {
  const url = environment["MOLTBOT_URL"];
  if (url === undefined || url === "") return nodeTransport({ socketPath: socketOf(homeOf(environment)) });
  const token = tokenOf(environment);
  if (token !== null && isExposed(url)) throw new ExposedToken();
  return nodeTransport({ url, token });
};
