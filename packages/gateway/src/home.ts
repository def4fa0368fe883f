import { accessSync, constants, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AgentId, PrincipalId, Result } from "@moltbot/contracts";
import { sha256Hex } from "@moltbot/storage/crypto";

/** The places of one home. Every folder is 0700. */
export interface Home {
  readonly root: string;
  readonly database: string;
  readonly vault: string;
  readonly audit: string;
  readonly logs: string;
  readonly run: string;
  readonly lock: string;
  /** The local socket: in the home, or in the system's temporary folder when the path would be too long for a socket. */
  readonly socket: string;
  /** The key file of this home, outside it, named by the home's real path: a copy of the home elsewhere has none. */
  readonly keyFile: string;
  /** The folder of an agent for its owner; for everybody else who uses it, one of their own beside it. */
  workspaceOf(agent: AgentId, guest?: PrincipalId | null): string;
}

/** Unix socket paths end at 107 bytes on Linux and 103 on macOS. */
const LONGEST_SOCKET_PATH = 100;

/** A short name for a path, for files that lie outside it. Not a secret and no security rests on it. */
const nameOf = (path: string): string => sha256Hex(path).slice(0, 24);

const socketOf = (root: string): string => {
  if (process.platform === "win32") return `\\\\.\\pipe\\moltbot-${nameOf(root)}`;
  const inside = join(root, "run", "gateway.sock");
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  return join(tmpdir(), `moltbot-${String(process.getuid?.() ?? 0)}-${nameOf(root)}`, "gateway.sock");
};

/** The places of a home that exists or will; makes nothing. `keyFile` overrides the key file's place. */
export const placesOf = (path: string, keyFolder: string, keyFile: string | null): Home => {
  const root = existsSync(path) ? realpathSync(path) : realParent(path);
  return {
    root,
    database: join(root, "moltbot.db"),
    vault: join(root, "vault"),
    audit: join(root, "audit"),
    logs: join(root, "logs"),
    run: join(root, "run"),
    lock: join(root, "run", "gateway.pid"),
    socket: socketOf(root),
    keyFile: keyFile ?? join(keyFolder, `${nameOf(root)}.key`),
    workspaceOf: (agent, guest = null) => join(root, "workspaces", guest === null ? agent : `${agent}~${guest}`),
  };
};

/** The real path that a folder will have once it exists. */
const realParent = (path: string): string => {
  const parent = dirname(path);
  return parent !== path && existsSync(parent) ? join(realpathSync(parent), basename(path)) : resolve(path);
};

/**
 * Whether nobody else can put a file into the socket's folder. It may lie in the system's temporary folder, where another
 * user can make it first and answer our commands with a socket of his own.
 */
const isOurs = (folder: string): boolean => {
  if (process.platform === "win32") return true;
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
};

/** Makes the folders; HOME_NOT_WRITABLE says which could not be made. */
export const prepareHome = (home: Home): Result<void> => {
  try {
    for (const folder of [
      home.root,
      home.audit,
      home.logs,
      home.run,
      join(home.root, "workspaces"),
      dirname(home.socket),
    ]) {
      if (process.platform === "win32" && folder.startsWith("\\\\.\\pipe")) continue;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK | constants.X_OK);
    }
    if (!isOurs(dirname(home.socket)))
      return err(moltbotError("HOME_NOT_WRITABLE", { home: dirname(home.socket), problem: "others can reach it" }));
    return ok(undefined);
  } catch (cause) {
    const problem = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    return err(moltbotError("HOME_NOT_WRITABLE", { home: home.root, problem }));
  }
};

/** The folder of this project: where its models and its built files lie. */
export const findProject = (from: string): string => {
  let folder = dirname(fileURLToPath(from));
  for (;;) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && /"name":\s*"moltbot"/.test(readFileSync(manifest, "utf8"))) return folder;
    const parent = dirname(folder);
    if (parent === folder) return dirname(fileURLToPath(from));
    folder = parent;
  }
};
