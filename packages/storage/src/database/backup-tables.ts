/** What an engine makes anew by itself: its account of migrations, and search indexes, which hold words of content; and answers that are only begun, which end with their process. */
const NOT_IN_BACKUPS: readonly string[] = [
  "schema_versions",
  "memory_words",
  "message_words",
  "message_index",
  "word_index",
  "usage_begun",
];

/** Facts that are true of one file of one engine alone. */
export const FACTS_OF_ONE_FILE: readonly string[] = ["file head", "search index"];

/** Whether a table of this name goes into a backup; the shadow tables of an index go where their index goes. */
export const isInBackups = (table: string): boolean =>
  !NOT_IN_BACKUPS.some((name) => table === name || table.startsWith(`${name}_`));

/** A table and the tables that its rows name. */
export interface TableWithParents {
  readonly name: string;
  readonly parents: readonly string[];
}

/** The names so that parents stand before the children that name them; otherwise by the alphabet. */
export const parentsFirst = (tables: readonly TableWithParents[]): readonly string[] => {
  const ordered: string[] = [];
  const known = new Map(tables.map((table) => [table.name, table]));
  const visit = (name: string, path: readonly string[]): void => {
    const table = known.get(name);
    if (table === undefined || ordered.includes(name) || path.includes(name)) return;
    for (const parent of table.parents.toSorted()) visit(parent, [...path, name]);
    ordered.push(name);
  };
  for (const { name } of tables.toSorted((a, b) => (a.name < b.name ? -1 : 1))) visit(name, []);
  return ordered;
};
