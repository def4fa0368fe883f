import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { usage } from "../usage.ts";

/** A byte more than the longest secret the gateway takes, in the widest letters. */
const MOST = 65_536;

/** Everything up to the limit from a descriptor that blocks. */
const readAll = (descriptor: number): string => {
  const bytes = Buffer.alloc(MOST + 1);
  let size = 0;
  while (size <= MOST) {
    const read = readSync(descriptor, bytes, size, bytes.length - size, null);
    if (read === 0) break;
    size += read;
  }
  if (size > MOST) throw usage(`That is more than ${String(MOST)} bytes, and no secret.`);
  return bytes.subarray(0, size).toString("utf8");
};

const fromDescriptor = (descriptor: number, named: string): string => {
  try {
    return readAll(descriptor);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause) throw usage(`The secret cannot be read from ${named}.`);
    throw cause;
  }
};

const fromFile = (path: string): string => {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    throw usage(`The secret cannot be read from ${path}.`);
  }
  try {
    if (fstatSync(descriptor).isDirectory()) throw usage(`${path} is a folder.`);
    return fromDescriptor(descriptor, path);
  } finally {
    closeSync(descriptor);
  }
};

/** Asks at the terminal, without showing what is typed. */
export type HiddenPrompt = (message: string) => Promise<string | null>;
const askHidden: HiddenPrompt = async (message) => {
  const { isCancel, password } = await import("@clack/prompts");
  const typed = await password({ message });
  return isCancel(typed) ? null : typed;
};

export interface ValueSource {
  readonly file?: string | undefined;
  /** The number of an open descriptor, as text. */
  readonly fd?: string | undefined;
}

/**
 * A secret's value from a file, a descriptor, a pipe, or a person who types it unseen; never from an argument, which other programs
 * and the shell's history would see. One newline at its end is no part of it.
 */
export const readValue = async (
  { file, fd }: ValueSource,
  message: string,
  terminal: boolean = process.stdin.isTTY,
  ask: HiddenPrompt = askHidden,
): Promise<string> => {
  if (file !== undefined && fd !== undefined) throw usage("Give --file or --fd, not both.");
  if (fd !== undefined && !/^\d{1,4}$/.test(fd)) throw usage("--fd takes the number of an open descriptor, such as 3.");
  if (file === undefined && fd === undefined && terminal) {
    const typed = await ask(message);
    if (typed === null || typed === "") throw usage("No secret was given; nothing was stored.");
    return typed;
  }
  const text =
    file === undefined
      ? fromDescriptor(Number(fd ?? 0), fd === undefined ? "standard input" : `descriptor ${fd}`)
      : fromFile(file);
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw usage("The secret is empty; nothing was stored.");
  return value;
};
