import { z } from "zod";
import { AgentId, CallId, ConversationId, PrincipalId, ToolName, TurnId } from "./ids.ts";
import { JsonObject } from "./json.ts";
import { Label, Readers, Source } from "./label.ts";
import { PlannedStep } from "./plan.ts";

/** What a call does to the world (security model, section 4). */
export const EFFECT_CLASSES = ["read", "fetch", "write", "send", "execute", "commit"] as const;
export const EffectClass = z.enum(EFFECT_CLASSES);
export type EffectClass = z.infer<typeof EffectClass>;

/** `none`: nothing to undo; `undoable`: the tool can take it back; `irreversible`: it cannot. */
export const UNDO = ["none", "undoable", "irreversible"] as const;
export const Undo = z.enum(UNDO);
export type Undo = z.infer<typeof Undo>;

/** What a critical argument stands for; it says which of the authority's words may endorse it. */
export const ARGUMENT_ROLES = [
  "recipient",
  "amount",
  "url",
  "path",
  "command",
  "account",
  "permission",
  "time",
  "identifier",
  "content",
] as const;
export const ArgumentRole = z.enum(ARGUMENT_ROLES);
export type ArgumentRole = z.infer<typeof ArgumentRole>;

/** The part of a manifest that a decision reads: plain data, recorded with every decision. */
export interface ManifestFacts {
  readonly name: ToolName;
  /** Raised whenever schema or meaning changes; part of every approval's digest. */
  readonly version: number;
  /** A few words for people, such as "Set a reminder". */
  readonly title: string;
  readonly effect: EffectClass;
  readonly permissions: readonly string[];
  readonly critical: readonly string[];
  /** What each critical argument stands for; one without a role is endorsed by no words. */
  readonly roles?: Readonly<Record<string, ArgumentRole>>;
  readonly undo: Undo;
}

/**
 * What the house knows of a tool: plain data beside its code. `critical` names the arguments that decide what happens to
 * whom; `repeatable` says that a second run with the same call id changes nothing more, so a crash may repeat it.
 */
export interface ToolManifest extends ManifestFacts {
  /** One line for the model. */
  readonly description: string;
  /** Strict: an extra argument is refused. */
  readonly input: z.ZodType<JsonObject>;
  /** `context`: as trusted as the call that made it; `stored`: as when it was written; `untrusted`: content from outside. */
  readonly result: "context" | "stored" | "untrusted";
  readonly repeatable: boolean;
  /** Whose tool it is, where it is a plugin's: what it reaches was fixed when it was installed. Absent: the house's own. */
  readonly plugin?: { readonly name: string; readonly hosts: readonly string[] };
}

/** A tool as the API lists it. */
export const ToolInfo = z.strictObject({
  name: ToolName,
  /** A few words for people, such as "Set a reminder". */
  title: z.string(),
  effect: EffectClass,
  /** Whether its use is asked about from the start; false: it comes with a grant inside the agent's own workspace and memory. */
  asks: z.boolean(),
});
export type ToolInfo = Readonly<z.infer<typeof ToolInfo>>;

/** One call a model asked for, with everything that the decision binds. */
export const ToolCall = z.strictObject({
  id: CallId,
  turnId: TurnId,
  conversationId: ConversationId,
  agentId: AgentId,
  /** The person for whom the turn runs. */
  authority: PrincipalId,
  /** Delegation, outermost first; the last is `agentId`. */
  agentChain: z.array(AgentId).readonly(),
  /** As the model wrote it: it may name no tool at all. */
  tool: z.string().max(200),
  arguments: JsonObject,
  /** The label of everything it was chosen from: of the view of the model call that asked for it, or of what a plan brought into it. */
  label: Label,
  /** Each argument's own label, where the runtime knows it; an argument without one has the call's. */
  values: z.record(z.string(), Label).optional(),
  /** Whether a detector found words in the view that try to give orders, or characters that hide. It takes away, and never gives. */
  alarmed: z.boolean().optional(),
  /** The step of a committed plan that this call is. */
  planned: PlannedStep.optional(),
});
export type ToolCall = Readonly<z.infer<typeof ToolCall>>;

/** What an argument really points at, found without changing anything; part of the approval's digest. */
export const ResolvedResource = z.strictObject({
  argument: z.string(),
  kind: z.enum(["path", "host", "recipient", "executable", "value"]),
  /** A path relative to the workspace, `host:port`, a canonical address, or the value as canonical JSON. */
  value: z.string(),
  /** What stands there now (a file's device, inode and time of birth, an executable's hash); a change of it asks again. */
  identity: z.string().optional(),
  /** Whether what stands at a path may be run as a program, by its mode; absent where it may not, or nobody looked. */
  executable: z.boolean().optional(),
  /** Whether what stands there may be what content from outside made of it; absent where nothing of the kind is known. */
  outside: z.boolean().optional(),
  /** What had a part in what stands there, where all of it is known to be from outside; absent where it is the owner's, or unknown. */
  origin: z.array(Source).readonly().optional(),
  /** Who gets to know what is sent there; absent where nothing is sent. */
  readers: Readers.optional(),
  /** Why this resource may never be reached, whatever is granted; an error code. */
  refusal: z.string().nullable(),
  /** Whether a grant that names exactly this host and port lifts the refusal all the same; absent: none does. */
  grantable: z.boolean().optional(),
});
export type ResolvedResource = Readonly<z.infer<typeof ResolvedResource>>;

/** What a call would send or change, as a person should see it before it happens. */
export const Preview = z.strictObject({ kind: z.enum(["text", "message", "diff"]), text: z.string() });
export type Preview = Readonly<z.infer<typeof Preview>>;

/** How a call ended. `text` goes to the model, `summary` to people; neither holds secrets. */
export interface ToolOutcome {
  readonly text: string;
  readonly summary: string;
  readonly label: Label;
  /** How many recognised secrets were kept back from the text. */
  readonly secrets?: number;
}
