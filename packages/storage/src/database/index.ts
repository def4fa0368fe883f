/**
 * The encrypted database: one repository per aggregate, one transaction over several of them, and a check of every page. It
 * decides nothing; every method takes an access scope and what the scope does not see does not exist. It never writes content
 * that is not sealed, and never opens a file without a key. The gateway opens it and hands the ports on.
 */
export type { Connection, ConversationOwnership } from "./connection.ts";
export type { Gate } from "./gate.ts";
export { openDatabase } from "./open-database.ts";
export type { Database, DatabaseOptions } from "./open-database.ts";
export type { Row, TurnTable } from "./schema.ts";
