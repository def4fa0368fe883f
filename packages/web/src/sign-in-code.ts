/** The one-time code of a sign-in link's fragment (`#code=…`); null when there is none. */
export const codeOf = (fragment: string): string | null => {
  const code = new URLSearchParams(fragment.replace(/^#/, "")).get("code");
  return code === null || code === "" ? null : code;
};

/** Takes the code, and the sign-in path with it, out of the address at once: history, screens and crash reports must not keep it. */
export const takeCode = (location: Location, history: History): string | null => {
  const code = codeOf(location.hash);
  // The code of a pairing is for a program; whoever opens it here by mistake leaves it nowhere either.
  const paired = new URLSearchParams(location.hash.replace(/^#/, "")).has("pair");
  if (code !== null || paired) history.replaceState(null, "", "/");
  return code;
};
