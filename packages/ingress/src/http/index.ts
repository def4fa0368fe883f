/**
 * The listener: it turns strangers' bytes into an operation of the registry with a verified principal, or refuses them with a problem
 * document. It holds no business logic, trusts no address, name or header before it was checked, and never lets an error's inside
 * out. The gateway alone starts it, with the handlers to call.
 */
export { createLockedDoor } from "./locked-door.ts";
export type { LockedDoorOptions, UnlockAttempt } from "./locked-door.ts";
export { createHttpServer } from "./server.ts";
export type { HttpServer, HttpServerOptions } from "./server.ts";
export { openApiDocument } from "./openapi.ts";
export type {
  ChatAnswer,
  ChatCall,
  ChatChoice,
  ChatFinish,
  ChatMessage,
  ChatModel,
  ChatPiece,
  ChatRequest,
  ChatTool,
  OpenAiHandlers,
} from "./openai/handlers.ts";
export { checkTls } from "./tls.ts";
export type { TlsPair } from "./tls.ts";
