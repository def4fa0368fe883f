import { moltbotError } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";
import pg from "pg";

/** What this program itself finds wrong with a server; `problem` holds no content. */
export class PostgresFault extends Error {
  readonly problem: string;
  constructor(problem: string) {
    super(problem);
    this.problem = problem;
  }
}

/** By the class of the SQLSTATE or by all of it; the server's own words may quote content and go nowhere. */
const PROBLEMS: readonly (readonly [code: RegExp, problem: string])[] = [
  [/^08/, "the connection was cut"],
  [/^28/, "it refuses this user"],
  [/^3D000$/, "there is no such database"],
  [/^42501$/, "this user may not do that"],
  [/^25006$/, "it is read-only"],
  [/^25P0[23]$/, "the transaction was rolled back"],
  [/^40/, "two writers were in each other's way"],
  [/^53100$/, "its disk is full"],
  [/^53300$/, "it has too many connections"],
  [/^53/, "it ran out of resources"],
  [/^55P03$/, "another writer did not end"],
  [/^57014$/, "it took too long"],
  [/^57P/, "the server is stopping or starting"],
  [/^58/, "its disk fails"],
];

const NOT_OURS = /^(E[A-Z]+|ERR_(TLS|SSL|SOCKET|STREAM)_\w+|[A-Z_]*CERT[A-Z_]*)$/;
/** The driver's errors of a connection, which have no code. */
const CUT =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|timeout exceeded|Query read timeout|Cannot use a pool after|The server does not support SSL|SASL|SCRAM)/;

/** Whether the connection itself is gone or was never there. */
export const isCut = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  !(thrown instanceof PostgresFault) &&
  (thrown instanceof pg.DatabaseError
    ? /^(08|57P)/.test(thrown.code ?? "")
    : ("code" in thrown && NOT_OURS.test(String(thrown.code))) || CUT.test(thrown.message));

/** The named error of what the driver or the server threw; null for anything else, which is a bug and travels on. */
export const postgresError = (thrown: unknown): MoltbotError | null => {
  if (thrown instanceof PostgresFault) return moltbotError("DATABASE_UNAVAILABLE", { problem: thrown.problem });
  if (thrown instanceof pg.DatabaseError) {
    const code = thrown.code ?? "";
    if (/^XX00[12]$/.test(code))
      return moltbotError("DATABASE_DAMAGED", { problem: `a page cannot be read (${code})` });
    if (code === "23503") return moltbotError("NOT_FOUND", { kind: "parent record" });
    if (code.startsWith("23")) return moltbotError("CONFLICT", { kind: "record" });
    const found = PROBLEMS.find(([pattern]) => pattern.test(code));
    return found === undefined
      ? null
      : moltbotError("DATABASE_UNAVAILABLE", { problem: `${found[1]} (SQLSTATE ${code})` });
  }
  if (!isCut(thrown) || !(thrown instanceof Error)) return null;
  const code = "code" in thrown ? ` (${String(thrown.code)})` : "";
  return moltbotError("DATABASE_UNAVAILABLE", { problem: `the connection was cut or could not be made${code}` });
};
