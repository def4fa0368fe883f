import { z } from "zod";
import { CallId, Instant } from "./ids.ts";
import { Label, Source } from "./label.ts";
import { EffectClass } from "./tool.ts";

export const KEPT_KINDS = ["message", "memory", "reminder", "file"] as const;

/** Something that is kept, with where it came from. */
export const KeptItem = z.strictObject({
  kind: z.enum(KEPT_KINDS),
  /** The id; of a file, its path in the workspace. */
  id: z.string(),
  /** For people: whose it is and how it begins, in characters that can be seen. */
  says: z.string(),
  label: Label,
  at: Instant,
});
export type KeptItem = Readonly<z.infer<typeof KeptItem>>;

/** An effect that was chosen while something of a source was in view, or that carried it. */
export const PastEffect = z.strictObject({
  callId: CallId,
  tool: z.string(),
  effect: EffectClass,
  at: Instant,
  /** Where it went, in words: recipient, host, path. */
  to: z.string(),
});
export type PastEffect = Readonly<z.infer<typeof PastEffect>>;

/** Where something came from, and what came from it. */
export const Provenance = z.strictObject({
  /** What was asked about, as a source, such as `host:example.org:443`. */
  source: z.string(),
  /** The item itself, where it is kept. */
  item: KeptItem.nullable(),
  /** Everything kept that came from it. */
  derived: z.array(KeptItem).readonly(),
  /** What already left under its influence. */
  effects: z.array(PastEffect).readonly(),
});
export type Provenance = Readonly<z.infer<typeof Provenance>>;

/** What a removal took away, what it could not, and what had left before. */
export const ProvenanceRemoval = z.strictObject({
  source: z.string(),
  /** False: nothing was changed, this is what would be. */
  done: z.boolean(),
  removed: z.array(KeptItem).readonly(),
  kept: z.array(z.strictObject({ item: KeptItem, reason: z.string() })).readonly(),
  effects: z.array(PastEffect).readonly(),
});
export type ProvenanceRemoval = Readonly<z.infer<typeof ProvenanceRemoval>>;

/** A source as one word, `kind:ref`. */
export const sourceWord = ({ kind, ref }: Source): string => `${kind}:${ref}`;

/** The source that a word names; null when it names none. */
export const parseSource = (word: string): Source | null => {
  const at = word.indexOf(":");
  if (at < 0) return null;
  const parsed = Source.safeParse({ kind: word.slice(0, at), ref: word.slice(at + 1) });
  return parsed.success && parsed.data.ref !== "" ? parsed.data : null;
};
