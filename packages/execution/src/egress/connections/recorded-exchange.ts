import { done } from "@moltbot/contracts";
import type { PersonalSecretLender, Result, SecretLender } from "@moltbot/contracts";
import type { Agents } from "../agents.ts";
import type { Allowance } from "../allowance/allowance.ts";
import type { EgressAuthority } from "../egress.ts";
import { exchange } from "../exchange.ts";
import type { Incoming, Outgoing } from "../exchange.ts";
import type { Connection, OnBehalf } from "./connection.ts";
import type { ConnectionBook } from "./connection-book.ts";
import { bytesOf } from "./meter.ts";
import type { Metered } from "./meter.ts";

/** Of what no person asked for: the house's own limits. */
export const THE_HOUSE = "house";

/** Sends one request to one host, if it may leave now, and puts it on record. */
export type Exchange = (
  authority: EgressAuthority,
  outgoing: Outgoing,
  signal: AbortSignal,
) => Promise<Result<Incoming>>;

export interface ExchangeParts {
  readonly agents: Agents;
  readonly secrets: SecretLender & PersonalSecretLender;
  readonly book: ConnectionBook;
  readonly allowance: Allowance;
  /** For whom a model is being asked. */
  readonly behalf: () => OnBehalf | null;
}

const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const connectionOf = (
  authority: EgressAuthority,
  behalf: OnBehalf | null,
  { target, method, secret }: Outgoing,
  metered: Metered,
): Connection => ({
  way: authority.kind,
  tool: authority.kind === "tool" ? (authority.tool ?? null) : null,
  behalf,
  host: target.host,
  port: target.port,
  methodClass: READING.has(method) ? "read" : "write",
  secret: secret?.name ?? null,
  ...metered,
});

/** Whether what a tool sends may leave now. Models have their own budgets, and each of their answers its own record. */
const mayLeave = async (
  { book, allowance }: ExchangeParts,
  authority: EgressAuthority,
  outgoing: Outgoing,
): Promise<Result<void>> => {
  if (authority.kind === "provider") return done;
  const recorded = await book.ready();
  if (!recorded.ok) return recorded;
  const person = authority.behalf?.person ?? THE_HOUSE;
  const inTime = allowance.connect(person, outgoing.target.authority);
  return inTime.ok ? allowance.carry(person, bytesOf(outgoing)) : inTime;
};

/** Binds `exchange` to the records and limits of a way out. */
export const recordedExchange =
  (parts: ExchangeParts): Exchange =>
  async (authority, outgoing, signal) => {
    const allowed = await mayLeave(parts, authority, outgoing);
    if (!allowed.ok) return allowed;
    const behalf = authority.kind === "tool" ? (authority.behalf ?? null) : parts.behalf();
    return exchange(
      parts.agents.of(authority),
      parts.secrets,
      outgoing,
      (metered) => parts.book.ended(connectionOf(authority, behalf, outgoing, metered)),
      signal,
    );
  };
