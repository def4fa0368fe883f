import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "@moltbot/client";
import { codeOf, must, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse } from "../support/attack-house.ts";

describe("an owner's token in the wrong hands, while proofs are asked for", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let thief: Client;

  beforeAll(async () => {
    house = await startAttackHouse({ settings: { approvals: { stepUp: true } } });
    thief = house.clientOf(await house.tokenOf("owner"));
    must(await house.client.call("policy.set", { text: "forbid(principal, action, resource);" }));
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });

  /** What the owner holds dear. */
  const world = async () => ({
    grants: must(await house.client.call("capabilities.list", {})).map(({ id }) => id),
    agents: must(await house.client.call("agents.list", {})).map(({ id }) => id),
    tokens: must(await house.client.call("tokens.list", {})).map(({ name }) => name),
    secrets: must(await house.client.call("secrets.list", {})).map(({ name }) => name),
    policy: must(await house.client.call("policy.get", {})).version,
    stepUp: must(await house.client.call("config.list", {})).find(({ key }) => key === "approvals.stepUp")?.value,
  });
  const loosen = async (client: Client): Promise<readonly string[]> => [
    codeOf(await client.call("policy.set", { text: "" })),
    codeOf(
      await client.call("capabilities.grant", {
        holder: house.agent.id,
        tool: "web.fetch",
        constraints: [{ kind: "host-in", argument: "url", hosts: ["evil.example:443"] }],
        expires: "never",
        reason: "x",
      }),
    ),
    codeOf(await client.call("agents.create", { name: "mole" })),
    codeOf(await client.call("links.create", {})),
    codeOf(await client.call("tokens.create", { name: "spare", role: "owner" })),
    codeOf(await client.call("secrets.set", { name: "bait", value: "v", hosts: ["evil.example"] })),
    codeOf(await client.call("config.set", { key: "approvals.stepUp", value: false })),
  ];

  it("loosens nothing", async () => {
    const before = await world();
    expect(new Set(await loosen(thief))).toEqual(new Set(["STEP_UP_REQUIRED"]));
    expect(await world()).toEqual(before);
    const refusals = must(await house.client.call("audit.list", {})).filter(
      ({ event }) => event === "operation:refused",
    );
    expect(refusals).toHaveLength(7);
  });

  it("may stop everything, and go on with nothing brought back", async () => {
    must(await thief.call("system.stop", {}));
    expect(codeOf(await thief.call("system.resume", {}))).toBe("STEP_UP_REQUIRED");
    expect(codeOf(await thief.call("system.resume", { grants: "all" }))).toBe("STEP_UP_REQUIRED");
    expect(must(await house.client.call("system.status", {})).stopped).not.toBeNull();
    must(await thief.call("system.resume", { grants: "none" }));
    expect(must(await house.client.call("capabilities.list", {}))).toEqual([]);
  });

  it("unplug: with proofs not asked for, the same token does it all", async () => {
    must(await house.client.call("config.set", { key: "approvals.stepUp", value: false }));
    const before = await world();
    // A link signs in as the whole person: no token makes one out of itself, whatever is asked for.
    expect(await loosen(thief)).toEqual(["ok", "ok", "ok", "SCOPE_INSUFFICIENT", "ok", "ok", "ok"]);
    const after = await world();
    expect(after).toMatchObject({
      tokens: [...before.tokens, "spare"],
      secrets: ["bait"],
      policy: "none",
      stepUp: false,
    });
    expect(after.agents.length).toBe(before.agents.length + 1);
    expect(after.grants.length).toBeGreaterThan(before.grants.length);
  });
});
