/** The work done when first asked for, and never again. */
export const once = <T>(work: () => T): (() => T) => {
  let kept: { readonly value: T } | undefined;
  return () => (kept ??= { value: work() }).value;
};

/** The work done when first asked for of a text, and never again of that one. */
export const oncePerText = <T extends NonNullable<unknown>>(work: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = work(text);
    known.set(text, found);
    return found;
  };
};
