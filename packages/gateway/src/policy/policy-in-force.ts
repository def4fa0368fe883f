import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AuditPort,
  LogPort,
  Policy,
  PolicyOverlay,
  PolicyProblem,
  PolicyReader,
  Result,
} from "@moltbot/contracts";
import { NO_POLICY } from "@moltbot/core/guard";
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
  /** Reads the file again and records what comes into force; a fault, also of the record, keeps what is in force. */
  reload(): Promise<void>;
  /** Reloads whenever the file changes by hand; returns the function that ends it. */
  watch(): () => void;
}

export interface PolicyPorts {
  readonly reader: PolicyReader;
  readonly file: PolicyFile;
  readonly log: LogPort;
  readonly audit: Pick<AuditPort, "record">;
}

/** There is a policy, and it cannot be asked. */
const FAILED: PolicyOverlay = Object.freeze({ version: "failed", forbids: () => [POLICY_FAILED] });

const EMPTY = "the file is empty, as an editor or a full disk may leave it; `./moltbot policy remove` removes a policy";
const GONE = "the file is gone; `./moltbot policy remove` removes a policy";

/**
 * Opens the policy of a home. A text that cannot be read, is empty or is not valid is never as if there were none: until it is
 * put right, everything is forbidden. A policy ends by `set` with an empty text alone; a file that is emptied or taken away
 * meanwhile keeps what is in force.
 */
export const openPolicy = async ({ reader, file, log, audit }: PolicyPorts): Promise<PolicyInForce> => {
  let fault: string | null = null;
  let last: Promise<unknown> = Promise.resolve();

  /** Why what lies there is no text to read at all; null when it is one, or when there is none and none was. */
  const missing = (text: string | null, before: string): string | null => {
    if (text === null) return before === NO_POLICY.version ? null : GONE;
    return text.trim() === "" ? EMPTY : null;
  };
  const fromFile = async (before: string): Promise<Result<PolicyOverlay>> => {
    const text = file.read();
    if (!text.ok) return text;
    const problem = missing(text.value, before);
    if (problem !== null) return err(moltbotError("POLICY_INVALID", { line: 1, problem }));
    return text.value === null ? ok(NO_POLICY) : reader.read(text.value);
  };
  const problemsOf = async (text: string | null): Promise<readonly PolicyProblem[]> => {
    const problem = missing(text, overlay.version);
    return problem === null ? reader.check(text ?? "") : [{ line: 1, column: 1, problem }];
  };
  const first = await fromFile(NO_POLICY.version);
  let overlay = first.ok ? first.value : FAILED;
  if (!first.ok) {
    fault = first.error.message;
    log.error("the policy is not valid: everything is forbidden until it is", { code: first.error.code });
  }

  /** What came into force by the file alone, without an operation that names who set it. */
  const recordApplied = (version: string) =>
    audit.record({ event: "policy:applied", actor: "system", fields: { version } });
  // It may have been changed while nobody watched. There is none before it that could stay, and while nothing can be recorded no call runs.
  const begun = await recordApplied(overlay.version);
  if (!begun.ok) log.error("the policy in force cannot be recorded", { code: begun.error.code });

  /** One after the other: two that change the policy at once would leave file and force at odds. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };

  const reload = async (): Promise<void> => {
    const read = await fromFile(overlay.version);
    fault = read.ok ? null : read.error.message;
    if (!read.ok) return log.error("the policy was not applied: the one in force stays", { code: read.error.code });
    if (read.value.version === overlay.version) return;
    const recorded = await recordApplied(read.value.version);
    if (!recorded.ok) {
      fault = recorded.error.message;
      return log.error("the policy was not applied: the one in force stays", { code: recorded.error.code });
    }
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
        ? ok({ text: text.value ?? "", version: overlay.version, problems: await problemsOf(text.value) })
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
