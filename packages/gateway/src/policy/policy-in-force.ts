import { ok } from "@moltbot/contracts";
import type { LogPort, Policy, PolicyOverlay, PolicyReader, Result } from "@moltbot/contracts";
import type { PolicyFile } from "../settings/index.ts";
import { POLICY_FAILED } from "./reader.ts";

/** The policy that the guard asks, and the text it was made from. */
export interface PolicyInForce {
  overlay(): PolicyOverlay;
  /** The text as it lies there, and what is wrong with it; the version is of what is in force. */
  show(): Promise<Result<Policy>>;
  /** Puts a text into force, as a whole or not at all; `record` comes between the check and the change. */
  set(text: string, record: (version: string) => Promise<Result<void>>): Promise<Result<Policy>>;
  /** What keeps the text that lies there from being in force; null when nothing does. */
  fault(): string | null;
  /** Reads the file again; a fault keeps what is in force. */
  reload(): Promise<void>;
  /** Reloads whenever the file changes by hand; returns the function that ends it. */
  watch(): () => void;
}

export interface PolicyPorts {
  readonly reader: PolicyReader;
  readonly file: PolicyFile;
  readonly log: LogPort;
}

/** There is a policy, and it cannot be asked. */
const FAILED: PolicyOverlay = Object.freeze({ version: "failed", forbids: () => [POLICY_FAILED] });

/**
 * Opens the policy of a home. A text that cannot be read or is not valid is never as if there were none: until it is put
 * right, everything is forbidden.
 */
export const openPolicy = async ({ reader, file, log }: PolicyPorts): Promise<PolicyInForce> => {
  let fault: string | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const fromFile = async (): Promise<Result<PolicyOverlay>> => {
    const text = file.read();
    return text.ok ? reader.read(text.value) : text;
  };
  const first = await fromFile();
  let overlay = first.ok ? first.value : FAILED;
  if (!first.ok) {
    fault = first.error.message;
    log.error("the policy is not valid: everything is forbidden until it is", { code: first.error.code });
  }

  /** One after the other: two that change the policy at once would leave file and force at odds. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };

  const reload = async (): Promise<void> => {
    const read = await fromFile();
    fault = read.ok ? null : read.error.message;
    if (!read.ok) return log.error("the policy was not applied: the one in force stays", { code: read.error.code });
    if (read.value.version === overlay.version) return;
    overlay = read.value;
    log.info("the policy was applied", { version: overlay.version });
  };

  const put: PolicyInForce["set"] = async (text, record) => {
    const read = await reader.read(text);
    if (!read.ok) return read;
    const recorded = await record(read.value.version);
    if (!recorded.ok) return recorded;
    const written = await file.write(text);
    if (!written.ok) return written;
    overlay = read.value;
    fault = null;
    return ok({ text, version: overlay.version, problems: await reader.check(text) });
  };

  const inForce: PolicyInForce = {
    overlay: () => overlay,
    show: async () => {
      const text = file.read();
      return text.ok
        ? ok({ text: text.value, version: overlay.version, problems: await reader.check(text.value) })
        : text;
    },
    set: (text, record) => inTurn(() => put(text, record)),
    fault: () => fault,
    reload: () => inTurn(reload),
    watch: () =>
      file.watch((unwatched) => {
        if (unwatched !== null) log.error("the policy's file is not watched", { code: unwatched.code });
        void inForce.reload();
      }),
  };
  return inForce;
};
