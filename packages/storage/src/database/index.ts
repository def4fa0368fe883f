/**
 * The encrypted database: one repository per aggregate, one transaction over several of them, and a check of every page. It
 * decides nothing; every method takes an access scope and what the scope does not see does not exist. It never writes content
 * that is not sealed, and never opens a file without a key. The gateway opens it and hands the ports on.
 */
export { openAttachmentFiles } from "./attachment-files.ts";
export type { AttachmentFiles } from "./attachment-files.ts";
export type { Connection, ConversationOwnership } from "./connection.ts";
export { clearIndexOfFile } from "./clear-index.ts";
export { newSqliteFile } from "./fill-sqlite.ts";
export type { FillingDatabase } from "./fill-sqlite.ts";
export type { Gate } from "./gate.ts";
export { SCHEMA_VERSION } from "./fill-sqlite.ts";
export { openDatabase } from "./open-database.ts";
export type { Database, DatabaseOptions } from "./open-database.ts";
export { planMigrations } from "./plan-migrations.ts";
export type { MigrationPlan } from "./plan-migrations.ts";
export { openPostgres } from "./open-postgres.ts";
export type { PostgresOptions } from "./open-postgres.ts";
export type { PostgresPlace } from "./postgres/connect.ts";
export { dropPostgresSchemas, newPostgresSchema, takePostgresPlace } from "./postgres/fill.ts";
export { INVENTORY } from "./inventory.ts";
export { snapshotOfSchema } from "./postgres/snapshot.ts";
export { sqliteSnapshot as snapshotOfFile } from "./snapshot-sqlite.ts";
export type { Row, TurnTable } from "./schema.ts";
export { openUndoFiles } from "./undo-files.ts";
export type { UndoFiles } from "./undo-files.ts";
export type { AttachmentOwner } from "./subjects.ts";
export type { FiringTable, JobTable, OutboxTable, ScheduleTable } from "./work-schema.ts";
