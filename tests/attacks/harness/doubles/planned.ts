/** The guard takes a call's word for where the values of its references came from. */
export * from "../../../../packages/core/src/guard/plan/planned.ts";

export const broughtIn = (): readonly [] => [];
