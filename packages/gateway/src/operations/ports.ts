import type {
  IdentityPort,
  Instant,
  ModelDescription,
  OperationOutput,
  PolicyReader,
  Principal,
  Result,
  TokenId,
} from "@moltbot/contracts";
import type { Guard } from "@moltbot/core/guard";
import type { Workspaces } from "../derived.ts";
import type { House } from "../house.ts";
import type { PolicyInForce } from "../policy/index.ts";
import type { SettingsStore } from "../settings/index.ts";
import type { TurnWorkers } from "../turn-workers.ts";

/** Secrets as the operations see them: names and hosts, never values. */
export interface SecretStore {
  stopLending(): void;
  resumeLending(): void;
  list(): readonly { readonly name: string; readonly hosts: readonly string[]; readonly createdAt: Instant }[];
  set(name: string, value: string, hosts: readonly string[]): Promise<Result<void>>;
  remove(name: string): Promise<Result<void>>;
}

/** What the operations reach beyond the house. */
export interface OperationPorts {
  readonly house: House;
  readonly guard: Guard;
  readonly identity: IdentityPort & {
    listTokens(by: Principal): Promise<Result<OperationOutput<"tokens.list">>>;
    revokeToken(by: Principal, id: TokenId): Promise<Result<void>>;
  };
  readonly secrets: SecretStore;
  readonly settings: SettingsStore;
  readonly workers: TurnWorkers;
  readonly workspaces: Workspaces;
  readonly policy: PolicyInForce;
  /** Reads a policy that is only tried. */
  readonly policies: PolicyReader;
  /** Lets the clock of reminders look again. */
  readonly wakeReminders: () => void;
  readonly facts: {
    readonly version: string;
    readonly home: string;
    readonly sealedBy: string;
    readonly startedAt: Instant;
    readonly model: () => ModelDescription;
    readonly address: () => string;
    readonly auditSize: () => number;
  };
  /** Faults of the database; empty when it is intact. */
  readonly checkDatabase: () => Promise<Result<readonly string[]>>;
}
