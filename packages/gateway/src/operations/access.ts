import { ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "tokens.create" | "tokens.list" | "tokens.revoke" | "links.create" | "sessions.current"
>;

/** The page of the web app that turns a one-time code into a session; the code is in the fragment, which no server or log sees. */
export const signInUrl = (address: string, code: string): string => `${address}/signin#code=${code}`;

export const accessOperations = ({ identity, facts }: OperationPorts): Handlers => ({
  "tokens.create": async ({ principal }, wish) => {
    const created = await identity.createToken(principal, wish);
    return created.ok ? ok({ ...created.value, role: wish.role }) : created;
  },
  "tokens.list": ({ principal }) => identity.listTokens(principal),
  "tokens.revoke": async ({ principal }, { tokenId }) => {
    const revoked = await identity.revokeToken(principal, tokenId);
    return revoked.ok ? ok({}) : revoked;
  },
  "links.create": async ({ principal, surface }) => {
    const made = await identity.createSignInCode(principal, { strong: surface === "local" });
    return made.ok ? ok({ url: signInUrl(facts.address(), made.value.code), expiresAt: made.value.expiresAt }) : made;
  },
  "sessions.current": async ({ principal }) => ok(principal),
});
