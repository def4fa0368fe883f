import type { FastifyReply } from "fastify";
import { millisecondsOf } from "@moltbot/contracts";
import type { ClockPort, IdentityPort, OperationInput, OperationOutput, Result } from "@moltbot/contracts";
import type { Arrival } from "../arrival.ts";
import { sessionCookie } from "../credentials.ts";
import type { Credential } from "../credentials.ts";

/** Signs in with a code: the session goes into a cookie that no script can read, never into the body. */
export const createSession = async (
  identity: IdentityPort,
  clock: ClockPort,
  arrival: Arrival,
  input: OperationInput<"sessions.create">,
  reply: FastifyReply,
): Promise<Result<OperationOutput<"sessions.create">>> => {
  const signedIn = await identity.signIn(input.code, arrival.address);
  if (!signedIn.ok) return signedIn;
  const { cookie, principal, expiresAt } = signedIn.value;
  const seconds = Math.max(0, Math.floor((millisecondsOf(expiresAt) - millisecondsOf(clock.now())) / 1000));
  void reply.header("Set-Cookie", sessionCookie(cookie, seconds, arrival.secure));
  return { ok: true, value: principal };
};

/** Signs out; without a session there is nothing to end, and that is the state asked for. */
export const endSession = async (
  identity: IdentityPort,
  credential: Credential,
  arrival: Arrival,
  reply: FastifyReply,
): Promise<Result<OperationOutput<"sessions.end">>> => {
  if (credential.kind === "session") {
    const ended = await identity.signOut(credential.cookie);
    if (!ended.ok) return ended;
    void reply.header("Set-Cookie", sessionCookie("", 0, arrival.secure));
  }
  return { ok: true, value: {} };
};
