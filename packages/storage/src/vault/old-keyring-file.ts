import { z } from "zod";
import type { Wrapping } from "./keyring-file.ts";

const Entry = z.strictObject({ subject: z.string().min(1), key: z.string().regex(/^[A-Za-z0-9_-]+$/) });

const lineOf = (subject: string, wrapped: Uint8Array): string =>
  JSON.stringify({ subject, key: Buffer.from(wrapped).toString("base64url") });

export interface OldEntry {
  readonly subject: string;
  readonly key: Uint8Array;
}

/** A line of a keyring of version 1: one subject, its key under the vault's key for keyrings; null when it is not one. */
export const openOldLine = (text: string, key: Uint8Array, wrapping: Wrapping): OldEntry | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const entry = Entry.safeParse(value);
  if (!entry.success) return null;
  const { subject } = entry.data;
  const wrapped = Buffer.from(entry.data.key, "base64url");
  const opened = wrapping.open(key, wrapped, `moltbot:keyring:v1:${subject}`);
  return opened.ok && lineOf(subject, wrapped) === text ? { subject, key: opened.value } : null;
};

/** Whether a keyring was written in version 1, whose first line names its subject. */
export const isOldKeyring = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 12)).toString("latin1").startsWith('{"subject');
