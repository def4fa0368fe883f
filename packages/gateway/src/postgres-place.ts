import type { PostgresPlace } from "@moltbot/storage/database";
import { postgresPasswordOf, processEnvironment } from "./settings/index.ts";
import type { Settings } from "./settings/index.ts";

/** Where the settings say that PostgreSQL is, with the password from the file that PGPASSFILE names. */
export const postgresPlaceOf = (database: Settings["database"]): PostgresPlace => {
  const { host, port, name, user } = database;
  const password = postgresPasswordOf(processEnvironment(), database);
  return { host, port, database: name, user, ...(password === undefined ? {} : { password }) };
};
