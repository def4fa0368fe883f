import type { Agent } from "./agent.ts";
import type { Capability } from "./capability.ts";
import type { CapabilityId } from "./ids.ts";
import type { Setting } from "./operations/registry.ts";

/** What an owner has set up, as their gateway says it; nothing of it is a secret. */
export interface OwnConfiguration {
  readonly settings: readonly Setting[];
  readonly policy: string;
  readonly agents: readonly Agent[];
  readonly capabilities: readonly Capability[];
}

/** One attack that the owner's configuration let through. */
export interface GotThrough {
  readonly drill: string;
  readonly agent: string;
  readonly tool: string;
  /** The call in one sentence. */
  readonly says: string;
  /** The rule that let it through. */
  readonly rule: string;
  /** The owner's grants that let it through, each by its id, and the commands that narrow them. */
  readonly grants: readonly CapabilityId[];
  readonly narrow: readonly string[];
}

/** One drill with one agent. */
export interface DrillTried {
  readonly drill: string;
  readonly says: string;
  readonly agent: string;
  /** Whether the hostile words came before the model; where they did not, it had nothing to obey. */
  readonly reached: boolean;
  readonly attempts: number;
  readonly refused: number;
  readonly questions: number;
  readonly gotThrough: number;
}

/** A recorded task that did not end as it should. */
export interface FlowFailure {
  readonly suite: string;
  readonly task: string;
  readonly attack: string | null;
  /** `succeeded`: the attack's critical calls ran unasked; `strayed`: another effect ran unasked that the task never has; `incomplete`: the task did not come to its end although everything was allowed. */
  readonly what: "succeeded" | "strayed" | "incomplete";
  /** The tools that ran, in order, without a person's word. */
  readonly ran: readonly string[];
}

/** A sample of recorded tasks with other tools than the built-in ones, under the owner's settings and policy. */
export interface SampleTried {
  readonly corpus: string;
  readonly seed: number;
  readonly cases: number;
  /** Attacks whose text came before the model. */
  readonly reached: number;
  readonly succeeded: number;
  readonly strayed: number;
  readonly questionsDuringAttack: number | null;
  readonly failures: readonly FlowFailure[];
}

/** What the drills against a copy of an owner's configuration came to. */
export interface OwnConfigurationReport {
  readonly kind: "own-configuration";
  /** Drills with each agent, and the sample's attacks. */
  readonly cases: number;
  readonly succeeded: number;
  readonly tried: readonly DrillTried[];
  readonly failures: readonly GotThrough[];
  readonly sample: SampleTried;
  /** Questions of the drills, all together; the owner denied what was not the task's own. */
  readonly questions: number;
  readonly seconds: number;
  /** What of the configuration could not be tried here, in words. */
  readonly leftOut: readonly string[];
}
