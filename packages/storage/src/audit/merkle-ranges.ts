/** Leaves from `from` to before `to`; a proof is made of the hashes of such ranges. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The largest power of two below `n` (n ≥ 2). */
export const split = (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1);

/** RFC 9162 section 2.1.3.1: the ranges whose hashes lead from leaf `index` to the root of `size` leaves, the lowest first; null when there is no such leaf. */
export const inclusionRanges = (size: number, index: number): readonly Range[] | null => {
  if (!Number.isInteger(index) || index < 0 || index >= size) return null;
  const path = (from: number, to: number): readonly Range[] => {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    return index < middle ? [...path(from, middle), { from: middle, to }] : [...path(middle, to), { from, to: middle }];
  };
  return path(0, size);
};

/** RFC 9162 section 2.1.4.1: the ranges whose hashes show the first `earlier` of `size` leaves to be a prefix; null when they cannot be. */
export const consistencyRanges = (size: number, earlier: number): readonly Range[] | null => {
  if (!Number.isInteger(earlier) || earlier < 1 || earlier > size) return null;
  const subproof = (from: number, to: number, known: boolean): readonly Range[] => {
    if (earlier === to) return known ? [] : [{ from, to }];
    const middle = from + split(to - from);
    return earlier <= middle
      ? [...subproof(from, middle, known), { from: middle, to }]
      : [...subproof(middle, to, false), { from, to: middle }];
  };
  return subproof(0, size, true);
};
