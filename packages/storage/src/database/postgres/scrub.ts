import type pg from "pg";

const TABLES = `SELECT quote_ident(c.relname) FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY 1`;

/**
 * Writes every table and its indexes anew, without the rows that were removed, and unlinks the old files. What the server keeps
 * elsewhere (its write-ahead log and archives of it, blocks of the disk) is not in our reach.
 */
export const scrubPostgres = async (client: pg.ClientBase): Promise<void> => {
  const { rows } = await client.query<[string]>({ text: TABLES, rowMode: "array" });
  for (const [table] of rows) await client.query(`VACUUM (FULL) ${table}`);
};
