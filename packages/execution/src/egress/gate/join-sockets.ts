import type { Socket } from "node:net";
import type { MoltbotError, Result } from "@moltbot/contracts";
import type { Dial } from "../connect-checked.ts";

/** Milliseconds until a host answers, and until a connection without a byte is over. */
const TIME = { answer: 10_000, idle: 120_000 } as const;

const connected = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    socket.setTimeout(TIME.answer, () => socket.destroy());
    socket
      .once("connect", () => resolve(true))
      .once("error", () => resolve(false))
      .once("close", () => resolve(false));
  });

/** Dials one address after the other, for as long as somebody is there who asked; what is dialled ends with them. Null: nobody was reached. */
export const dialFirst = async (
  asking: Socket,
  addresses: readonly string[],
  port: number,
  dial: Dial,
): Promise<Socket | null> => {
  const isThere = (): boolean => !asking.destroyed;
  for (const address of addresses) {
    if (!isThere()) break;
    const remote = dial(address, port);
    const hangUp = (): void => void remote.destroy();
    asking.once("close", hangUp);
    if ((await connected(remote)) && isThere()) return remote.on("error", hangUp);
    asking.off("close", hangUp);
    hangUp();
  }
  return null;
};

/** Passes bytes both ways until one side ends, nothing moves, or no more may leave; `ended` hears of it once. */
export const join = (
  socket: Socket,
  { remote, hello }: { readonly remote: Socket; readonly hello: Buffer },
  mayCarry: (bytes: number) => Result<void>,
  ended: (error: MoltbotError | null, bytesOut: number, bytesIn: number) => void,
): void => {
  let stopped: MoltbotError | null = null;
  for (const one of [socket, remote]) one.setTimeout(TIME.idle, () => one.destroy());
  remote.once("close", () => {
    // What the host sent before it hung up is the program's, however slowly it reads.
    if (remote.readableEnded) socket.destroySoon();
    else socket.destroy();
    ended(stopped, remote.bytesWritten, remote.bytesRead);
  });
  remote.write(hello);
  socket.on("data", (bytes: Buffer) => {
    const more = mayCarry(bytes.length);
    if (more.ok) return;
    stopped ??= more.error;
    remote.destroy();
  });
  socket.pipe(remote);
  remote.pipe(socket);
};
