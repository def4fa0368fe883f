import type { Migration } from "../migrate.ts";

/** A way to the few calls whose outcome a crash hid, past all the others. */
export const hiddenOutcomes: Migration = {
  version: 15,
  name: "hidden outcomes",
  statements: () => [`CREATE INDEX calls_unknown ON calls (updated_at) WHERE state = 'unknown'`],
};
