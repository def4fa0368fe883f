import { afterEach, describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { RequestContext } from "@moltbot/contracts";
import { ask, askRaw, bearer, followStream, startServer } from "../testing/start-server.ts";
import type { Answer, TestServer, Wish } from "../testing/start-server.ts";
import { OWNER } from "../testing/sample.ts";
import type { ChatAnswer, ChatRequest, OpenAiHandlers } from "./handlers.ts";

const CHAT = "/openai/v1/chat/completions";
const answer = (more: Partial<ChatAnswer> = {}): ChatAnswer => ({
  text: "hello",
  calls: [],
  finish: "stop",
  usage: null,
  turn: null,
  ...more,
});
const body = (more: object = {}): string =>
  JSON.stringify({ model: "moltbot", messages: [{ role: "user", content: "hi" }], ...more });

const open: TestServer[] = [];
afterEach(async () => {
  for (const { server } of open.splice(0)) await server.close();
});

const start = async (chat: OpenAiHandlers["chat"] = async () => ok(answer()), wish: Wish = {}) => {
  const heard: { readonly context: RequestContext; readonly request: ChatRequest }[] = [];
  const started = await startServer({
    openai: {
      models: async () => ok([{ id: "Moltbot", created: 1_700_000_000 }]),
      chat: async (context, request, emit) => {
        heard.push({ context, request });
        return chat(context, request, emit);
      },
    },
    ...wish,
  });
  open.push(started);
  const { port } = started;
  const post = (text: string, headers: Readonly<Record<string, string>> = bearer("owner-token")): Promise<Answer> =>
    ask({ port, method: "POST", path: CHAT, headers, body: text });
  const get = (path: string, headers: Readonly<Record<string, string>> = bearer("owner-token")): Promise<Answer> =>
    ask({ port, path, headers });
  return { ...started, heard, post, get };
};
const errorOf = ({ json }: Answer) => json["error"] as Readonly<Record<string, unknown>>;
const dataOf = (text: string): readonly unknown[] =>
  text
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: ") && !frame.includes("[DONE]"))
    .map((frame) => JSON.parse(frame.slice(6)) as unknown);

describe("the OpenAI-compatible surface", () => {
  it("answers a completion in its form, to whoever the token names, with the untrusted token's word for its integrity", async () => {
    const { post, heard } = await start(async () =>
      ok(
        answer({
          usage: { inputTokens: 3, outputTokens: 4 },
          turn: { id: "t", conversationId: "c", state: "done", code: null },
        }),
      ),
    );
    const got = await post(body({ user: "u1" }), bearer("untrusted-token"));
    expect(got.status).toBe(200);
    expect(got.json).toMatchObject({
      object: "chat.completion",
      created: 1_763_800_000,
      model: "moltbot",
      choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      moltbot: { turn_id: "t", conversation_id: "c", state: "done" },
    });
    expect(got.headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(heard).toMatchObject([
      { context: { principal: OWNER, proof: { integrity: "untrusted" } }, request: { user: "u1" } },
    ]);
  });

  it("gives calls to the client, and no content beside them", async () => {
    const call = { id: "call_1", tool: "get_weather", arguments: '{"city":"Paris"}' };
    const { post } = await start(async () => ok(answer({ text: "", calls: [call], finish: "tool_calls" })));
    expect((await post(body())).json["choices"]).toMatchObject([
      {
        message: {
          content: null,
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } },
          ],
        },
        finish_reason: "tool_calls",
      },
    ]);
  });

  it("lists the agents as models, and shows one", async () => {
    const { get } = await start();
    const model = { id: "Moltbot", object: "model", created: 1_700_000_000, owned_by: "moltbot" };
    expect((await get("/openai/v1/models")).json).toEqual({ object: "list", data: [model] });
    expect((await get("/openai/v1/models/Moltbot")).json).toEqual(model);
    const missing = await get("/openai/v1/models/gpt-4");
    expect(missing.status).toBe(404);
    expect(errorOf(missing)).toMatchObject({ code: "MODEL_UNKNOWN", param: "model", type: "not_found_error" });
  });

  it("streams the role, the words, the calls, the finish, the usage and the end", async () => {
    const call = { id: "call_1", tool: "f", arguments: "{}" };
    const { port } = await start(async (_, __, emit) => {
      emit({ type: "begun" });
      emit({ type: "text", text: "a" });
      emit({ type: "call", call });
      return ok(answer({ text: "a", calls: [call], finish: "tool_calls", usage: { inputTokens: 1, outputTokens: 2 } }));
    });
    const wish = body({ stream: true, stream_options: { include_usage: true } });
    const { ended, text, status } = await followStream(port, CHAT, bearer("owner-token"), wish);
    await ended;
    expect(status).toBe(200);
    expect(dataOf(text())).toMatchObject([
      {
        object: "chat.completion.chunk",
        choices: [{ delta: { role: "assistant", content: "" }, finish_reason: null }],
      },
      { choices: [{ delta: { content: "a" } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "f" } }] } }] },
      { choices: [{ delta: {}, finish_reason: "tool_calls" }] },
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
    ]);
    expect(text().endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("gives an error that comes before the first piece a status, and a later one the last event", async () => {
    const early = await start(async () => err(moltbotError("MODEL_RATE_LIMITED", { retryAfter: 7 })));
    const refused = await early.post(body({ stream: true }));
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "7"]);
    expect(errorOf(refused)).toMatchObject({ code: "MODEL_RATE_LIMITED", type: "rate_limit_error", param: null });

    const late = await start(async (_, __, emit) => {
      emit({ type: "text", text: "half" });
      return err(moltbotError("MODEL_ANSWER_INVALID", { model: "m" }));
    });
    const { ended, text } = await followStream(late.port, CHAT, bearer("owner-token"), body({ stream: true }));
    await ended;
    expect(dataOf(text()).at(-1)).toMatchObject({ error: { code: "MODEL_ANSWER_INVALID", type: "server_error" } });
    expect(text()).not.toContain("[DONE]");
  });

  it("says nothing of the inside of a failure, whether it streams or not", async () => {
    const { post, logged } = await start(async () => {
      throw new Error("secret inside");
    });
    for (const wish of [body(), body({ stream: true })]) {
      const failed = await post(wish);
      expect([failed.status, errorOf(failed)["code"]]).toEqual([500, "INTERNAL"]);
      expect(failed.text + logged.join("\n")).not.toContain("secret inside");
    }
  });

  it("ends a stream whose token was revoked, and raises the signal of whoever makes the answer", async () => {
    let signal: AbortSignal | null = null;
    const { port, identity } = await start(
      async (context, _, emit) => {
        signal = context.signal;
        emit({ type: "text", text: "going" });
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        return ok(answer());
      },
      { heartbeat: 20 },
    );
    const { until, ended, text } = await followStream(port, CHAT, bearer("owner-token"), body({ stream: true }));
    await until("going");
    identity.revoked.add("owner-token");
    await ended;
    expect(dataOf(text()).at(-1)).toMatchObject({ error: { code: "NOT_SIGNED_IN" } });
    expect(signal).toMatchObject({ aborted: true });
  });

  it("gives nothing to whoever was shut out while the answer was made", async () => {
    const { post, identity } = await start(async () => {
      identity.revoked.add("owner-token");
      return ok(answer({ text: "a late secret" }));
    });
    const late = await post(body());
    expect([late.status, errorOf(late)["code"]]).toEqual([401, "NOT_SIGNED_IN"]);
    expect(late.text).not.toContain("a late secret");
  });

  it("raises the signal when the client goes away, with and without a stream", async () => {
    const gone: string[] = [];
    const { port } = await start(async (context, { user }, emit) => {
      emit({ type: "begun" });
      await new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve()));
      gone.push(user ?? "");
      return ok(answer());
    });
    const streamed = await followStream(port, CHAT, bearer("owner-token"), body({ stream: true, user: "streamed" }));
    streamed.leave();
    const leaving = new AbortController();
    const plain = fetch(`http://127.0.0.1:${port}${CHAT}`, {
      method: "POST",
      headers: { ...bearer("owner-token"), "content-type": "application/json" },
      body: body({ user: "plain" }),
      signal: leaving.signal,
    }).catch(() => undefined);
    setTimeout(() => leaving.abort(), 50);
    await plain;
    await expect.poll(() => gone.toSorted()).toEqual(["plain", "streamed"]);
  });
});

describe("what may speak on the OpenAI-compatible surface", () => {
  const BROWSER = { origin: "http://ORIGIN", "sec-fetch-site": "same-origin" };

  it("refuses nobody, a wrong token, a viewer and a token for something else, in the protocol's form", async () => {
    const { post, get, heard } = await start();
    const refusals = [
      await post(body(), {}),
      await post(body(), bearer("nonsense")),
      await post(body(), bearer("viewer-token")),
      await post(body(), bearer("reading-token")),
      await get("/openai/v1/models", bearer("sending-token")),
    ];
    expect(refusals.map((one) => [one.status, errorOf(one)["code"], errorOf(one)["type"]])).toEqual([
      [401, "NOT_SIGNED_IN", "authentication_error"],
      [401, "TOKEN_INVALID", "authentication_error"],
      [403, "ROLE_INSUFFICIENT", "permission_error"],
      [403, "SCOPE_INSUFFICIENT", "permission_error"],
      [403, "SCOPE_INSUFFICIENT", "permission_error"],
    ]);
    expect(heard).toEqual([]);
    expect((await post(body(), bearer("sending-token"))).status).toBe(200);
    expect((await get("/openai/v1/models", bearer("reading-token"))).status).toBe(200);
  });

  it("lets no cookie speak, not even from the gateway's own page", async () => {
    const { post, get, port, heard } = await start();
    const page = { cookie: "moltbot_session=good-cookie", ...BROWSER, origin: `http://127.0.0.1:${port}` };
    for (const got of [await post(body(), page), await get("/openai/v1/models", page)])
      expect([got.status, errorOf(got)["code"]]).toEqual([401, "NOT_SIGNED_IN"]);
    expect(heard).toEqual([]);
  });

  it("unplug: where a cookie may speak, the same page of the gateway is answered, so the surface's own refusal is what stopped it", async () => {
    const { port } = await start();
    const page = { cookie: "moltbot_session=good-cookie", ...BROWSER, origin: `http://127.0.0.1:${port}` };
    const elsewhere = await ask({ port, path: "/v2/agents", headers: page });
    expect(elsewhere.status).toBe(200);
  });

  it("takes no token in an address, no foreign host and no other site's page", async () => {
    const { port, heard } = await start();
    const owner = bearer("owner-token");
    const inAddress = await ask({ port, method: "POST", path: `${CHAT}?api_key=owner-token`, body: body() });
    expect([inAddress.status, errorOf(inAddress)["code"]]).toEqual([400, "REQUEST_INVALID"]);
    const headers = [{ host: "evil.example" }, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }];
    const statuses = [];
    for (const more of headers)
      statuses.push(await ask({ port, method: "POST", path: CHAT, headers: { ...owner, ...more }, body: body() }));
    expect(statuses.map((got) => [got.status, errorOf(got)["code"], errorOf(got)["type"]])).toEqual([
      [421, "REQUEST_HOST_REFUSED", "invalid_request_error"],
      [403, "REQUEST_ORIGIN_REFUSED", "permission_error"],
      [403, "REQUEST_ORIGIN_REFUSED", "permission_error"],
    ]);
    expect(heard).toEqual([]);
  });

  it("counts requests as everywhere, and says when to come back", async () => {
    const { post } = await start(undefined, { rateLimits: { perPrincipal: 4, unauthenticated: 100_000, files: 1000 } });
    const got = [await post(body()), await post(body())];
    const [, limited] = got;
    expect(got.map(({ status }) => status)).toEqual([200, 429]);
    expect(limited?.headers["retry-after"]).toBe("1");
    expect(limited === undefined ? null : errorOf(limited)["code"]).toBe("RATE_LIMITED");
  });

  it("says LOCKED_OUT, a flood's end and what it cannot read in the protocol's form too", async () => {
    const locked = await start();
    locked.identity.lockedOut = true;
    const out = await locked.post(body(), bearer("nonsense"));
    expect([out.status, out.headers["content-type"]]).toEqual([429, "application/json"]);
    expect(errorOf(out)).toMatchObject({ code: "LOCKED_OUT", type: "rate_limit_error", param: null });
    expect(Number(out.headers["retry-after"])).toBeGreaterThan(0);

    const flooded = await start(undefined, { rateLimits: { perPrincipal: 1000, unauthenticated: 1, files: 1000 } });
    const codes = new Set<unknown>();
    for (let index = 0; index < 60; index += 1) {
      const got = await flooded.post(body(), bearer(`guess-${index}`));
      const { message, type } = errorOf(got);
      expect([typeof message, typeof type]).toEqual(["string", "string"]);
      codes.add(errorOf(got)["code"]);
    }
    expect(codes).toContain("RATE_LIMITED");

    const { port } = await start();
    const raw = await askRaw(
      port,
      `GET /openai/v1/%zz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(raw).toContain("content-type: application/json\r\n");
    expect(raw).toContain(`"code":"ROUTE_NOT_FOUND"`);
    const upgrade = await askRaw(
      port,
      `GET ${CHAT} HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(upgrade).toContain(`{"error":{"message"`);
    for (const got of [raw, upgrade]) expect(got.toLowerCase()).not.toContain("problem+json");
  });

  it("refuses a body in which a key stands twice, naming it in the protocol's form", async () => {
    const { post, heard } = await start();
    const refused = await post(`{"model":"moltbot","messages":[{"role":"system","content":"x","role":"user"}]}`);
    expect(refused.status).toBe(400);
    expect(errorOf(refused)).toMatchObject({ code: "REQUEST_INVALID", param: "role", type: "invalid_request_error" });
    expect(heard).toEqual([]);
  });

  it("reads bounded JSON alone", async () => {
    const { post, heard, port } = await start();
    const large = await post(body({ padding: "x".repeat(1_100_000) }));
    expect([large.status, errorOf(large)["code"]]).toEqual([413, "REQUEST_TOO_LARGE"]);
    const broken = await post("{");
    expect([broken.status, errorOf(broken)["code"]]).toEqual([400, "REQUEST_NOT_JSON"]);
    const typed = await ask({
      port,
      method: "POST",
      path: CHAT,
      headers: { ...bearer("owner-token"), "content-type": "text/plain" },
      body: body(),
    });
    expect(errorOf(typed)["code"]).toBe("REQUEST_NOT_JSON");
    const wrong = await post(body({ n: 3 }));
    expect([wrong.status, errorOf(wrong)["param"]]).toEqual([400, "n"]);
    expect(heard).toEqual([]);
  });

  it("takes a key for repetitions as it stands, and refuses one that would not be the same again", async () => {
    const { post, heard } = await start();
    await post(body(), { ...bearer("owner-token"), "idempotency-key": "a-key-of-mine" });
    expect(heard).toMatchObject([{ request: { idempotencyKey: "a-key-of-mine" } }]);
    const short = await post(body(), { ...bearer("owner-token"), "idempotency-key": "short" });
    expect([short.status, errorOf(short)["param"]]).toEqual([400, "the header Idempotency-Key"]);
  });

  it("has nothing anywhere else, and says so in the protocol's form", async () => {
    const { get, port } = await start();
    for (const path of ["/openai/v1/embeddings", "/openai/v1/chat", "/openai/x"]) {
      const got = await get(path);
      expect([got.status, errorOf(got)["code"]]).toEqual([404, "ROUTE_NOT_FOUND"]);
    }
    const deleted = await ask({ port, method: "DELETE", path: "/openai/v1/models", headers: bearer("owner-token") });
    expect(deleted.status).toBe(404);
  });

  it("is not there at all where the gateway hands in no handlers", async () => {
    const started = await startServer();
    open.push(started);
    const got = await ask({
      port: started.port,
      method: "POST",
      path: CHAT,
      headers: bearer("owner-token"),
      body: body(),
    });
    expect(got.status).toBe(404);
  });
});
