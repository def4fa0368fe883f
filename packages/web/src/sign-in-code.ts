/** What a link may bring in its fragment. */
export interface Brought {
  /** The one-time code of a sign-in link (`#code=…`). */
  readonly code: string | null;
  /** The code that pairs a device (`#pair=…`). */
  readonly pairing: string | null;
}

const textOf = (parameters: URLSearchParams, name: string): string | null => {
  const text = parameters.get(name);
  return text === null || text === "" ? null : text;
};

/** What a fragment brings; null for what it does not. */
export const broughtBy = (fragment: string): Brought => {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  return { code: textOf(parameters, "code"), pairing: textOf(parameters, "pair") };
};

/** Takes both, and the sign-in path with them, out of the address at once: history, screens and crash reports must not keep them. */
export const takeBrought = (location: Location, history: History): Brought => {
  const brought = broughtBy(location.hash);
  if (brought.code !== null || brought.pairing !== null) history.replaceState(null, "", "/");
  return brought;
};
