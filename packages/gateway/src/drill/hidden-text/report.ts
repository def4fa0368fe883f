import type { Approval, AuditRecord, Message } from "@moltbot/contracts";

/** How people's surfaces show things; each gives exactly what it would print. */
export interface Renderers {
  card(approval: Approval): string;
  message(message: Message): string;
  record(record: AuditRecord): string;
}

/** One place in which something stayed hidden. It names code points, never the text. */
export interface StillHidden {
  readonly id: string;
  readonly technique: string;
  readonly surface: string;
  /** `raw`: the character itself is there; `missing`: neither it nor its number is, so that it was dropped silently. */
  readonly how: "raw" | "missing";
  readonly codes: readonly string[];
}

export interface HiddenTextReport {
  readonly kind: "hidden-text";
  readonly cases: number;
  readonly succeeded: number;
  readonly failures: readonly StillHidden[];
  /** Cases in whose results and quotes invisible characters raised no signal, by surface. */
  readonly withoutSignal: readonly { readonly id: string; readonly surface: string }[];
  /** Cases whose label differs from that of the same text with nothing hidden in it: none may. */
  readonly labelsThatDiffer: readonly string[];
  readonly surfaces: readonly string[];
}

/** What one case left for people to see. */
export interface Replayed {
  readonly approvals: readonly Approval[];
  readonly messages: readonly Message[];
}
