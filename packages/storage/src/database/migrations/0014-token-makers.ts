import type { Migration } from "../migrate.ts";

/** Which token a token was made with: it ends with that one. */
export const tokenMakers: Migration = {
  version: 14,
  name: "token makers",
  statements: () => [
    `ALTER TABLE tokens ADD COLUMN made_with TEXT`,
    `CREATE INDEX tokens_of_maker ON tokens (made_with)`,
  ],
};
