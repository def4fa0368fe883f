import type { Result } from "@moltbot/contracts";
import { problemToError, unreachable } from "./problem.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** What the door says of the vault. */
export interface VaultState {
  readonly locked: boolean;
  /** What can open it; empty while it is open. */
  readonly openers: readonly string[];
  /** The code of the error for which the last unlocking came to nothing. */
  readonly problem: string | null;
}

/** What opens a vault: one of the two, or neither, for the key file or the keychain of the gateway's machine. */
export interface UnlockWish {
  readonly passphrase?: string;
  readonly recoveryCode?: string;
}

/** The door of a gateway, which answers whether its vault is open or locked. It keeps nothing of what it is given. */
export interface VaultDoor {
  state(): Promise<Result<VaultState>>;
  /** Accepted when the vault is open; the house behind it needs another moment, which `state` tells. */
  unlock(wish: UnlockWish): Promise<Result<void>>;
}

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const stateOf = (text: string): VaultState | null => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("locked" in value)) return null;
    return {
      locked: value.locked === true,
      openers: "openers" in value ? textsOf(value.openers) : [],
      problem: "problem" in value && typeof value.problem === "string" ? value.problem : null,
    };
  } catch {
    return null; // not JSON: whoever answered was no gateway
  }
};

/** The door behind a transport. */
export const createVaultDoor = (transport: Transport): VaultDoor => {
  const { address } = transport;
  const send = async (request: Omit<TransportRequest, "accept">): Promise<Result<string>> => {
    const sent = await transport.send({ ...request, accept: "application/json" });
    if (!sent.ok) return sent;
    try {
      const text = await sent.value.text();
      return sent.value.status >= 200 && sent.value.status < 300
        ? { ok: true, value: text }
        : { ok: false, error: problemToError(text, address) };
    } catch {
      return { ok: false, error: unreachable(address) };
    }
  };
  return {
    async state() {
      const answer = await send({ method: "GET", path: "/v2/vault/state", body: null });
      if (!answer.ok) return answer;
      const state = stateOf(answer.value);
      return state === null ? { ok: false, error: unreachable(address) } : { ok: true, value: state };
    },
    async unlock(wish) {
      const answer = await send({ method: "POST", path: "/v2/vault/unlock", body: JSON.stringify(wish) });
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
  };
};
