import type {
  AuditDetailsReader,
  CryptoPort,
  Instant,
  ModelDescription,
  PolicyReader,
  Result,
} from "@moltbot/contracts";
import type { Guard } from "@moltbot/core/guard";
import type { WallState } from "@moltbot/execution/sandbox";
import type { Identity } from "@moltbot/ingress/identity";
import type { SecretKeeper } from "@moltbot/storage/vault";
import type { BackupDesk } from "../backup/backup-desk.ts";
import type { Workspaces } from "../derived.ts";
import type { House } from "../house.ts";
import type { ModelConnections } from "../models/index.ts";
import type { PackageDesk } from "../packages/index.ts";
import type { PolicyInForce } from "../policy/index.ts";
import type { AttachmentDesk, PrivacyDesk } from "../privacy/index.ts";
import type { ProgramCopies } from "../program-copies.ts";
import type { SettingsStore } from "../settings/index.ts";
import type { TurnWorkers } from "../turn-workers.ts";
import type { UndoDesk } from "../undo-desk.ts";
import type { VaultDesk } from "../vault-desk.ts";
import type { DurableWork } from "../work/index.ts";

/** Secrets as the operations see them: everything but their values. */
export type SecretStore = Pick<
  SecretKeeper,
  "list" | "find" | "named" | "set" | "replace" | "remove" | "removeAllOf" | "stopLending" | "resumeLending"
>;

/** What the operations reach beyond the house. */
export interface OperationPorts {
  readonly house: House;
  readonly guard: Guard;
  readonly identity: Identity;
  readonly secrets: SecretStore;
  /** Keys that come by OAuth. */
  readonly connections: ModelConnections;
  /** Under a key of this home; ids of what is imported are made with it, so that twice is once. */
  readonly mac: CryptoPort["mac"];
  readonly vault: VaultDesk;
  readonly settings: SettingsStore;
  /** What records hold sealed, for reports to whoever may know it. */
  readonly auditDetails: AuditDetailsReader;
  readonly workers: TurnWorkers;
  readonly work: Pick<DurableWork, "halt" | "wake">;
  /** What models have run, and what runs of plugins. */
  readonly programs: { endAll(): Promise<void> };
  /** On which programs run. */
  readonly copies: Pick<ProgramCopies, "endHidden">;
  readonly packages: PackageDesk;
  readonly workspaces: Workspaces;
  readonly undo: UndoDesk;
  readonly policy: PolicyInForce;
  /** Reads a policy that is only tried. */
  readonly policies: PolicyReader;
  readonly privacy: PrivacyDesk;
  readonly attachments: AttachmentDesk;
  readonly backups: BackupDesk;
  /** Lets the clock of reminders look again. */
  readonly wakeReminders: () => void;
  readonly facts: {
    readonly version: string;
    readonly home: string;
    readonly sealedBy: string;
    readonly startedAt: Instant;
    readonly model: () => ModelDescription;
    readonly address: () => string;
    /** Where links for people lead. */
    readonly linkAddress: () => string;
    readonly auditSize: () => number;
  };
  /** Faults of the database; empty when it is intact. */
  readonly checkDatabase: () => Promise<Result<readonly string[]>>;
  /** Looks whether programs can be run behind the wall. */
  readonly checkWall: () => Promise<WallState>;
  /** As the last of the periodic checks found it. */
  readonly wallState: () => WallState;
}
