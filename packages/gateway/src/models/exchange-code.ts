import { Buffer } from "node:buffer";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import type { Egress, EgressResponse } from "@moltbot/execution/egress";
import { z } from "zod";

const MODEL = "openrouter";
const MOST_BYTES = 16_384;
const SECONDS = 30;

/** What is taken from the answer: the key, if it looks like one. */
const Answer = z.looseObject({ key: z.string().regex(/^[\x21-\x7e]{16,1024}$/) });

const refusalOf = (status: number): MoltbotError =>
  status === 400 || status === 403 || status === 404
    ? moltbotError("CONNECTION_INVALID")
    : moltbotError("MODEL_UNAVAILABLE", { model: MODEL, problem: `it answered with status ${String(status)}` });

const keyOf = ({ status, body }: EgressResponse): Result<string> => {
  if (status !== 200) return err(refusalOf(status));
  try {
    return ok(Answer.parse(JSON.parse(Buffer.from(body).toString("utf8"))).key);
  } catch {
    return err(moltbotError("MODEL_ANSWER_INVALID", { model: MODEL }));
  }
};

/** Exchanges a code for a key, with the verifier that proves who began. Its errors quote nothing of the answer. */
export const exchangeCode = async (
  egress: Pick<Egress, "send">,
  origin: string,
  { code, verifier }: { readonly code: string; readonly verifier: string },
  signal: AbortSignal,
): Promise<Result<string>> => {
  const answer = await egress.send(
    { kind: "provider", origin },
    {
      method: "POST",
      url: `${origin}/api/v1/auth/keys`,
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ code, code_verifier: verifier, code_challenge_method: "S256" }),
      maxBytes: MOST_BYTES,
    },
    AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]),
  );
  if (answer.ok) return keyOf(answer.value);
  return err(moltbotError("MODEL_UNAVAILABLE", { model: MODEL, problem: answer.error.code }));
};
