/** A thief of a token, and programs of one person against each other, at the doors of a whole house. */
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { given, parsed, tokenCaller } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { ABSENT, startStrangeHouse } from "../strangers/house.ts";
import type { Somebody, StrangeHouse } from "../strangers/house.ts";

let strange: StrangeHouse;
let mary: Somebody;
let vic: Somebody;
beforeAll(async () => {
  strange = await startStrangeHouse();
  mary = await strange.join("Mary", "member");
  vic = await strange.join("Vic", "viewer");
}, 60_000);
afterAll(async () => strange.close());

const callerOf = async (wish: Readonly<Record<string, unknown>>): Promise<Caller> =>
  tokenCaller(strange.url, await strange.tokenOf(strange.local, wish));
const turnOf = (json: unknown): unknown =>
  typeof json === "object" && json !== null && "moltbot" in json ? json.moltbot : null;

describe("a thief of the owner's token", () => {
  it.each([
    ["gateway.publicUrl", "https://evil.example"],
    ["gateway.allowedHosts", ["evil.example"]],
    ["gateway.proxies", ["0.0.0.0/0"]],
    ["gateway.host", "0.0.0.0"],
  ])("does not decide where the owner's next link to sign in leads: %s", async (key, value) => {
    const thief = await callerOf({ role: "owner" });
    const before = (await strange.local("config.list")).text;
    expect((await thief("config.set", { key, value })).code).toBe("SCOPE_INSUFFICIENT");
    expect((await strange.local("config.list")).text).toBe(before);
    expect((await thief("links.create")).code).toBe("SCOPE_INSUFFICIENT");
  });

  it("sets what is no way in, as its owner does", async () => {
    const program = await callerOf({ role: "owner" });
    expect((await program("config.set", { key: "limits.moneyPerDay", value: 1000 })).code).toBeNull();
    expect((await strange.local("config.set", { key: "limits.moneyPerDay", value: 0 })).code).toBeNull();
  });

  it("does not seal the vault with words of its own, and gets no code that opens it", async () => {
    const thief = await callerOf({ role: "owner" });
    const before = (await strange.local("vault.status")).text;
    expect((await thief("vault.passphrase", { current: null, next: "words of a thief" })).code).toBe(
      "SCOPE_INSUFFICIENT",
    );
    expect((await thief("vault.recovery", { current: null })).code).toBe("SCOPE_INSUFFICIENT");
    expect((await strange.local("vault.status")).text).toBe(before);
  });

  it("keeps nothing of what it made when the token is revoked, also what it is making at that moment", async () => {
    const root = given<{ id: string; token: string }>(await strange.local("tokens.create", { role: "owner" }));
    let last = root.token;
    for (let depth = 0; depth < 5; depth += 1)
      last = await strange.tokenOf(tokenCaller(strange.url, last), { role: "owner" });
    const socket = await mustOpen({ port: strange.port, headers: { authorization: `Bearer ${last}` } });
    const call = tokenCaller(strange.url, last);
    const racing = Array.from({ length: 10 }, () => call("tokens.create", { role: "owner" }));
    expect((await strange.local("tokens.revoke", { tokenId: root.id })).code).toBeNull();
    for (const made of await Promise.all(racing))
      if (made.code === null) {
        const { token } = given<{ token: string }>(made);
        expect((await tokenCaller(strange.url, token)("agents.list")).code).toBe("TOKEN_INVALID");
      }
    expect((await call("agents.list")).code).toBe("TOKEN_INVALID");
    expect(await socket.closed).toBe(1008);
  });
});

describe("two programs of one person", () => {
  it("neither hear each other's answers nor take each other's place by a key that both guess", async () => {
    const wish = { scopes: ["messages.send", "agents.list"] };
    const [one, other] = [await strange.tokenOf(strange.local), await strange.tokenOf(strange.local, wish)];
    const key = { "idempotency-key": "nightly-2026-11-24" };
    const say = (token: string, content: string) =>
      strange.openAi(token, { model: "Moltbot", messages: [{ role: "user", content }] }, key);
    const squatted = await say(other, "of whoever was there first");
    const asked = await say(one, "the job of the night");
    const again = await say(one, "the job of the night");
    expect([squatted.status, asked.status, again.status]).toEqual([200, 200, 200]);
    expect(turnOf(asked.json)).not.toEqual(turnOf(squatted.json));
    expect(turnOf(again.json)).toEqual(turnOf(asked.json));
    const input = { agentId: strange.house.agent.id, conversationId: "new", idempotencyKey: "another-night" };
    const turns = await Promise.all(
      [one, other, one].map(async (token) =>
        given<{ turnId: string }>(await tokenCaller(strange.url, token)("messages.send", { ...input, content: "x" })),
      ),
    );
    expect(new Set(turns.map(({ turnId }) => turnId)).size).toBe(2);
  });

  it("of which one was made with the other share what that one may use", async () => {
    const limited = await strange.tokenOf(strange.local, { role: "owner", tokensPerDay: 3 });
    const made = await strange.tokenOf(tokenCaller(strange.url, limited), { role: "owner", tokensPerDay: 900_000 });
    const chat = { model: "Moltbot", messages: [{ role: "user", content: "x" }] };
    const tools = [{ type: "function", function: { name: "a", parameters: { type: "object" } } }];
    const codes: (string | null)[] = [];
    for (const token of [made, limited, made]) codes.push((await strange.openAi(token, { ...chat, tools })).code);
    expect(codes).toEqual([null, null, "BUDGET_EXHAUSTED"]);
    expect((await strange.openAi(limited, { ...chat, tools })).code).toBe("BUDGET_EXHAUSTED");
    expect(turnOf((await strange.openAi(made, chat)).json)).toMatchObject({ code: "BUDGET_EXHAUSTED" });
  });
});

const TWICE = [
  `{"name":"a","n\\u0061me":"b"}`,
  `{"\\u006eame":"a","name":"b"}`,
  `{"name":"a","scopes":["agents.list"],"scop\\u0065s":null}`,
  `{"name":"a","key":{"kty":"OKP","k\\u0074y":"EC"}}`,
  `{"name":"a","x":[[{"a":1,"a":2}]]}`,
  `{"name":"a\\"","name\\"":1,"name":"b"}`,
  `{"name":"\\\\","name":"b"}`,
  `{"":1,"":2}`,
  `\uFEFF{"name":"a","name":"b"}`,
  `{"name" : "a" ,\n\t"name"\r: "b"}`,
];
const sendText = (where: object, path: string, body: string, headers = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const sending = request(
      { ...where, method: "POST", path, headers: { "content-type": "application/json", ...headers } },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () => resolve(text));
      },
    );
    sending.on("error", reject).end(body);
  });

describe("a key that stands twice", () => {
  it("is refused at every door, however it is written, and nothing is made", async () => {
    const token = await strange.tokenOf(strange.local, { role: "owner" });
    const authorization = `Bearer ${token}`;
    const countTokens = async (): Promise<number> =>
      given<readonly unknown[]>(await strange.local("tokens.list")).length;
    const before = await countTokens();
    const listener = { host: "127.0.0.1", port: strange.port };
    const local = { socketPath: join(strange.house.place.home, "run", "gateway.sock") };
    const socket = await mustOpen({ port: strange.port, headers: { authorization } });
    for (const body of TWICE) {
      expect(await sendText(listener, "/v2/tokens", body, { authorization })).toContain("stands twice");
      expect(await sendText(listener, "/openai/v1/chat/completions", body, { authorization })).toContain(
        "stands twice",
      );
      expect(await sendText(local, "/v2/tokens", body)).toContain("stands twice");
      const heard = socket.heard.length;
      const frame = body.startsWith("\uFEFF") ? body.slice(1) : body;
      socket.sendFrame(1, Buffer.from(`{"id":"1","operation":"tokens.create","input":${frame}}`));
      await expect.poll(() => socket.heard.length).toBe(heard + 1);
      expect(JSON.stringify(socket.heard.at(-1))).toContain("stands twice");
    }
    socket.leave();
    expect(await countTokens()).toBe(before);
  });
});

describe("what somebody who may only look is told", () => {
  it("of the house: neither where its data lies nor what others use", async () => {
    const { text, json } = await vic.browser("system.status");
    expect(json).toMatchObject({ home: null, auditRecords: null, agents: 0 });
    expect(text).not.toContain(strange.house.place.root);
    expect((await vic.browser("usage.show", { of: "house" })).code).toBe("ROLE_INSUFFICIENT");
    for (const somebody of [mary, vic]) {
      const said = await somebody.browser("usage.show", { days: 90 });
      const { rows } = given<{ rows: readonly { subject: { kind: string; id: string } }[] }>(said);
      expect(new Set(rows.map(({ subject }) => `${subject.kind} ${subject.id}`))).toEqual(
        new Set([`person ${somebody.id}`]),
      );
    }
  });

  it("by the OpenAI surface: of an agent of somebody else's the same as of none, and no more than elsewhere", async () => {
    const token = await strange.tokenOf(mary.browser);
    const saying = async (model: string): Promise<string> => {
      const { status, text } = await strange.openAi(token, { model, messages: [{ role: "user", content: "x" }] });
      expect(Object.keys(parsed(text) as object)).toEqual(["error"]);
      return `${String(status)} ${text.replace(`called ${model}.`, "called ….")}`;
    };
    const none = await saying(ABSENT);
    for (const model of ["Moltbot", strange.house.agent.id, "moltbot"]) expect(await saying(model)).toBe(none);
    expect(none).not.toMatch(/stack|traceId|context|home|\/tmp/);
  });
});

describe("guesses of tokens", () => {
  it("are not looked at while an address is locked out, also a right one that nobody used lately", async () => {
    const [used, unused] = [await strange.tokenOf(mary.browser), await strange.tokenOf(mary.browser)];
    const ask = async (token: string) => (await tokenCaller(strange.url, token)("agents.list")).code;
    expect(await ask(used)).toBeNull();
    const codes: (string | null)[] = [];
    for (let guess = 0; guess < 20; guess += 1) codes.push(await ask(`mb_${String(guess).padStart(43, "A")}`));
    expect(codes.filter((code) => code === "TOKEN_INVALID").length).toBeLessThanOrEqual(6);
    expect(codes.at(-1)).toBe("LOCKED_OUT");
    expect(await ask(unused)).toBe("LOCKED_OUT");
    expect(await ask(used)).toBeNull();
  });
});
