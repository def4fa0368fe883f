import type {
  AuditPort,
  ClockPort,
  CryptoPort,
  IdPort,
  LogPort,
  PolicyOverlay,
  Principal,
  RequestContext,
  Result,
  Store,
  ToolExecutor,
} from "@moltbot/contracts";
import type { PermitBook } from "./permit-book.ts";

/** Through which door an answer or a stop came. */
export type Surface = RequestContext["surface"];

/** What of the settings the guard reads. */
export interface GuardSettings {
  /** How long a question stays open. */
  readonly approvalMinutes: number;
  /** Whether a person may be asked at all; otherwise what would be a question is refused. */
  readonly ask: boolean;
  /** Whether commits that always ask need a fresh proof of who answers. */
  readonly stepUp: boolean;
  readonly callsPerTurn: number;
  readonly callsPerHour: number;
  /** How long a committed plan counts. */
  readonly planMinutes: number;
}

/** Everything the guard is handed; it reaches for nothing else. */
export interface GuardPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly crypto: CryptoPort;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  readonly tools: Pick<ToolExecutor, "catalog" | "resolve" | "describe" | "preview">;
  readonly permits: PermitBook;
  /** Hears of faults that are bugs: ids and places, never content. */
  readonly log: Pick<LogPort, "error">;
  /** The operator's policy in force. */
  readonly policy: () => PolicyOverlay;
  /** Proves anew that this person is there; STEP_UP_REQUIRED otherwise. */
  readonly stepUp: (by: Principal, surface: Surface, proof: string | undefined) => Promise<Result<void>>;
  readonly settings: GuardSettings;
}

/** No policy: it forbids nothing. */
export const NO_POLICY: PolicyOverlay = Object.freeze({ version: "none", forbids: () => [] });
