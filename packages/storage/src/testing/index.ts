/**
 * Both engines as the tests of every room of this zone open them, and a PostgreSQL server of one's own. Tests alone enter here;
 * no program loads it.
 */
export { onEveryPlace, onPostgresPlaces } from "./places.ts";
export type { Place, Places } from "./places.ts";
export { startPostgres, whyNoPostgres } from "./postgres.ts";
export type { TestServer } from "./postgres.ts";
