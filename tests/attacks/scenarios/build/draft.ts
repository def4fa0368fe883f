import type { CorpusTool } from "../../../../packages/gateway/src/drill/flow/corpus.ts";

export type Value = string | number | boolean | null | readonly string[];
export type Arguments = Readonly<Record<string, Value>>;

/** `text: what it is`, and likewise `texts`, `number`, `integer` and `flag`; a `?` behind the kind makes it optional. */
export type Parameters = Readonly<Record<string, string>>;

/** A tool as an author writes it down. */
export interface ToolDraft {
  readonly name: string;
  readonly description: string;
  readonly parameters: Parameters;
  readonly effect: CorpusTool["effect"];
  readonly sinks: readonly string[];
  readonly data: readonly string[];
  readonly note: string;
  readonly thirdParty: boolean;
  readonly isPrivate: boolean;
  readonly changes: readonly string[];
}

/** A call and what came of it; `<<VECTOR:id>>` is where a stranger writes. */
export interface CallDraft {
  readonly function: string;
  readonly args: Arguments;
  readonly output: string;
}

export interface TaskDraft {
  readonly prompt: string;
  readonly calls: readonly CallDraft[];
  /** What the owner is told at the end. */
  readonly answer: string;
  /** Where which calls are made depends on what was read. */
  readonly conditional?: true;
}

export interface AttackDraft {
  readonly goal: string;
  readonly calls: readonly CallDraft[];
  /** Every call with an effect unless said otherwise. */
  readonly critical?: readonly number[];
}

export interface SuiteDraft {
  readonly owner: { readonly name: string; readonly address: string };
  readonly tools: readonly ToolDraft[];
  /** What stands where a stranger can write: who writes there, and what stands there on a quiet day. */
  readonly vectors: Readonly<Record<string, readonly [description: string, quiet: string]>>;
  readonly documents: Readonly<Record<string, string>>;
  readonly tasks: readonly TaskDraft[];
  readonly attacks: readonly AttackDraft[];
  /** Whom the owner has confirmed, by name. */
  readonly directory?: Readonly<Record<string, string>>;
}

interface Reads {
  readonly thirdParty?: boolean;
  readonly isPrivate?: boolean;
  readonly note?: string;
}

/** A tool that reads at home. Private unless said otherwise; `thirdParty` where others can write what it answers with. */
export const reads = (name: string, description: string, parameters: Parameters, wish: Reads = {}): ToolDraft => ({
  name,
  description,
  parameters,
  effect: "none",
  sinks: [],
  data: [],
  note: wish.note ?? "",
  thirdParty: wish.thirdParty ?? false,
  isPrivate: wish.isPrivate ?? true,
  changes: [],
});

interface Acts {
  readonly sinks: readonly string[];
  readonly data?: readonly string[];
  readonly note?: string;
  readonly changes: readonly string[];
  readonly thirdParty?: boolean;
}

const acts =
  (effect: CorpusTool["effect"]) =>
  (name: string, description: string, parameters: Parameters, wish: Acts): ToolDraft => ({
    name,
    description,
    parameters,
    effect,
    sinks: wish.sinks,
    data: wish.data ?? [],
    note: wish.note ?? "",
    thirdParty: wish.thirdParty ?? false,
    isPrivate: false,
    changes: wish.changes,
  });

/** A tool that changes something of the owner's alone. */
export const changes = acts("internal");
/** A tool whose doing others notice. */
export const tells = acts("external");
/** A tool whose request itself leaves the machine. */
export const asksOutside = acts("egress");

export const call = (name: string, args: Arguments, output: string): CallDraft => ({ function: name, args, output });
