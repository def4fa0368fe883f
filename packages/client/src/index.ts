/**
 * The typed client of a gateway: one function per kind of conversation with it (call, stream, events). It knows the operations' routes
 * and nothing of the rooms behind them; it keeps no secret beyond the transport it was given. The web app and the CLI speak through
 * it. Only types come from contracts: its schemas would cost a command line more time than the gateway's answer.
 */
export { createClient } from "./client.ts";
export type { CallOptions, Client, ClientOptions, EventsOptions, StreamState } from "./client.ts";
export { createDeviceKey, publicKeyOf } from "./device-key.ts";
export type { DeviceKeyPair, WebCrypto } from "./device-key.ts";
export { dpopTransport, pairDevice } from "./dpop-transport.ts";
export type { DeviceOptions, DpopOptions, SharedTokens } from "./dpop-transport.ts";
export { fetchTransport } from "./fetch-transport.ts";
export { problemToError, unreachable } from "./problem.ts";
export type { ProblemDocument } from "./problem.ts";
export { readPublicKey, signRequest } from "./request-signature.ts";
export type { SignatureSubject, SigningCrypto, SigningKeyPair } from "./request-signature.ts";
export { ROUTES } from "./routes.ts";
export { signedTransport } from "./signed-transport.ts";
export type { SignedOptions } from "./signed-transport.ts";
export { createEventParser } from "./event-parser.ts";
export type { ParsedEvent } from "./event-parser.ts";
export type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
export { createVaultDoor } from "./vault-door.ts";
export type { UnlockWish, VaultDoor, VaultState } from "./vault-door.ts";
