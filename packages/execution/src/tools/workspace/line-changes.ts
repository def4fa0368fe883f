/** Lines that differ: `removed` old ones from `oldAt` on have `added` fresh ones from `freshAt` on in their place. */
export interface LineChange {
  readonly oldAt: number;
  readonly removed: number;
  readonly freshAt: number;
  readonly added: number;
}

/** Beyond so many lines that differ nobody reads piece by piece, and looking for the pieces would take long. */
const MOST_EDITS = 1000;

const commonStart = (a: readonly string[], b: readonly string[]): number => {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at += 1;
  return at;
};

/** How far each way from the beginning reaches with so many edits (Myers, 1986); null where more than `most` are needed. */
const reaches = (a: readonly string[], b: readonly string[], most: number): readonly Int32Array[] | null => {
  const reach = new Int32Array(2 * most + 3);
  const zero = most + 1;
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(reach.slice(zero - edits - 1, zero + edits + 2));
    for (let way = -edits; way <= edits; way += 2) {
      const [below, above] = [reach[zero + way - 1] ?? 0, reach[zero + way + 1] ?? 0];
      let x = way === -edits || (way !== edits && below < above) ? above : below + 1;
      while (x < a.length && x - way < b.length && a[x] === b[x - way]) x += 1;
      reach[zero + way] = x;
      if (x >= a.length && x - way >= b.length) return trace;
    }
  }
  return null;
};

/** The single edits on the shortest way, last first: where it stands in both, and whether it adds or removes. */
const editsOf = (
  a: readonly string[],
  b: readonly string[],
  trace: readonly Int32Array[],
): readonly { readonly x: number; readonly y: number; readonly adds: boolean }[] => {
  const found: { readonly x: number; readonly y: number; readonly adds: boolean }[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const reach = trace[edits] ?? new Int32Array();
    const at = (way: number): number => reach[way + edits + 1] ?? 0;
    const way = x - y;
    const adds = way === -edits || (way !== edits && at(way - 1) < at(way + 1));
    x = adds ? at(way + 1) : at(way - 1);
    y = x - (adds ? way + 1 : way - 1);
    found.push({ x, y, adds });
  }
  return found;
};

/**
 * What differs between two lists of lines, in order, with as few lines as can be; one change from the first to the last line that differs
 * where there is too much of it.
 */
export const lineChanges = (
  old: readonly string[],
  fresh: readonly string[],
  most: number = MOST_EDITS,
): readonly LineChange[] => {
  const start = commonStart(old, fresh);
  const end = commonStart(old.slice(start).toReversed(), fresh.slice(start).toReversed());
  const [a, b] = [old.slice(start, old.length - end), fresh.slice(start, fresh.length - end)];
  if (a.length === 0 && b.length === 0) return [];
  const whole = { oldAt: start, removed: a.length, freshAt: start, added: b.length };
  if (a.length === 0 || b.length === 0) return [whole];
  const trace = reaches(a, b, Math.min(most, a.length + b.length));
  if (trace === null) return [whole];
  const changes: LineChange[] = [];
  for (const { x, y, adds } of editsOf(a, b, trace).toReversed()) {
    const last = changes.at(-1);
    const [oldAt, freshAt] = [start + x, start + y];
    const one = { oldAt, removed: adds ? 0 : 1, freshAt, added: adds ? 1 : 0 };
    if (last !== undefined && last.oldAt + last.removed === oldAt && last.freshAt + last.added === freshAt)
      changes[changes.length - 1] = { ...last, removed: last.removed + one.removed, added: last.added + one.added };
    else changes.push(one);
  }
  return changes;
};
