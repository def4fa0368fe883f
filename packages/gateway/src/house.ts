import type { TurnLimits } from "@moltbot/core/agent";
import type { Guard } from "@moltbot/core/guard";
import type {
  AuditPort,
  ClockPort,
  EventBus,
  IdPort,
  LogPort,
  ModelDirectory,
  SkillLibraryPort,
  StoredAgent,
  Store,
  ToolExecutor,
} from "@moltbot/contracts";
import type { Canaries } from "./canaries.ts";
import type { Asking } from "./egress/index.ts";
import type { ModelBudget } from "./model-budget.ts";
import type { TakenAway } from "./taken-away.ts";
import type { TurnWatch } from "./turn-watch.ts";

/** Every room, introduced to the others. The spine, the workers and the operations read from it; nobody adds to it later. */
export interface House {
  readonly store: Store;
  readonly audit: AuditPort;
  readonly tools: ToolExecutor;
  readonly models: ModelDirectory;
  readonly events: EventBus;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  readonly log: LogPort;
  readonly watch: TurnWatch;
  readonly canaries: Canaries;
  /** Says for whom models are asked, for the record of what they were sent; absent as the next one. */
  readonly asking?: Pick<Asking, "askedFor">;
  /** Counts what turns take of models; absent in a house that counts nothing, such as a test's. */
  readonly modelBudget?: ModelBudget;
  /** What agents lost while turns of theirs run; absent in a house whose turns are a test's. */
  readonly takenAway?: TakenAway;
  /** What agents were given to read; absent in a house that has no skills, such as a test's. */
  readonly skills?: Pick<SkillLibraryPort, "of">;
  /** The guard as it stands before one agent: it knows the tools of that agent alone. */
  guardOf(agent: StoredAgent): Guard;
  /** In force now; read at every turn, so that a change of settings applies to the next one. */
  limits(): TurnLimits & { readonly seconds: number };
  /** Whether the owner has stopped everything; what lies in memory, so that it is true at once. */
  halted(): boolean;
  /** Tells the workers that a turn may be waiting in the queue. */
  wake(): void;
}
