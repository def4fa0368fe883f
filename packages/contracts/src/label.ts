import { z } from "zod";
import { PrincipalId } from "./ids.ts";

/** Weakest first: joining takes the earlier one. Relative to the turn's authority (security model, section 4). */
export const INTEGRITIES = ["untrusted", "participant", "authority"] as const;
export const Integrity = z.enum(INTEGRITIES);
export type Integrity = z.infer<typeof Integrity>;

export const SOURCE_KINDS = ["message", "file", "host", "memory", "tool", "model", "configuration", "skill"] as const;
/** Where a value came from; `ref` is an id, a host or a path inside the workspace. */
export const Source = z.strictObject({ kind: z.enum(SOURCE_KINDS), ref: z.string() });
export type Source = Readonly<z.infer<typeof Source>>;

/** Tools that show what lies in this house, and are no more than a way in. */
const WAY_IN = /^(?:exec|file|memory|contact|reminder|clock|skill)\.|^calc$/;

/**
 * Those that speak for themselves. Files and the tools of this house are ways in: what came by them names its own source too. A skill
 * speaks for whoever signed it. Every other tool speaks: whoever writes at its host need not be who a program was let out to there.
 */
export const speakersOf = (sources: readonly Source[]): readonly Source[] =>
  sources.filter(
    ({ kind, ref }) =>
      kind === "host" || kind === "memory" || kind === "skill" || (kind === "tool" && !WAY_IN.test(ref)),
  );

/**
 * Stands among those who speak for themselves for somebody of whom no name is left. Two of them need not be the same one: it had a
 * part in nothing that it could go on with.
 */
export const SOMEBODY: Source = Object.freeze({ kind: "host", ref: "unknown" });

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

/** Whether everybody in `sink` may know what only `readers` may know. A sink that is the public takes public values alone. */
export const readableBy = (readers: Readers, sink: Readers): boolean =>
  readers === "public" || (sink !== "public" && sink.every((person) => readers.includes(person)));

/** By kind, then by name, as UTF-16 code units. */
const compareSources = (a: Source, b: Source): number => {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.ref === b.ref) return 0;
  return a.ref < b.ref ? -1 : 1;
};

const isAfter = (source: Source, before: Source | undefined): boolean =>
  before === undefined || compareSources(before, source) < 0;

/** Sorted and without repeats, so that equal labels are equal bytes. */
const uniqueSources = (sources: readonly Source[]): readonly Source[] => {
  if (sources.every((source, at) => isAfter(source, sources[at - 1]))) return sources;
  const sorted = sources.toSorted(compareSources);
  return sorted.filter((source, at) => isAfter(source, sorted[at - 1]));
};

/** A label; readers and sources are sorted and without repeats, so that equal labels are equal bytes. */
export const label = (integrity: Integrity, readers: Readers, sources: readonly Source[] = []): Label =>
  Object.freeze({
    integrity,
    readers: readers === "public" ? readers : Object.freeze([...new Set(readers)].toSorted()),
    sources: Object.freeze([...uniqueSources(sources)]),
  });

/** The neutral element of `joinLabels`: fixed by the authority, known to all, from nowhere. */
export const NEUTRAL_LABEL: Label = label("authority", "public");

const joinReaders = (a: Readers, b: Readers): Readers => {
  if (a === "public") return b;
  if (b === "public") return a;
  return a.filter((reader) => b.includes(reader));
};

const lower = (a: Integrity, b: Integrity): Integrity => (INTEGRITIES.indexOf(a) <= INTEGRITIES.indexOf(b) ? a : b);

/** The join of many: lowest integrity, readers of all, sources of any; of none, the neutral label. */
export const joinAll = (labels: readonly Label[]): Label => {
  const [first, ...others] = labels;
  if (first === undefined) return NEUTRAL_LABEL;
  if (others.length === 0) return first;
  return label(
    labels.map(({ integrity }) => integrity).reduce(lower, NEUTRAL_LABEL.integrity),
    labels.map(({ readers }) => readers).reduce(joinReaders, NEUTRAL_LABEL.readers),
    labels.flatMap(({ sources }) => sources),
  );
};

/** The label of a value made from both. Associative, commutative, idempotent. */
export const joinLabels = (a: Label, b: Label): Label => joinAll([a, b]);
