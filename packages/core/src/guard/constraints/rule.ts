import type {
  CapabilityUsage,
  Constraint,
  Instant,
  ManifestFacts,
  ResolvedResource,
  ToolCall,
} from "@moltbot/contracts";

/** What a constraint may look at. `usage` is that of the capability it stands in; absent: it was never used. */
export interface CallFacts {
  readonly call: Pick<ToolCall, "arguments">;
  readonly manifest: Pick<ManifestFacts, "undo" | "effect">;
  readonly resources: readonly ResolvedResource[];
  readonly now: Instant;
  readonly usage?: CapabilityUsage | undefined;
  /** The bytes of the canonical arguments, where somebody has counted them already. */
  readonly size?: () => number | null;
  /** Whether all that an argument points at lies in a folder, where somebody remembers who has looked. */
  readonly within?: (argument: string, root: string) => boolean;
}

export type ConstraintOf<Kind extends Constraint["kind"]> = Extract<Constraint, { kind: Kind }>;

/** Whether one kind of constraint holds. Total over whatever a constraint of that kind may carry. */
export type Rule<Kind extends Constraint["kind"]> = (constraint: ConstraintOf<Kind>, facts: CallFacts) => boolean;
