import type {
  AccessScope,
  Attachment,
  AttachmentId,
  ConversationId,
  Download,
  ErasureCertificate,
  Principal,
  PrivacySubject,
  Result,
  TurnId,
} from "@moltbot/contracts";
import type { AuditDetailsStore } from "@moltbot/storage/audit";
import type { AttachmentFiles } from "@moltbot/storage/database";
import type { Vault } from "@moltbot/storage/vault";
import type { Workspaces } from "../derived.ts";
import type { House } from "../house.ts";
import type { ProgramCopies } from "../program-copies.ts";
import type { Settings } from "../settings/index.ts";

/** What erasing, exporting and retiring reach. */
export interface PrivacyPorts {
  readonly house: Pick<House, "store" | "audit" | "clock" | "ids" | "events" | "log" | "models">;
  readonly vault: Pick<Vault, "erase" | "erased" | "generation" | "signer" | "content" | "secrets">;
  readonly files: AttachmentFiles;
  /** Where attachments lie that a row knows. */
  readonly addresses: () => Promise<Result<readonly string[]>>;
  /** The log's side table, for the archive of one's own records. */
  readonly auditDetails: Pick<AuditDetailsStore, "range">;
  readonly workspaces: Workspaces;
  /** On which programs ran. */
  readonly copies: Pick<ProgramCopies, "forget">;
  /** Reaches every row. */
  readonly system: AccessScope;
  /** Read at every use. */
  readonly settings: () => Pick<Settings, "limits" | "retention" | "owner">;
  /** The owner was erased, and another account took the place: whoever still knows the old one begins anew. */
  readonly ownerErased: () => void;
  /** Ends a turn wherever it is. */
  readonly stopTurn: (scope: AccessScope, id: TurnId) => Promise<Result<void>>;
}

/** Erasing, exporting and forgetting, as the operations see it. */
export interface PrivacyDesk {
  erase(by: Principal, subject: PrivacySubject): Promise<Result<ErasureCertificate>>;
  export(by: Principal, subject: PrivacySubject): Promise<Result<Download>>;
  /** One's own, and for the owner those of people; signed ones alone, newest first. */
  certificates(by: Principal): Promise<Result<readonly ErasureCertificate[]>>;
  /** Destroys the keys of what is about to be removed; done when it returns. */
  forget(subjects: readonly string[]): Promise<Result<void>>;
}

/** Files of conversations, as the operations see them. */
export interface AttachmentDesk {
  create(
    by: Principal,
    wish: {
      readonly conversationId: ConversationId;
      readonly name: string;
      readonly mediaType: string;
      readonly content: Uint8Array;
    },
  ): Promise<Result<Attachment>>;
  list(by: Principal, id: ConversationId): Promise<Result<readonly Attachment[]>>;
  get(by: Principal, id: AttachmentId): Promise<Result<Download>>;
  remove(by: Principal, id: AttachmentId): Promise<Result<void>>;
}
