import type { Socket } from "node:net";
import { readRequest } from "./read-request.ts";

/** Collects bytes until a reader has enough of them; null when the other side ends, stalls or goes on for too long. */
export const collect = async <T>(
  socket: Socket,
  begun: Buffer,
  read: (bytes: Buffer) => T | null,
): Promise<{ readonly value: T; readonly bytes: Buffer } | null> => {
  let bytes = begun;
  for (;;) {
    const value = read(bytes);
    if (value !== null) return { value, bytes };
    const piece = await new Promise<Buffer | null>((resolve) => {
      const settle = (given: Buffer | null): void => {
        socket.off("data", settle).off("close", end).off("end", end).pause();
        resolve(given);
      };
      const end = (): void => settle(null);
      socket.once("data", settle).once("close", end).once("end", end).resume();
    });
    if (piece === null) return null;
    bytes = Buffer.concat([bytes, piece]);
  }
};

/** Says a last word and hangs up: one that does not hang up itself would keep its place among the few. */
export const sayNo = (socket: Socket, reply: Buffer): void => void socket.end(reply, () => socket.destroy());

/** Where a program wants to go, in the words in which it is answered, and what it sent behind them. */
export interface Wanted {
  readonly place: string;
  readonly speaks: "http" | "socks";
  readonly rest: Buffer;
}

/** Hears a program out; null where it says nothing that the gate understands, and has been told so. */
export const hearWish = async (socket: Socket): Promise<Wanted | null> => {
  let [greeted, begun] = [false, Buffer.alloc(0) as Buffer];
  for (;;) {
    const read = await collect(socket, begun, (bytes) => {
      const asked = readRequest(bytes, greeted);
      return asked.kind === "more" ? null : asked;
    });
    if (read === null) {
      socket.destroy();
      return null;
    }
    const { value, bytes } = read;
    if (value.kind === "refused") {
      sayNo(socket, value.reply);
      return null;
    }
    if (value.kind === "asked") return { place: value.place, speaks: value.speaks, rest: bytes.subarray(value.used) };
    socket.write(value.reply);
    [greeted, begun] = [true, bytes.subarray(value.used)];
  }
};
