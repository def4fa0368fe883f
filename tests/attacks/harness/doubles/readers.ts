/** Everybody may know everything (I4 removed). */
export * from "../../../../packages/core/src/guard/readers.ts";

export const everySinkMayRead = (): boolean => true;
