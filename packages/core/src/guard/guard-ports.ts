import type { AuditPort, ClockPort, CryptoPort, IdPort, Store, ToolExecutor } from "@moltbot/contracts";
import type { PermitBook } from "./permit-book.ts";

/** Everything the guard is handed; it reaches for nothing else. */
export interface GuardPorts {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly crypto: CryptoPort;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  readonly tools: Pick<ToolExecutor, "catalog" | "resolve" | "describe">;
  readonly permits: PermitBook;
  readonly settings: { readonly approvalMinutes: number };
}
