/** The work done when first asked for, and never again. */
export const once = <T>(work: () => T): (() => T) => {
  let kept: { readonly value: T } | undefined;
  return () => (kept ??= { value: work() }).value;
};
