import { ok } from "@moltbot/contracts";
import type { OperationHandlers, Result } from "@moltbot/contracts";
import { inPerson } from "./in-person.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  | "tokens.create"
  | "tokens.list"
  | "tokens.revoke"
  | "links.create"
  | "sessions.current"
  | "sessions.list"
  | "sessions.revoke"
  | "devices.invite"
  | "devices.list"
  | "devices.revoke"
>;

/** The page of the web app that turns a one-time code into a session; the code is in the fragment, which no server or log sees. */
export const signInUrl = (address: string, code: string): string => `${address}/signin#code=${code}`;

/** What a QR code of a pairing shows: where the gateway is, with the code in the fragment. */
export const pairingUrl = (address: string, code: string): string => `${address}/#pair=${code}`;

const nothing = (done: Result<void>): Result<Record<string, never>> => (done.ok ? ok({}) : done);

/** How people come in: tokens, links, sessions and devices, everybody their own. */
export const accessOperations = ({ identity, facts }: OperationPorts): Handlers => ({
  "tokens.create": async ({ principal, proof }, wish) => {
    const created = await identity.createToken(principal, wish, proof);
    return created.ok ? ok({ ...created.value, role: wish.role }) : created;
  },
  "tokens.list": ({ principal }) => identity.listTokens(principal),
  "tokens.revoke": async ({ principal }, { tokenId }) => nothing(await identity.revokeToken(principal, tokenId)),
  "links.create": async (context) => {
    const allowed = inPerson(context, "links.create");
    if (!allowed.ok) return allowed;
    const made = await identity.createSignInCode(context.principal, { strong: context.surface === "local" });
    return made.ok
      ? ok({ url: signInUrl(facts.linkAddress(), made.value.code), expiresAt: made.value.expiresAt })
      : made;
  },
  "sessions.current": async ({ principal }) => ok(principal),
  "sessions.list": ({ principal, proof }) => identity.listSessions(principal, proof),
  "sessions.revoke": async ({ principal }, { sessionId }) =>
    nothing(await identity.revokeSession(principal, sessionId)),
  "devices.invite": async (context) => {
    const allowed = inPerson(context, "devices.invite");
    if (!allowed.ok) return allowed;
    const made = await identity.createPairing(context.principal);
    return made.ok ? ok({ ...made.value, url: pairingUrl(facts.linkAddress(), made.value.code) }) : made;
  },
  "devices.list": async ({ principal }) => {
    const listed = await identity.listDevices(principal);
    return listed.ok ? ok([...listed.value]) : listed;
  },
  "devices.revoke": async ({ principal }, { deviceId }) => nothing(await identity.revokeDevice(principal, deviceId)),
});
