export { startPostgres, whyNoPostgres } from "../../testing/index.ts";
export type { TestServer } from "../../testing/index.ts";
