import type { HostilePlugin } from "./hostile/hostile-plugin.ts";

/** Hostile plugins in the format that `npm run -s attack -- plugins --corpus FILE` plays: `{ "items": [{ "id", "code" }] }`. */
export const corpusOf = (these: readonly HostilePlugin[]): string =>
  JSON.stringify({ items: these.map(({ id, code }) => ({ id, code })) });
