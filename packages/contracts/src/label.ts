import { z } from "zod";
import { PrincipalId } from "./ids.ts";

/** Weakest first: joining takes the earlier one. Relative to the turn's authority (security model, section 4). */
export const INTEGRITIES = ["untrusted", "participant", "authority"] as const;
export const Integrity = z.enum(INTEGRITIES);
export type Integrity = z.infer<typeof Integrity>;

export const SOURCE_KINDS = ["message", "file", "host", "memory", "tool", "model", "configuration"] as const;
/** Where a value came from; `ref` is an id, a host or a path inside the workspace. */
export const Source = z.strictObject({ kind: z.enum(SOURCE_KINDS), ref: z.string() });
export type Source = Readonly<z.infer<typeof Source>>;

/** Who may know a value: everyone, or a sorted set of principals (empty: nobody). */
export const Readers = z.union([z.literal("public"), z.array(PrincipalId).readonly()]);
export type Readers = z.infer<typeof Readers>;

/** Integrity, readers and sources of a value; stored with it and joined when values meet. */
export const Label = z.strictObject({
  integrity: Integrity,
  readers: Readers,
  sources: z.array(Source).readonly(),
});
export type Label = Readonly<z.infer<typeof Label>>;

const sourceKey = (source: Source): string => `${source.kind}\u0000${source.ref}`;

/** Sorted and without repeats, so that equal labels are equal bytes. */
export const label = (integrity: Integrity, readers: Readers, sources: readonly Source[] = []): Label =>
  Object.freeze({
    integrity,
    readers: readers === "public" ? readers : Object.freeze([...new Set(readers)].toSorted()),
    sources: Object.freeze(
      [...new Map(sources.map((source) => [sourceKey(source), source])).values()].toSorted((a, b) =>
        sourceKey(a) < sourceKey(b) ? -1 : 1,
      ),
    ),
  });

/** The neutral element of `joinLabels`: fixed by the authority, known to all, from nowhere. */
export const NEUTRAL_LABEL: Label = label("authority", "public");

const joinReaders = (a: Readers, b: Readers): Readers => {
  if (a === "public") return b;
  if (b === "public") return a;
  return a.filter((reader) => b.includes(reader));
};

/** The label of a value made from both: lowest integrity, readers of both, sources of either. Associative, commutative, idempotent. */
export const joinLabels = (a: Label, b: Label): Label =>
  label(
    INTEGRITIES.indexOf(a.integrity) <= INTEGRITIES.indexOf(b.integrity) ? a.integrity : b.integrity,
    joinReaders(a.readers, b.readers),
    [...a.sources, ...b.sources],
  );

/** The join of many; of none, the neutral label. */
export const joinAll = (labels: readonly Label[]): Label => labels.reduce(joinLabels, NEUTRAL_LABEL);
