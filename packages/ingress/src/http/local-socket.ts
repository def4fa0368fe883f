import { chmod, lstat, mkdir, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** Whether somebody listens there. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

const notWritable = (path: string, problem: string): Result<never> =>
  err(moltbotError("HOME_NOT_WRITABLE", { home: dirname(path), problem }));

const kindAt = async (path: string): Promise<"nothing" | "socket" | "other"> => {
  try {
    return (await lstat(path)).isSocket() ? "socket" : "other";
  } catch {
    return "nothing"; // what cannot be looked at will fail to be bound, with a name
  }
};

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "unknown";

const listening = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });

/**
 * Listens on a socket that only this user's processes can open: mode 0600 in a folder of mode 0700. A socket left by a crash is
 * removed only when nobody answers there; anything else in its place stays and is reported.
 */
export const listenLocally = async (server: Server, path: string): Promise<Result<void>> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await chmod(dirname(path), 0o700);
    const there = await kindAt(path);
    if (there === "other") return notWritable(path, "a file stands where the gateway's socket belongs");
    if (there === "socket") {
      if (await answers(path)) return err(moltbotError("HOME_IN_USE", { home: dirname(path), pid: "unknown" }));
      await unlink(path);
    }
    await listening(server, path);
    await chmod(path, 0o600);
    return done;
  } catch (thrown) {
    return notWritable(path, codeOf(thrown));
  }
};
