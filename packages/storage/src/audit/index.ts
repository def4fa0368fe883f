/**
 * The append-only Merkle log (RFC 9162) with signed heads, and its offline verifier. It never changes or drops an
 * acknowledged record, and never writes a detail in the clear. The gateway opens it; guard, identity and the operations
 * record through `AuditPort`.
 */
export type { AuditLog } from "./audit-log.ts";
export { copyLog } from "./copy-log.ts";
export type { AuditDetailsRow, AuditDetailsStore, AuditLeafRow } from "./details-store.ts";
export { signCertificate, verifyCertificate } from "./erasure-certificate.ts";
export type { UnsignedCertificate } from "./erasure-certificate.ts";
export { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "./merkle-proof.ts";
export type { TreeState } from "./merkle-proof.ts";
export { syncFolder } from "./log-file.ts";
export { openAuditLog } from "./open-audit-log.ts";
export type { AuditLogOptions } from "./open-audit-log.ts";
export { createExportVerifier, verifyExport } from "./verify-export.ts";
export type { ExportVerifier } from "./verify-export.ts";
export { verifyProof } from "./verify-proof.ts";
export type { ProofWish } from "./verify-proof.ts";
export type { AuditHealth } from "./watch-health.ts";
