import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, OPERATION_NAMES, covers, ok } from "@moltbot/contracts";
import { ENDS_HERE } from "./call-operation.ts";
import { mustOpen } from "./testing/open-socket.ts";
import { AGENT_ID, OWNER, delta, nextId, report, shown } from "./testing/sample.ts";
import { ask, bearer, followStream, startServer } from "./testing/start-server.ts";
import type { Answer, Ask, TestServer } from "./testing/start-server.ts";

const MODEL = { id: "Moltbot", created: 1_700_000_000 };
const CHAT = JSON.stringify({ model: "moltbot", messages: [{ role: "user", content: "hi" }] });

/** With the OpenAI-compatible surface; `chats` are those that were let through. */
const start = async (): Promise<TestServer & { readonly chats: string[] }> => {
  const chats: string[] = [];
  const server = await startServer({
    heartbeat: 20,
    openai: {
      models: async () => ok([MODEL]),
      chat: async (_, { model }) => {
        chats.push(model);
        return ok({ text: "hello", calls: [], finish: "stop", usage: null, turn: null });
      },
    },
  });
  return Object.assign(server, { chats });
};

let running: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  running = await start();
});
afterAll(async () => running.server.close());
const to = (wish: Ask): Promise<Answer> => ask({ port: running.port, ...wish });

describe("a role of the house's own", () => {
  const role = ["agents.list", "events.stream"];
  const narrow = bearer("narrow-token");
  const sending = bearer("narrow-sending-token");
  /** Nobody is locked in: whoever may nearly nothing knows who they are, signs out, and leaves. */
  const always = ["people.remove", "sessions.current"];

  it("leaves out every other operation, over HTTP and the socket, and nothing is called", async () => {
    const socket = await mustOpen({ port: running.port, headers: narrow });
    for (const name of OPERATION_NAMES.filter((one) => !ENDS_HERE.some((here) => here === one))) {
      const { method, path } = OPERATIONS[name];
      const before = running.called.length;
      const address = path.replace("{name}", "a-secret").replace(/\{\w+\}/g, nextId());
      const inQuery = method === "GET" || method === "DELETE";
      const over = await to({ method, path: address, headers: narrow, ...(inQuery ? {} : { body: "{}" }) });
      const frame = await socket.ask(name, name, {});
      const refused = [over.json["code"], frame.error?.["code"]].map((code) => code === "ROLE_LEAVES_OUT");
      const out = !covers(role, name) && !always.includes(name);
      expect([name, ...refused]).toEqual([name, out, out]);
      if (out) expect(running.called.length).toBe(before);
    }
    socket.leave();
  });

  it("keeps nobody in: signing out is always there, and leaving reaches its handler", async () => {
    const headers = { ...narrow, cookie: "moltbot_session=nothing" };
    expect((await to({ method: "DELETE", path: "/v2/sessions/current", headers })).json["code"]).not.toBe(
      "ROLE_LEAVES_OUT",
    );
    await to({ method: "DELETE", path: `/v2/people/${OWNER.id}`, headers: narrow });
    const left = running.called.at(-1);
    // With what it is held to in its hands.
    expect([left?.name, left?.context.proof?.roleCovers]).toEqual(["people.remove", role]);
  });

  it("says so, and which operation it was; a scope of the credential is said first", async () => {
    const refused = await to({ path: "/v2/people", headers: narrow });
    expect([refused.status, refused.json["code"]]).toEqual([403, "ROLE_LEAVES_OUT"]);
    expect(refused.json["detail"]).toContain("people.list");
    running.identity.byToken = async () => ok(shown(OWNER, "token", { scopes: ["agents.get"], roleCovers: ["x.y"] }));
    const both = await to({ path: "/v2/people", headers: narrow });
    expect(both.json["code"]).toBe("SCOPE_INSUFFICIENT");
    running.identity.byToken = async () => ok(shown(OWNER, "token", { scopes: ["people.list"], roleCovers: ["x.y"] }));
    expect((await to({ path: "/v2/people", headers: narrow })).json["code"]).toBe("ROLE_LEAVES_OUT");
    await running.server.close();
    running = await start();
  });

  it("counts for event streams, tickets and the OpenAI-compatible surface", async () => {
    expect((await to({ path: "/v2/events", headers: sending })).json["code"]).toBe("ROLE_LEAVES_OUT");
    const socket = await mustOpen({ port: running.port, headers: sending });
    expect((await socket.ask("1", "events.subscribe")).error?.["code"]).toBe("ROLE_LEAVES_OUT");
    // One that is refused does not end the talk.
    expect((await socket.ask("2", "messages.send", { agentId: AGENT_ID, content: "hi" })).error).toBeUndefined();
    socket.leave();
    expect((await to({ method: "POST", path: "/v2/tickets", headers: sending, body: "{}" })).json["code"]).toBe(
      "ROLE_LEAVES_OUT",
    );
    const stream = await followStream(running.port, "/v2/events", narrow);
    expect(stream.status).toBe(200);
    stream.leave();
    const chat = { method: "POST", path: "/openai/v1/chat/completions", body: CHAT };
    for (const refused of [
      await to({ ...chat, headers: narrow }),
      await to({ path: "/openai/v1/models", headers: sending }),
    ])
      expect([refused.status, refused.json["error"]]).toEqual([
        403,
        expect.objectContaining({ code: "ROLE_LEAVES_OUT" }),
      ]);
    expect(running.chats).toEqual([]);
    expect((await to({ ...chat, headers: sending })).status).toBe(200);
    expect((await to({ path: "/openai/v1/models", headers: narrow })).status).toBe(200);
  });

  it("unplug: with an identity that forgets it, the thief of a narrow token reaches everything", async () => {
    const own = await startServer();
    const attack = async (): Promise<number> =>
      (await ask({ port: own.port, path: "/v2/people", headers: narrow })).status;
    expect(await attack()).toBe(403);
    expect(own.called).toEqual([]);
    own.identity.byToken = async () => ok(shown(OWNER, "token"));
    expect(await attack()).toBe(200);
    expect(own.called.map(({ name }) => name)).toEqual(["people.list"]);
    await own.server.close();
  });
});

describe("a message whose answer streams", () => {
  const path = `/v2/agents/${AGENT_ID}/messages`;
  const slow = async () => {
    let speak: (text: string) => void = () => undefined;
    let finish = (): void => undefined;
    const server = await startServer({
      heartbeat: 20,
      handlers: {
        "messages.send": async ({ emit }) => {
          speak = (text) => emit?.(delta(text));
          speak("first");
          await new Promise<void>((resolve) => (finish = resolve));
          return ok(report("whole"));
        },
      },
    });
    const stream = await followStream(server.port, path, bearer("owner-token"), '{"content":"hello"}');
    await stream.until("first");
    return { server, stream, speak: (text: string) => speak(text), finish: () => finish() };
  };

  it("is heard no more by whoever is somebody else by now, or cannot be asked after", async () => {
    for (const gone of ["another", "unknown"] as const) {
      const { server, stream, speak, finish } = await slow();
      if (gone === "another") server.identity.revoked.add("owner-token");
      else server.identity.stillGood = () => Promise.reject(new Error("the database is gone"));
      await stream.ended;
      speak("canary");
      finish();
      expect(stream.text()).toContain("NOT_SIGNED_IN");
      expect(stream.text()).not.toMatch(/canary|turn:report/);
      await server.server.close();
    }
  });

  it("unplug: where everybody stays who they were, the rest is heard", async () => {
    const { server, stream, speak, finish } = await slow();
    server.identity.stillGood = async () => ok(undefined);
    server.identity.revoked.add("owner-token");
    speak("canary");
    finish();
    await stream.ended;
    expect(stream.text()).toMatch(/canary[^]*turn:report/);
    await server.server.close();
  });
});
