import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { afterEach, describe, expect, it } from "vitest";
import { codeOf, must } from "../../support/attack-house.ts";
import { scriptedModels, startFittedGateway } from "../../support/fitted-gateway.ts";
import type { FittedGateway } from "../../support/fitted-gateway.ts";
import type { Place } from "../../support/gateway-process.ts";

const places: Place[] = [];
const running: FittedGateway[] = [];
afterEach(async () => {
  for (const house of running.splice(0)) await house.close();
  for (const place of places.splice(0)) place.remove();
});
const open = async (at?: Place): Promise<FittedGateway> => {
  const house = await startFittedGateway({ models: scriptedModels(() => ({ text: "good day" })) }, at);
  running.push(house);
  if (at === undefined) places.push(house.place);
  return house;
};
const WORD = "numbatcherry";

describe("an erasure while the house closes", { timeout: 60_000 }, () => {
  it("is whole or has not begun, at whatever moment the close comes", async () => {
    let house = await open();
    for (const moment of [0, 2, 5, 10, 20, 40]) {
      const { conversationId: id } = await house.send(`remember ${WORD}`);
      const erasing = house.client
        .call("privacy.erase", { subject: { kind: "conversation", id }, confirm: id })
        .catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, moment));
      await house.close();
      const answer = await erasing;
      running.splice(0);
      house = await open(house.place);
      const certificates = must(await house.client.call("privacy.certificates", {}));
      const named = certificates.filter(({ subject }) => subject.id === id);
      const hits = must(await house.client.call("search.messages", { query: WORD })).hits;
      const there = hits.some(({ conversationId }) => conversationId === id);
      const listed = must(await house.client.call("conversations.list", {})).some((one) => one.id === id);
      // Signed for and gone, or there with all that was said in it; never told that it is done when it is not.
      expect([moment, named.length, there, listed]).toEqual([moment, listed ? 0 : 1, listed, listed]);
      if (answer !== null && answer.ok) expect(listed).toBe(false);
      expect(must(await house.client.call("audit.verify", {})).ok).toBe(true);
      if (listed)
        must(await house.client.call("privacy.erase", { subject: { kind: "conversation", id }, confirm: id }));
    }
  });
});

describe("an owner who was erased", { timeout: 60_000 }, () => {
  it("is let in by no token, and nothing of theirs is there for who comes next", async () => {
    const house = await open();
    await house.send(`remember ${WORD}`);
    const { token } = must(await house.client.call("tokens.create", { name: "t", role: "owner" }));
    const [capability] = must(await house.client.call("capabilities.list", {}));
    const issuer = capability?.issuedBy ?? "";
    expect(issuer).not.toBe("");
    const erased = await house.client.call("privacy.erase", {
      subject: { kind: "person", id: issuer },
      confirm: issuer,
    } as never); // the id is a principal's
    expect(codeOf(erased)).toBe("ok");
    // The house that still knows them serves nobody from then on, by any door.
    const remote = createClient({ transport: nodeTransport({ url: house.gateway.url, token }) });
    let codes: string[] = [];
    for (let round = 0; round < 100 && codes[0] !== "VAULT_LOCKED"; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      codes = [codeOf(await remote.call("agents.list", {})), codeOf(await house.client.call("agents.list", {}))];
    }
    expect(codes).toEqual(["VAULT_LOCKED", "VAULT_LOCKED"]);
    await house.close();
    running.splice(0);
    const next = await open(house.place);
    const stale = createClient({ transport: nodeTransport({ url: next.gateway.url, token }) });
    expect(codeOf(await stale.call("agents.list", {}))).toBe("TOKEN_INVALID");
    expect(must(await next.client.call("search.messages", { query: WORD })).hits).toEqual([]);
    expect(must(await next.client.call("conversations.list", {}))).toEqual([]);
    expect(must(await next.client.call("tokens.list", {}))).toEqual([]);
    const log = must(await next.client.call("audit.export", {})).jsonl;
    expect(log).not.toContain(WORD);
    expect(must(await next.client.call("audit.verify", {})).ok).toBe(true);
  });
});
