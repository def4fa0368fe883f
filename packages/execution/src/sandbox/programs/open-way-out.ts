import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { unavailable } from "../unavailable.ts";
import { SPARE_ID } from "../wall/bubblewrap-arguments.ts";
import type { OpenGate, ProgramWish } from "./programs.ts";

/** A gate that stands open for one program. */
export interface WayOut {
  readonly socket: string;
  /** Never rejects: nobody is left who could do anything about it. */
  close(): Promise<void>;
}

const CANNOT_BE_OPENED = "the gate to its hosts cannot be opened";

/** Opens a gate to the hosts of a wish, in a folder of its own, for the id under which its program runs. */
export const openWayOut = async (openGate: OpenGate, wish: ProgramWish): Promise<Result<WayOut>> => {
  // Threat: a path of a socket has 107 bytes at most, and a home may lie deep. Nobody else may enter this folder.
  const folder = await mkdtemp(join(tmpdir(), "moltbot-gate-")).catch(() => null);
  if (folder === null)
    return unavailable(`${CANNOT_BE_OPENED}, because the folder of temporary files is full or closed`);
  // What stays is an empty folder.
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true }).catch(() => undefined);
  const socket = join(folder, "gate.sock");
  const opened = await openGate(socket, wish.hosts, wish).catch(() => null);
  if (opened === null || !opened.ok) {
    await removeFolder();
    return opened ?? unavailable(CANNOT_BE_OPENED);
  }
  const close = async (): Promise<void> => {
    await opened.value.close().catch(() => undefined);
    await removeFolder();
  };
  if (process.getuid?.() === 0) {
    try {
      // The gate is its owner's alone, and programs of a root gateway are the spare id.
      await chown(socket, SPARE_ID, SPARE_ID);
    } catch {
      await close();
      return unavailable("the gate to its hosts cannot be given to the program");
    }
  }
  return ok({ socket, close });
};
