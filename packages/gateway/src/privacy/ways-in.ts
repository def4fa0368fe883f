import { instantOf, ok } from "@moltbot/contracts";
import type { AccessScope, Repositories, Result, StoredToken } from "@moltbot/contracts";

/** What is known of a token: nothing by which anybody could come in, or tell that a guess was right. */
const factsOf = ({ principal: _person, verifier: _verifier, key, ...facts }: StoredToken) => ({
  ...facts,
  needsSignature: key !== null,
});

/**
 * By what a person comes in, as files of their archive: devices, sessions that nobody ended, and tokens. Facts alone: what proves them
 * is kept as keyed verifiers, and stays out.
 */
export const waysIn = async (
  { devices, identity }: Pick<Repositories, "devices" | "identity">,
  scope: AccessScope,
): Promise<Result<readonly (readonly [path: string, list: readonly unknown[]])[]>> => {
  const paired = await devices.list(scope);
  if (!paired.ok) return paired;
  // Also those whose time is over, as long as they are kept.
  const sessions = await identity.listSessions(scope, instantOf(0));
  if (!sessions.ok) return sessions;
  const tokens = await identity.listTokens(scope);
  if (!tokens.ok) return tokens;
  return ok([
    ["devices.json", paired.value],
    ["sessions.json", sessions.value],
    ["tokens.json", tokens.value.map(factsOf)],
  ]);
};
