/**
 * Who sent what to whom: puts each connection of the way out on record, knows for whom a model is being asked, and reports from the
 * records. It never dials.
 */
export { createAsking } from "./asking.ts";
export type { Asking } from "./asking.ts";
export { openWayOut } from "./open-way-out.ts";
export { reportFlows } from "./report-flows.ts";
