/**
 * Introduces the rooms to each other: settings, wiring, lifecycle and the spine. It holds no rule of its own about what may
 * happen (core decides) and no way of doing it (execution acts). The CLI starts it; tests and benchmarks start it in process.
 */
export { runGateway } from "./run-gateway.ts";
export { startGateway } from "./start-gateway.ts";
export type { FittedStartWish, Gateway, StartWish } from "./start-gateway.ts";
export type { Fittings } from "./fittings.ts";
export { restoreOffline } from "./backup/restore-offline.ts";
export type { OfflineRestore } from "./backup/restore-offline.ts";
export { placesOf } from "./home.ts";
export type { Home } from "./home.ts";
export { drillOwnConfiguration } from "./drill/own-configuration.ts";
