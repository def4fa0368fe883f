/** Every value counts as the owner's own words. */
export * from "../../../../packages/core/src/guard/stated/index.ts";

export const isStated = (): boolean => true;
