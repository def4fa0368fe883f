import { expect } from "vitest";
import { must } from "../../support/attack-house.ts";
import type { AttackHouse } from "../../support/attack-house.ts";

/** Signs a browser of the owner in and gives its cookie. */
export const signIn = async (house: AttackHouse): Promise<string> => {
  const { url } = must(await house.client.call("links.create", {}));
  const answer = await house.http({
    method: "POST",
    path: "/v2/sessions",
    headers: { "content-type": "application/json", origin: house.gateway.url },
    body: JSON.stringify({ code: url.split("#code=")[1] }),
  });
  expect(answer.status).toBe(201);
  return answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
};

/** What the owner holds dear: an attack that changed any of it has won. */
export const world = async ({ client }: AttackHouse) => ({
  agents: must(await client.call("agents.list", {})).map(({ id, name }) => `${id} ${name}`),
  conversations: must(await client.call("conversations.list", {})).length,
  tokens: must(await client.call("tokens.list", {})).map(({ id, role }) => `${id} ${role}`),
  devices: must(await client.call("devices.list", {})).map(({ id, revokedAt }) => `${id} ${String(revokedAt)}`),
  secrets: must(await client.call("secrets.list", {})).map(({ name }) => name),
  settings: must(await client.call("config.list", {})).map(({ key, value }) => [key, value]),
  policy: must(await client.call("policy.get", {})).version,
  stopped: must(await client.call("system.status", {})).stopped,
});

export const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });
