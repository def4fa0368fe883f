/** Where a secret stands in a text, and what it is in words such as "DATABASE_URL password"; never its value. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

/** Spans in order of place; those that overlap become one, named after the first. */
export const mergeSpans = (spans: readonly Span[]): readonly Span[] => {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end };
  }
  return merged;
};
