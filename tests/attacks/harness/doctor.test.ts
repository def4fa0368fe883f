import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type { Capability, OperationRequest, OwnConfiguration, OwnConfigurationReport } from "@moltbot/contracts";
import { drillOwnConfiguration } from "@moltbot/gateway";
import { attackText } from "../../../packages/cli/src/commands/doctor-attack.ts";
import { must, photograph, startAttackHouse } from "../../support/attack-house.ts";
import type { AttackHouse } from "../../support/attack-house.ts";

const TIME = { timeout: 240_000 };

describe("doctor --attack", TIME, () => {
  let house: AttackHouse;
  beforeAll(async () => {
    house = await startAttackHouse();
  }, 60_000);
  afterAll(() => house.close());

  const configuration = async (): Promise<OwnConfiguration> => ({
    settings: must(await house.client.call("config.list", {})),
    policy: must(await house.client.call("policy.get", {})).text,
    agents: must(await house.client.call("agents.list", {})),
    capabilities: must(await house.client.call("capabilities.list", {})),
  });
  const drill = async (): Promise<OwnConfigurationReport> =>
    must(
      await drillOwnConfiguration({
        configuration: await configuration(),
        connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
      }),
    );
  const granted = async (
    wish: Omit<OperationRequest<"capabilities.grant">, "holder" | "expires" | "reason">,
  ): Promise<Capability> =>
    must(
      await house.client.call("capabilities.grant", {
        ...wish,
        holder: house.agent.id,
        expires: "never",
        reason: "for this test",
      }),
    );

  it("finds nothing in a home as it comes, dials nobody, and leaves the home as it was", async () => {
    const before = photograph(house.place.root);
    const report = await drill();
    expect(photograph(house.place.root)).toEqual(before);
    expect(report.tried.length).toBeGreaterThan(20);
    expect(report.tried.filter(({ attempts, reached }) => attempts === 0 || !reached)).toEqual([]);
    expect(report.failures).toEqual([]);
    expect(report.sample).toMatchObject({ cases: 60, reached: 60, succeeded: 0, strayed: 0, failures: [] });
    expect(report.cases).toBe(report.tried.length + 60);
    expect(house.model.requests).toHaveLength(0);
    expect(attackText(report, true)).toContain("Nothing got through");
  });

  it("finds a grant that lets out anything, names it, and says how to narrow it", async () => {
    const wide = await granted({
      tool: "web.fetch",
      constraints: [{ kind: "host-in", argument: "url", hosts: ["news.example.org:443"] }],
      release: [{ source: "any", to: "news.example.org:443" }],
    });
    const report = await drill();
    const found = report.failures.filter(({ tool }) => tool === "web.fetch");
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ grants }) => grants.includes(wide.id))).toBe(true);
    expect(found[0]?.narrow[0]).toBe(`./moltbot capabilities revoke ${wide.id}`);
    expect(attackText(report, true)).toContain(wide.id);
    must(await house.client.call("capabilities.revoke", { capabilityId: wide.id }));
    expect((await drill()).failures.filter(({ tool }) => tool === "web.fetch")).toEqual([]);
  });

  it("goes by the owner's policy, with their agents in it", async () => {
    const wide = await granted({
      tool: "web.fetch",
      constraints: [{ kind: "host-in", argument: "url", hosts: ["news.example.org:443"] }],
      release: [{ source: "any", to: "news.example.org:443" }],
    });
    must(
      await house.client.call("policy.set", {
        text: `forbid (principal == Agent::"${house.agent.id}", action == Action::"fetch", resource);`,
      }),
    );
    const report = await drill();
    must(await house.client.call("policy.set", { text: "" }));
    must(await house.client.call("capabilities.revoke", { capabilityId: wide.id }));
    expect(report.failures.filter(({ tool }) => tool === "web.fetch")).toEqual([]);
  });
});
