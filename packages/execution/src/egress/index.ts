/**
 * The only room that dials out. It resolves a name once, checks every address, connects to the checked address and to no
 * other, re-checks each redirect, puts secrets on the wire, counts what passes and has each connection recorded. It must never keep a cookie, obey a proxy from
 * the environment, forward a credential or let a secret into an error or a log. Tools and models call it.
 */
export { EgressFault } from "./egress-fault.ts";
export type { Egress, EgressAuthority, EgressRequest, EgressResponse, EgressSecret, RequestLimits } from "./egress.ts";
export { classifyAddress } from "./classify-address.ts";
export type { EgressLimits } from "./allowance/allowance.ts";
export type { Connection, DataKind, OnBehalf, RecordConnection } from "./connections/connection.ts";
export { behalfOf, dataKindOf } from "./connections/on-behalf.ts";
export { createEgress } from "./create-egress.ts";
export type { EgressOptions, WayOut } from "./create-egress.ts";
export { openGate } from "./gate/open-gate.ts";
export type { Gate, GateParts, Passed, ToolAuthority } from "./gate/gate.ts";
export { parseTarget } from "./parse-target.ts";
export type { Target } from "./parse-target.ts";
