import { Buffer } from "node:buffer";
import { err, instantOf, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type { AuditPort, ClockPort, Instant, Principal, PrincipalId, Result, SecretInfo } from "@moltbot/contracts";
import type { Egress } from "@moltbot/execution/egress";
import type { SecretStore } from "../operations/index.ts";
import { exchangeCode } from "./exchange-code.ts";
import { createPendingConnections } from "./pending-connections.ts";
import type { PendingConnections } from "./pending-connections.ts";

const ORIGIN = "https://openrouter.ai";
/** Where the key may be sent, whichever address the exchange had. */
const HOST = "openrouter.ai";
const TEN_MINUTES = 600_000;
const RANDOM_BYTES = 32;

export interface ConnectionParts {
  readonly egress: Pick<Egress, "send">;
  readonly secrets: Pick<SecretStore, "named" | "set">;
  readonly audit: Pick<AuditPort, "record">;
  readonly clock: Pick<ClockPort, "now">;
  /** `length` bytes of randomness, base64url. */
  readonly randomText: (length: number) => string;
  readonly sha256: (text: string) => Uint8Array;
  /** Where OpenRouter is; its own address when absent. */
  readonly origin?: string;
  /** Those under way; a test takes out what it holds back. */
  readonly pending?: PendingConnections;
}

/** What a person needs to go on. */
export interface StartedConnection {
  readonly state: string;
  readonly url: string;
  readonly expiresAt: Instant;
}

/** Keys by OAuth with PKCE (RFC 7636, S256). */
export interface ModelConnections {
  /** Begins one for a person; `secret` is what the key will be called. */
  begin(by: PrincipalId, secret: string): StartedConnection;
  /**
   * Ends it: the code becomes a key in the vault. CONNECTION_INVALID for another person's state, one used before, or one older than
   * ten minutes; ROLE_INSUFFICIENT where it would replace a secret that the house has and `by` is not the owner.
   */
  complete(
    by: Pick<Principal, "id" | "role">,
    state: string,
    code: string,
    signal: AbortSignal,
  ): Promise<Result<SecretInfo>>;
}

/** Connects OpenRouter. Without a callback it shows the code on its own page, so that no address of ours is told to anybody. */
export const createOpenRouterConnections = (parts: ConnectionParts): ModelConnections => {
  const { secrets, audit, clock, randomText, sha256 } = parts;
  const origin = parts.origin ?? ORIGIN;
  const pending = parts.pending ?? createPendingConnections(TEN_MINUTES);
  const now = (): number => millisecondsOf(clock.now());

  const store = async (by: PrincipalId, name: string, value: string): Promise<Result<SecretInfo>> => {
    const recorded = await audit.record({
      event: "secret:set",
      actor: by,
      fields: { kind: "api-key", expiresAt: null, rotateEveryDays: null },
      details: { name, hosts: HOST },
    });
    return recorded.ok ? secrets.set({ name, value, hosts: [HOST], kind: "api-key", ownerId: null }) : recorded;
  };

  return {
    begin: (by, secret) => {
      const [state, verifier] = [randomText(RANDOM_BYTES), randomText(RANDOM_BYTES)];
      const begun = now();
      pending.add(state, { by, verifier, secret, begun });
      const url = new URL("/auth", origin);
      url.searchParams.set("code_challenge", Buffer.from(sha256(verifier)).toString("base64url"));
      url.searchParams.set("code_challenge_method", "S256");
      url.searchParams.set("key_label", "Moltbot");
      return { state, url: url.href, expiresAt: instantOf(begun + TEN_MINUTES) };
    },
    complete: async (by, state, code, signal) => {
      const connection = pending.take(state, by.id, now());
      if (connection === null) return err(moltbotError("CONNECTION_INVALID"));
      // Whose account a key belongs to can read all that is sent with it, whoever sends it.
      if (by.role !== "owner" && secrets.named(null, connection.secret) !== null)
        return err(moltbotError("ROLE_INSUFFICIENT", { required: "owner", role: by.role }));
      const key = await exchangeCode(parts.egress, origin, { code, verifier: connection.verifier }, signal);
      return key.ok ? store(by.id, connection.secret, key.value) : key;
    },
  };
};
