import type { Client, EventsOptions } from "@moltbot/client";
import type { DomainEvent, ErrorCode, OperationName, Result } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { AGENT, approval, event, HERE, ME, message, report, TURN } from "../testing/samples.ts";
import { createSession } from "./session.ts";
import { createStore } from "./store.ts";

type Answers = Partial<Record<OperationName, unknown>>;
const refuse = (code: ErrorCode): Result<never> => ({ ok: false, error: moltbotError(code, {}) });

const CONVERSATION = {
  id: HERE,
  agentId: AGENT,
  ownerId: ME.id,
  audience: [ME.id],
  title: "t",
  heads: {},
  activeHead: "main",
  createdAt: message(1, "user", "").createdAt,
  updatedAt: message(1, "user", "").createdAt,
};

/** A client that answers from a table; a Result in it is handed out as it is. */
const house = (answers: Answers) => {
  const calls: { readonly name: string; readonly input: unknown }[] = [];
  const ear: { on?: (event: DomainEvent) => void; options?: EventsOptions | undefined; signal?: AbortSignal } = {};
  const table: Answers = {
    "sessions.current": ME,
    "sessions.create": ME,
    "sessions.end": {},
    "agents.list": [{ id: AGENT, name: "Molty", model: "demo", status: "idle", capabilities: [] }],
    "conversations.list": [CONVERSATION],
    "conversations.messages": [message(1, "user", "hello")],
    "approvals.list": [],
    "reminders.list": [],
    "memories.list": [],
    "capabilities.list": [],
    "turns.get": report("done"),
    ...answers,
  };
  const client = {
    call: (name: OperationName, input: unknown) => {
      calls.push({ name, input });
      const answer = table[name];
      const isResult = typeof answer === "object" && answer !== null && "ok" in answer;
      return Promise.resolve(
        isResult ? answer : answer === undefined ? refuse("ROUTE_NOT_FOUND") : { ok: true, value: answer },
      );
    },
    stream: () => Promise.resolve(refuse("ROUTE_NOT_FOUND")),
    events: (on: (event: DomainEvent) => void, signal: AbortSignal, options?: EventsOptions) => {
      Object.assign(ear, { on, options, signal });
      return new Promise<Result<void>>((resolve) =>
        signal.addEventListener("abort", () => resolve({ ok: true, value: undefined })),
      );
    },
  } as unknown as Client; // a hand-written port: the table stands for the typed overloads
  const store = createStore();
  return { session: createSession(client, store), store, calls, ear, table };
};
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("starting", () => {
  it("finds the session of the cookie, loads everything and opens the newest conversation", async () => {
    const { session, store } = house({});
    await session.start(null);
    expect(store.state).toMatchObject({ phase: "ready", conversationId: HERE, agent: { name: "Molty" } });
    expect(store.state.messages[HERE]).toHaveLength(1);
  });

  it("asks for a link when there is no session, without an accusation", async () => {
    const { session, store } = house({ "sessions.current": refuse("NOT_SIGNED_IN") });
    await session.start(null);
    expect(store.state).toMatchObject({ phase: "signed-out", signInProblem: null });
  });

  it("says that the link was used when nobody is signed in", async () => {
    const { session, store } = house({
      "sessions.create": refuse("SIGN_IN_LINK_INVALID"),
      "sessions.current": refuse("NOT_SIGNED_IN"),
    });
    await session.start("a-used-code-of-a-link");
    expect(store.state.signInProblem?.code).toBe("SIGN_IN_LINK_INVALID");
  });

  it("lets somebody in who is signed in already and opens a used link again", async () => {
    const { session, store } = house({ "sessions.create": refuse("SIGN_IN_LINK_INVALID") });
    await session.start("a-used-code-of-a-link");
    expect(store.state.phase).toBe("ready");
  });

  it("tells an absent gateway from an absent session", async () => {
    const { session, store } = house({ "sessions.current": refuse("GATEWAY_UNREACHABLE") });
    await session.start(null);
    expect(store.state.phase).toBe("unreachable");
  });
});

describe("sending", () => {
  it("does not wait for the reply and gives each message a key of its own", async () => {
    const { session, store, calls } = house({ "messages.send": report("running") });
    await session.start(null);
    expect(await session.send("hello")).toBe(true);
    expect(await session.send("hello")).toBe(true);
    const inputs = calls
      .filter(({ name }) => name === "messages.send")
      .map(({ input }) => input as Record<string, unknown>); // as sent above
    expect(inputs[0]).toMatchObject({ content: "hello", wait: false, conversationId: HERE, agentId: AGENT });
    expect(inputs[0]?.["idempotencyKey"]).not.toBe(inputs[1]?.["idempotencyKey"]);
    expect(store.state.turns[HERE]).toBe(TURN);
  });

  it("keeps the person informed when it fails", async () => {
    const { session, store } = house({ "messages.send": refuse("RATE_LIMITED") });
    await session.start(null);
    expect(await session.send("hello")).toBe(false);
    expect(store.state.problem?.code).toBe("RATE_LIMITED");
    session.dismiss();
    expect(store.state.problem).toBeNull();
  });

  it("goes back to the sign-in page when the session has ended", async () => {
    const { session, store, ear } = house({ "messages.send": refuse("NOT_SIGNED_IN") });
    await session.start(null);
    await session.send("hello");
    expect(store.state).toMatchObject({ phase: "signed-out", messages: {} });
    expect(ear.signal?.aborted).toBe(true);
  });
});

describe("answering", () => {
  it("shows what holds when somebody was faster", async () => {
    const { session, store } = house({
      "approvals.list": [approval(2)],
      "approvals.answer": refuse("APPROVAL_ALREADY_ANSWERED"),
      "approvals.get": approval(2, { state: "denied" }),
    });
    await session.start(null);
    await session.answer(approval(2).id, { answer: "allow", scope: "once" });
    expect(store.state.approvals[approval(2).id]?.state).toBe("denied");
    expect(store.state.problem?.code).toBe("APPROVAL_ALREADY_ANSWERED");
  });

  it("loads the new capability after a lasting answer", async () => {
    const { session, calls } = house({ "approvals.answer": approval(2, { state: "allowed", scope: "always" }) });
    await session.start(null);
    await session.answer(approval(2).id, { answer: "allow", scope: "always" });
    expect(calls.some(({ name }) => name === "capabilities.list")).toBe(true);
  });

  it("fetches a question that was answered on another surface", async () => {
    const { session, store, ear } = house({
      "approvals.list": [approval(2)],
      "approvals.get": approval(2, { state: "allowed" }),
    });
    await session.start(null);
    ear.on?.(event("approval:answered", { conversationId: HERE, approvalId: approval(2).id, state: "allowed" }));
    await settle();
    expect(store.state.approvals[approval(2).id]?.state).toBe("allowed");
  });
});

describe("following", () => {
  it("loads anew what it may have missed, and ends turns that ended meanwhile", async () => {
    const { session, store, ear, table } = house({ "messages.send": report("running") });
    await session.start(null);
    await session.send("hello");
    ear.options?.onState?.("open");
    ear.options?.onState?.("waiting");
    expect(store.state.connection).toBe("lost");
    Object.assign(table, {
      "conversations.messages": [message(1, "user", "hello"), message(2, "assistant", "missed")],
    });
    ear.options?.onState?.("open");
    await settle();
    expect(store.state.connection).toBe("open");
    expect(store.state.messages[HERE]).toHaveLength(2);
    expect(store.state.turns).toEqual({});
  });

  it("stops a turn, revokes, loads the panel and signs out", async () => {
    const { session, store, calls } = house({
      "turns.stop": report("stopped"),
      "capabilities.revoke": refuse("NOT_FOUND"),
      "reminders.cancel": refuse("CONFLICT"),
      "memories.remove": {},
    });
    await session.start(null);
    await session.stop(TURN);
    expect(store.state.turns).toEqual({});
    await session.revoke("00000000-0000-7000-8000-000000000555" as never);
    expect(store.state.problem?.code).toBe("NOT_FOUND");
    await session.loadPanel();
    expect(store.state).toMatchObject({ reminders: [], memories: [] });
    await session.forget("00000000-0000-7000-8000-000000000556" as never);
    expect(calls.slice(-2)).toEqual([
      { name: "memories.remove", input: { memoryId: "00000000-0000-7000-8000-000000000556" } },
      { name: "memories.list", input: {} },
    ]);
    await session.cancel("00000000-0000-7000-8000-000000000557" as never);
    expect(calls.slice(-2).map(({ name }) => name)).toEqual(["reminders.cancel", "reminders.list"]);
    expect(store.state.problem?.code).toBe("CONFLICT");
    await session.signOut();
    expect(store.state.phase).toBe("signed-out");
    expect(calls.at(-1)?.name).toBe("sessions.end");
  });
});
