import type pg from "pg";
import type { Migration } from "../migrate.ts";
import { postgresError } from "./errors.ts";

const MOST_FAULTS = 20;

const texts = async (
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly string[]> => {
  const { rows } = await client.query<unknown[]>({ text, values: [...values], rowMode: "array" });
  return rows.map(([first]) => String(first));
};

const wrongVersions = async (client: pg.ClientBase, migrations: readonly Migration[]): Promise<readonly string[]> => {
  const applied = await texts(client, "SELECT version FROM schema_versions ORDER BY version");
  return applied.join() === migrations.map(({ version }) => String(version)).join()
    ? []
    : ["the list of its schema's versions is not the one that was written"];
};
const INVALID_INDEXES = `SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE c.relnamespace = current_schema()::regnamespace AND NOT (i.indisvalid AND i.indisready AND i.indislive) ORDER BY 1`;
const UNPROVEN_KEYS = `SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND NOT convalidated ORDER BY 1`;
const TABLES = `SELECT quote_ident(c.relname) FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY 1`;
const TREES = `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_am a ON a.oid = c.relam JOIN pg_index i ON i.indexrelid = c.oid
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready ORDER BY 1`;
/** The schema of the extension that walks indexes, where it was made and this user may use it. */
const WALKER = `SELECT quote_ident(n.nspname) FROM pg_extension e
  JOIN pg_depend d ON d.refobjid = e.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
  JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE e.extname = 'amcheck' AND p.proname = 'bt_index_check' AND p.pronargs = 2 AND has_function_privilege(p.oid, 'execute')`;

/**
 * Whether the schema is the one that was migrated, every index and foreign key holds, and every row can be read (where the
 * server keeps checksums of its pages, that verifies them). Where the extension `amcheck` is there, each index is compared with
 * its table. The faults it found, without content.
 */
export const checkPostgres = async (
  client: pg.ClientBase,
  migrations: readonly Migration[],
): Promise<readonly string[]> => {
  const faults: string[] = [];
  /** A question that fails is a fault; a connection that was cut is none of the database's. */
  const ask = async (what: string, question: () => Promise<readonly string[]>): Promise<void> => {
    try {
      faults.push(...(await question()));
    } catch (thrown) {
      const error = postgresError(thrown);
      if (error?.code === "DATABASE_UNAVAILABLE") throw thrown;
      faults.push(`${what} is not sound${error === null ? "" : `: ${error.message}`}`);
    }
  };
  const setting = (name: string, problem: string): Promise<void> =>
    ask(name, async () => ((await texts(client, `SHOW ${name}`))[0] === "off" ? [problem] : []));

  await ask("the schema's versions", () => wrongVersions(client, migrations));
  await ask("the indexes", async () =>
    (await texts(client, INVALID_INDEXES)).map((index) => `the index ${index} is not valid`),
  );
  await ask("the foreign keys", async () =>
    (await texts(client, UNPROVEN_KEYS)).map((key) => `the constraint ${key} is not valid`),
  );
  await setting("fsync", "the server does not wait for its disk (fsync is off)");
  await setting("full_page_writes", "a crash may tear its pages (full_page_writes is off)");
  for (const table of await texts(client, TABLES)) {
    await ask(`the table ${table}`, async () => {
      await client.query(`SELECT sum(length(each::text)) FROM ${table} AS each`);
      return [];
    });
  }
  const [walker] = await texts(client, WALKER);
  if (walker !== undefined) {
    for (const tree of await texts(client, TREES)) {
      await ask(`the index ${tree}`, async () => {
        await client.query(`SELECT ${walker}.bt_index_check($1::regclass, true)`, [tree]);
        return [];
      });
    }
  }
  return faults.slice(0, MOST_FAULTS);
};
