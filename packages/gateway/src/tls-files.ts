import { readFileSync, statSync, unwatchFile, watchFile } from "node:fs";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { LogPort, Result } from "@moltbot/contracts";
import { checkTls } from "@moltbot/ingress/http";
import type { TlsPair } from "@moltbot/ingress/http";

/** The settings `gateway.tls`: two PEM files; empty for none. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

const LARGEST = 1_048_576;
/** Group and others: a key that they can read is theirs, too. */
const ANYBODY_ELSE = 0o077;
const CHECKED_EVERY = 5_000;

const unusable = (problem: string): Result<never> => err(moltbotError("TLS_UNUSABLE", { problem }));

const readOne = (file: string, what: string, isSecret: boolean): Result<string> => {
  try {
    const { size, mode } = statSync(file);
    if (isSecret && (mode & ANYBODY_ELSE) !== 0)
      return unusable(`the ${what} can be read by others (mode ${(mode & 0o777).toString(8)}); chmod 600 it`);
    return size > LARGEST ? unusable(`the ${what} is larger than a mebibyte`) : ok(readFileSync(file, "utf8"));
  } catch (cause) {
    const problem = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    return unusable(`the ${what} cannot be read (${problem})`);
  }
};

/** Reads both files and checks that they can serve; null where none is named, TLS_UNUSABLE with what is wrong. */
export const readTls = ({ certificate, key }: TlsFiles): Result<TlsPair | null> => {
  if (certificate === "" && key === "") return ok(null);
  if (certificate === "" || key === "") return unusable(`gateway.tls.${key === "" ? "key" : "certificate"} is empty`);
  const text = readOne(certificate, "certificate", false);
  if (!text.ok) return text;
  const secret = readOne(key, "key", true);
  if (!secret.ok) return secret;
  const pair = { certificate: text.value, key: secret.value };
  const checked = checkTls(pair);
  return checked.ok ? ok(pair) : checked;
};

/**
 * Hands on what is in the files whenever they changed, so that a renewed certificate serves without a restart; one that cannot
 * serve is reported and the old one stays. Returns the function that ends it.
 */
export const watchTls = (
  files: TlsFiles,
  log: LogPort,
  renew: (pair: TlsPair) => Result<void>,
  every: number = CHECKED_EVERY,
): (() => void) => {
  if (files.certificate === "") return () => undefined;
  const look = (): void => {
    const read = readTls(files);
    const renewed = read.ok && read.value !== null ? renew(read.value) : read;
    if (renewed.ok) log.info("the certificate was renewed");
    else log.warn("the certificate changed and cannot be used; the old one stays", { problem: renewed.error.message });
  };
  const both = [files.certificate, files.key];
  for (const file of both) watchFile(file, { interval: every, persistent: false }, look);
  return () => both.forEach((file) => unwatchFile(file, look));
};
