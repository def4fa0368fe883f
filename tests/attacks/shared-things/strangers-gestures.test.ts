/** Whoever may talk and not stop the house, or not set it going again, says the word instead of asking for the operation. */
import type { OwnRole } from "@moltbot/contracts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { browserCaller, given, signInWith, tokenCaller } from "../../support/people.ts";
import { startStrangeHouse } from "../strangers/house.ts";
import type { Somebody, StrangeHouse } from "../strangers/house.ts";

describe("a word that is a gesture", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let keeper: Somebody;
  let agentId: string;
  let talks: string;

  beforeAll(async () => {
    strange = await startStrangeHouse();
    const operations = ["messages.send", "agents.*", "tokens.create"];
    const role = given<OwnRole>(await strange.local("roles.create", { name: "Talker", base: "admin", operations }));
    keeper = await strange.join("Eve", role.id);
    agentId = given<{ id: string }>(await keeper.browser("agents.create", { name: "hers" })).id;
    talks = given<{ token: string }>(
      await strange.local("tokens.create", { name: "talks", role: "owner", scopes: ["messages.send"] }),
    ).token;
  }, 60_000);
  afterEach(async () => {
    if ((await stopped()) !== null) given(await strange.local("system.resume"));
  });
  afterAll(() => strange.close());

  const stopped = async (): Promise<unknown> =>
    given<{ stopped: unknown }>(await strange.local("system.status")).stopped;
  const WORDS = ["stop", "/stop", " Stop Everything ", "STOPP", "stop!"];

  it("stops nothing for who has a role of the house's own that leaves stopping out, on any surface", async () => {
    expect((await keeper.browser("system.stop")).code).toBe("ROLE_LEAVES_OUT");
    const token = await strange.tokenOf(keeper.browser, { role: "admin" });
    const socket = await mustOpen({ port: strange.port, headers: { cookie: keeper.cookie, origin: strange.url } });
    for (const content of WORDS) {
      await keeper.browser("messages.send", { agentId, content, conversationId: "new" });
      await tokenCaller(strange.url, token)("messages.send", { agentId, content, conversationId: "new" });
      await socket.ask(content, "messages.send", { agentId, content, conversationId: "new" });
      await strange.openAi(token, { model: agentId, messages: [{ role: "user", content }] });
      expect([content, await stopped()]).toEqual([content, null]);
    }
    socket.leave();
  });

  it("neither stops the house nor sets it going for a token that is for talking alone", async () => {
    const call = tokenCaller(strange.url, talks);
    const { id } = strange.house.agent;
    expect((await call("system.stop")).code).toBe("SCOPE_INSUFFICIENT");
    await call("messages.send", { agentId: id, content: "stop", conversationId: "new" });
    expect(await stopped()).toBeNull();
    given(await strange.local("system.stop"));
    expect((await call("system.resume")).code).toBe("SCOPE_INSUFFICIENT");
    await call("messages.send", { agentId: id, content: "/resume", conversationId: "new" });
    expect(await stopped()).not.toBeNull();
    await strange.openAi(talks, { model: id, messages: [{ role: "user", content: "/resume" }] });
    expect(await stopped()).not.toBeNull();
  });

  it("sets nothing going from afar where that is done at the machine itself", async () => {
    const careful = await startStrangeHouse({ approvals: { stepUp: true } });
    try {
      const { url } = given<{ url: string }>(await careful.local("links.create"));
      const { cookie } = await signInWith(careful.url, url);
      const owner = browserCaller(careful.url, cookie);
      const say = (content: string) =>
        owner("messages.send", { agentId: careful.house.agent.id, content, conversationId: "new" });
      given(await say("stop"));
      expect((await owner("system.resume")).code).toBe("STEP_UP_REQUIRED");
      expect((await say("/resume")).code).toBe("EVERYTHING_STOPPED");
      expect(given<{ stopped: unknown }>(await careful.local("system.status")).stopped).not.toBeNull();
    } finally {
      await careful.close();
    }
  });

  it("unplug: it is what the role and the token leave out that keeps the word from counting", async () => {
    const whole = given<{ token: string }>(
      await strange.local("tokens.create", { name: "whole", role: "owner", scopes: ["messages.send", "system.*"] }),
    ).token;
    const { id } = strange.house.agent;
    const say = (content: string) => tokenCaller(strange.url, whole)("messages.send", { agentId: id, content });
    given(await say("stop"));
    expect(await stopped()).not.toBeNull();
    given(await say("/resume"));
    expect(await stopped()).toBeNull();
  });
});
