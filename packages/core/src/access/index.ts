/**
 * Says whether a person may use, edit or delete something, and why, from facts that others read. It never reads or keeps anything
 * itself. Storage decides the same in SQL, row by row; a test compares the two. The gateway calls it to explain.
 */
export { judge } from "./judge.ts";
