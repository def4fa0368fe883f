/**
 * The command line: words, tables and exit codes over the client. It decides nothing and keeps nothing; the gateway does both.
 * Two doors lead elsewhere, each opened only when asked: `start` runs the gateway in this process, and `audit verify --export`
 * carries the offline verifier, so that a log can be checked without trusting any gateway.
 */
export { createProgram } from "./program.ts";
