/** Errors alone, without the schemas: for programs that must start at once, such as the command line. */
export { moltbotError } from "./moltbot-error.ts";
export type { ErrorContext, MoltbotError } from "./moltbot-error.ts";
export { ERROR_CODES, ERROR_FAMILIES, ERROR_TABLE } from "./table.ts";
export type { ErrorCode, ErrorFamily } from "./table.ts";
