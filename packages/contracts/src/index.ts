/**
 * The words every room may say: ids, schemas, results, errors, labels, events, operations and ports. It depends on zod alone,
 * imports nothing of ours and does nothing by itself. Everybody reads it.
 */
export * from "./agent.ts";
export * from "./approval.ts";
export * from "./attachment.ts";
export * from "./audit.ts";
export * from "./backup.ts";
export * from "./capability.ts";
export * from "./contact.ts";
export * from "./conversation.ts";
export * from "./decision.ts";
export * from "./drill.ts";
export * from "./errors/index.ts";
export * from "./event.ts";
export * from "./ids.ts";
export * from "./imported.ts";
export * from "./job.ts";
export * from "./json.ts";
export * from "./label.ts";
export * from "./model.ts";
export * from "./operations/define.ts";
export * from "./operations/registry.ts";
export * from "./plan.ts";
export * from "./ports/audit.ts";
export * from "./ports/execution.ts";
export * from "./ports/ingress.ts";
export * from "./ports/policy.ts";
export * from "./ports/repositories.ts";
export * from "./ports/system.ts";
export * from "./ports/work.ts";
export * from "./principal.ts";
export * from "./privacy.ts";
export * from "./provenance.ts";
export * from "./reminder.ts";
export * from "./result.ts";
export * from "./search.ts";
export * from "./secret.ts";
export * from "./signal.ts";
export * from "./stop.ts";
export * from "./tool.ts";
export * from "./vault.ts";
export * from "./verdict.ts";
export * from "./visible.ts";
export * from "./work.ts";
