import type { IncomingMessage } from "node:http";
import type { IdentityPort, OperationInput, OperationOutput, Result } from "@moltbot/contracts";
import type { Arrival } from "../arrival.ts";
import type { Visitor } from "../desk.ts";
import { dpopOf } from "../dpop-request.ts";

/** Pairs a device by its code, with the key of the proof that came along. */
export const pairDevice = async (
  identity: IdentityPort,
  arrival: Arrival,
  wish: OperationInput<"devices.pair">,
  request: IncomingMessage,
): Promise<Result<OperationOutput<"devices.pair">>> => {
  const proof = dpopOf(request, arrival);
  return proof.ok ? identity.pairDevice(wish, proof.value, arrival.address) : proof;
};

/** Exchanges a refresh token, which is good once, for new tokens. */
export const refreshDevice = async (
  identity: IdentityPort,
  arrival: Arrival,
  { refreshToken }: OperationInput<"devices.refresh">,
  request: IncomingMessage,
): Promise<Result<OperationOutput<"devices.refresh">>> => {
  const proof = dpopOf(request, arrival);
  return proof.ok ? identity.refreshDevice(refreshToken, proof.value, arrival.address) : proof;
};

/** A ticket for one stream or socket of the visitor. */
export const createTicket = (
  identity: IdentityPort,
  { principal, proof }: Visitor,
): Promise<Result<OperationOutput<"sessions.ticket">>> => identity.createTicket({ principal, proof });
