/** A character that nobody sees, as JSON writes it when it must be seen. */
const escapeUnseen = (unseen: string): string =>
  Array.from({ length: unseen.length }, (_, at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
    "",
  );

/** What a file of scenarios holds. */
export const print = (scenarios: unknown): string =>
  `${JSON.stringify(scenarios, null, 1).replace(/\p{Cf}/gu, escapeUnseen)}\n`;
