import type { ClockPort, Result, Store } from "@moltbot/contracts";
import type { AuditDetailsStore } from "../audit/index.ts";
import type { Snapshot } from "../backup/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { attachmentAddresses } from "./attachments.ts";
import { auditDetailsStore } from "./audit-details.ts";
import type { Connection } from "./connection.ts";
import type { Gates } from "./gate.ts";
import { prepareRepositories } from "./repositories.ts";

export interface Database extends Store {
  readonly auditDetails: AuditDetailsStore;
  /** Where attachments lie that a row knows, whoever's they are. */
  attachmentAddresses(): Promise<Result<readonly string[]>>;
  /** Reads everything there is to read; the faults it found, none when intact. */
  check(): Promise<Result<readonly string[]>>;
  /** This moment of the database for a backup, which holds up nobody; the caller closes it. */
  snapshot(): Promise<Result<Snapshot>>;
  /** Waits for the running transaction and lets the database go. */
  close(): Promise<void>;
}

/** What each engine does in its own way. */
export interface EngineParts {
  readonly check: Database["check"];
  readonly snapshot: Database["snapshot"];
  readonly close: Database["close"];
  /** Resolves when no snapshot holds on to what was removed; others write meanwhile. */
  readonly snapshotsClosed: () => Promise<void>;
  /** Makes sure that removed rows are gone from the engine's own files; nobody else is on the connection meanwhile. */
  readonly scrub: () => Result<void> | Promise<Result<void>>;
}

/** The database as everybody knows it, whichever engine it has. */
export const assemble = (
  connection: Connection,
  gates: Gates,
  options: { readonly sealer: ContentSealer; readonly clock: ClockPort },
  parts: EngineParts,
): Database => {
  const repositories = prepareRepositories(connection, options.sealer, options.clock);
  const outer = repositories(gates.outer);
  return {
    engine: connection.dialect.engine,
    searchAbilities: connection.dialect.search,
    ...outer,
    privacy: {
      ...outer.privacy,
      scrub: async () => {
        await parts.snapshotsClosed();
        return gates.alone(parts.scrub);
      },
    },
    atomically: (work, durable = "now") => gates.transaction((inner) => work(repositories(inner)), durable),
    auditDetails: auditDetailsStore(connection, gates.outer),
    attachmentAddresses: attachmentAddresses(connection, gates.outer),
    check: parts.check,
    snapshot: parts.snapshot,
    close: parts.close,
  };
};
