import type { Constraint } from "@moltbot/contracts";
import type { RequestLimits } from "../egress/index.ts";

/** What a grant says of methods and paths, for every hop of the request that it allowed. */
export const requestLimits = (bounds: readonly Constraint[]): RequestLimits => ({
  methods: bounds.flatMap((one) => (one.kind === "method-in" ? [one.methods] : [])),
  prefixes: bounds.flatMap((one) => (one.kind === "path-prefix" ? [one.prefixes] : [])),
});
