/**
 * Connections to vendors whose keys come by OAuth: today OpenRouter. The key goes from the exchange straight into the vault,
 * bound to its host; it must never reach an answer, a log, an event or the audit log. The operations `models.*` call it.
 */
export { createOpenRouterConnections } from "./openrouter-connections.ts";
export type { ConnectionParts, ModelConnections } from "./openrouter-connections.ts";
