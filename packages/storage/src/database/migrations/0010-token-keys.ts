import type { Migration } from "../migrate.ts";

/** The public key that requests with a token are signed with. */
export const tokenKeys: Migration = {
  version: 10,
  name: "token keys",
  statements: () => [`ALTER TABLE tokens ADD COLUMN key TEXT`],
};
