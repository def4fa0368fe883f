/** Somebody with a role of the house's own comes by odd ways, while it is given, taken or narrowed, and waits for what began before. */
import { request } from "node:http";
import type { Agent, OwnRole, Person, TurnReport } from "@moltbot/contracts";
import { OPERATIONS } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserCaller, given, signInWith, tokenCaller } from "../../support/people.ts";
import type { Caller, Said } from "../../support/people.ts";
import { startStrangeHouse } from "../strangers/house.ts";
import type { Somebody, StrangeHouse } from "../strangers/house.ts";

let count = 0;
const fresh = (word: string): string => `${word} ${String((count += 1))}`;

describe("a role of the house's own, by odd ways", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  beforeAll(async () => {
    strange = await startStrangeHouse();
  }, 60_000);
  afterAll(() => strange.close());

  const make = async (operations: readonly string[], base = "member"): Promise<OwnRole> =>
    given(await strange.local("roles.create", { name: fresh("role"), base, operations }));
  const join = (role: string): Promise<Somebody> => strange.join(fresh("Ada"), role);

  /** The bytes of the path as they are: no client tidies them up. */
  const raw = (method: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(strange.url);
      const asked = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      });
      asked.on("error", reject);
      asked.end();
    });

  it("is asked for by no other spelling of a path, method or header", async () => {
    const ada = await join((await make(["people.list"])).id);
    const token = given<{ token: string }>(
      await strange.local("tokens.create", { name: "x", scopes: ["people.list"] }),
    ).token;
    const spellings = (path: string): readonly string[] => [
      path,
      `${path}/`,
      `/${path}`,
      path.replace("/v2", "/V2"),
      path.toUpperCase(),
      path.replace("/v2/", "/v2//"),
      path.replace("/v2/", "/v2/./"),
      path.replace("/v2/", "/v2/people/../"),
      path.replace("/v2/", "/v2/people/%2e%2e/"),
      path.replace("/v2/", "/v2%2f"),
      path.replace(/\w$/u, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      `${path};x`,
      `${path}?operation=people.list`,
      `${path}#people`,
      `${path}%00`,
      `${strange.url}${path}`,
    ];
    const reads = ["agents.list", "secrets.list", "audit.list", "search.messages", "access.explain"] as const;
    const through: string[] = [];
    for (const name of reads)
      for (const path of spellings(OPERATIONS[name].path))
        for (const [method, more] of [
          ["GET", {}],
          ["HEAD", {}],
          ["POST", { "x-http-method-override": "GET", "content-type": "application/json" }],
        ] as const)
          for (const headers of [{ cookie: ada.cookie, origin: strange.url }, { authorization: `Bearer ${token}` }]) {
            const status = await raw(method, path, { ...headers, ...more, "x-original-url": "/v2/people" });
            if (status < 400) through.push(`${method} ${path} ${String(status)}`);
          }
    expect(through).toEqual([]);
    expect(await raw("GET", "/v2/people", { cookie: ada.cookie, origin: strange.url })).toBe(200);
  });

  it("is nobody's and everybody's at once by no race of giving it with taking it away", async () => {
    for (let n = 0; n < 12; n += 1) {
      const role = await make(["people.list"]);
      const ada = await join("member");
      const [gave, invited, removed] = await Promise.all([
        strange.local("people.change", { personId: ada.id, role: role.id }),
        strange.local("people.invite", { name: fresh("Bob"), role: role.id }),
        strange.local("roles.remove", { roleId: role.id }),
      ]);
      const there = given<OwnRole[]>(await strange.local("roles.list")).some(({ id }) => id === role.id);
      const have = given<Person[]>(await strange.local("people.list")).filter(({ ownRole }) => ownRole === role.id);
      expect(removed.code === null).toBe(!there);
      if (!there) expect(have).toEqual([]);
      if (gave.code === null) expect((await ada.browser("agents.create", { name: "x" })).code).toBe("ROLE_LEAVES_OUT");
      if (invited.code !== null) continue;
      const bob = await signInWith(strange.url, given<{ url: string }>(invited).url);
      expect((await browserCaller(strange.url, bob.cookie)("agents.create", { name: "x" })).code).toBe(
        "ROLE_LEAVES_OUT",
      );
    }
  });

  it("gives nothing of what was asked for before it and is answered after it", async () => {
    const role = await make(["people.list", "agents.list"]);
    const ada = await join("member");
    const agentId = given<Agent>(await ada.browser("agents.create", { name: "hers" })).id;
    const token = await strange.tokenOf(ada.browser);
    const program = tokenCaller(strange.url, token);
    const letGo = strange.hold();
    const begun = given<TurnReport>(
      await ada.browser("messages.send", { agentId, content: "hello", conversationId: "new", wait: false }),
    );
    const waits = (call: Caller): Promise<Said> => call("turns.get", { turnId: begun.turnId, wait: "true" });
    const late = [
      waits(ada.browser),
      waits(program),
      program("messages.send", { agentId, content: "again", conversationId: "new" }),
      strange.openAi(token, { model: agentId, messages: [{ role: "user", content: "hi" }] }),
      strange.openAi(token, { model: agentId, stream: true, messages: [{ role: "user", content: "hi" }] }),
    ];
    await new Promise((resolve) => setTimeout(resolve, 100));
    given(await strange.local("people.change", { personId: ada.id, role: role.id }));
    // It holds within a second.
    await new Promise((resolve) => setTimeout(resolve, 950));
    letGo();
    for (const said of await Promise.all(late)) {
      expect(said.text).not.toContain("So be it");
      expect(said.text).toMatch(/ROLE_LEAVES_OUT|NOT_SIGNED_IN/u);
    }
  });

  it("leaves the OpenAI-compatible surface out with the operations that it is", async () => {
    const ada = await join("member");
    given<Agent>(await ada.browser("agents.create", { name: "zqhers" }));
    const token = await strange.tokenOf(ada.browser);
    const models = (path = "") =>
      fetch(`${strange.url}/openai/v1/models${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await models()).text()).toContain("zqhers");
    given(await strange.local("people.change", { personId: ada.id, role: (await make(["people.list"])).id }));
    for (const answer of [await models(), await models("/zqhers"), await models("/nothing")]) {
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain("ROLE_LEAVES_OUT");
    }
  });
});
