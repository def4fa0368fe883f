/** The one-time code of a sign-in link's fragment (`#code=…`); null when there is none. */
export const codeOf = (fragment: string): string | null => {
  const code = new URLSearchParams(fragment.replace(/^#/, "")).get("code");
  return code === null || code === "" ? null : code;
};

/** Takes the code, and the sign-in path with it, out of the address at once: history, screens and crash reports must not keep it. */
export const takeCode = (location: Location, history: History): string | null => {
  const code = codeOf(location.hash);
  if (code !== null) history.replaceState(null, "", "/");
  return code;
};
