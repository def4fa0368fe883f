import type { FastifyReply, FastifyRequest } from "fastify";
import { millisecondsOf } from "@moltbot/contracts";
import type { ClockPort, IdentityPort, OperationInput, OperationOutput, Result } from "@moltbot/contracts";
import { sessionCookie } from "../credentials.ts";
import type { Credential } from "../credentials.ts";

const secure = (request: FastifyRequest): boolean => request.headers.origin?.startsWith("https:") ?? false;

/** Signs in with a code: the session goes into a cookie that no script can read, never into the body. */
export const createSession = async (
  identity: IdentityPort,
  clock: ClockPort,
  address: string,
  input: OperationInput<"sessions.create">,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Result<OperationOutput<"sessions.create">>> => {
  const signedIn = await identity.signIn(input.code, address);
  if (!signedIn.ok) return signedIn;
  const { cookie, principal, expiresAt } = signedIn.value;
  const seconds = Math.max(0, Math.floor((millisecondsOf(expiresAt) - millisecondsOf(clock.now())) / 1000));
  void reply.header("Set-Cookie", sessionCookie(cookie, seconds, secure(request)));
  return { ok: true, value: principal };
};

/** Signs out; without a session there is nothing to end, and that is the state asked for. */
export const endSession = async (
  identity: IdentityPort,
  credential: Credential,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Result<OperationOutput<"sessions.end">>> => {
  if (credential.kind === "session") {
    const ended = await identity.signOut(credential.cookie);
    if (!ended.ok) return ended;
    void reply.header("Set-Cookie", sessionCookie("", 0, secure(request)));
  }
  return { ok: true, value: {} };
};
