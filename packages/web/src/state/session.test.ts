import type { Client, EventsOptions, UnlockWish, VaultDoor } from "@moltbot/client";
import type { AgentId, DomainEvent, ErrorCode, OperationName, Person, Result } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { AGENT, approval, ELSEWHERE, event, HERE, ME, message, report, stop, TURN } from "../testing/samples.ts";
import { ANNA, MOLTY, ownRole, prompt, SELF, share } from "../testing/people.ts";
import { createSession } from "./session.ts";
import type { EndDevice } from "./session.ts";
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
const house = (answers: Answers, endDevice?: EndDevice) => {
  const calls: { readonly name: string; readonly input: unknown }[] = [];
  const ear: { on?: (event: DomainEvent) => void; options?: EventsOptions | undefined; signal?: AbortSignal } = {};
  const table: Answers = {
    "sessions.current": ME,
    "sessions.create": ME,
    "sessions.end": {},
    "agents.list": [{ id: AGENT, name: "Molty", model: "demo", status: "idle", capabilities: [], reading: "auto" }],
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
    call: async (name: OperationName, input: unknown) => {
      calls.push({ name, input });
      const answer = await table[name];
      const isResult = typeof answer === "object" && answer !== null && "ok" in answer;
      return isResult ? answer : answer === undefined ? refuse("ROUTE_NOT_FOUND") : { ok: true, value: answer };
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
  const brought: UnlockWish[] = [];
  const state = { locked: false, problem: null as string | null, refuses: null as Result<never> | null };
  const door: VaultDoor = {
    state: async () => ({ ok: true, value: { locked: state.locked, openers: ["passphrase"], problem: state.problem } }),
    unlock: async (wish) => {
      brought.push(wish);
      return state.refuses ?? { ok: true, value: undefined };
    },
  };
  const session = createSession(client, store, door, () => Promise.resolve(), endDevice);
  return { session, store, calls, ear, table, state, brought };
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

describe("a locked vault", () => {
  it("shows its page, and goes on after the passphrase, of which nothing is kept", async () => {
    const { session, store, table, brought } = house({ "sessions.current": refuse("VAULT_LOCKED") });
    await session.start(null);
    expect(store.state).toMatchObject({ phase: "locked", signInProblem: null });
    table["sessions.current"] = ME;
    await session.unlock({ passphrase: "violet canary" });
    expect(brought).toEqual([{ passphrase: "violet canary" }]);
    expect(store.state).toMatchObject({ phase: "ready", unlocking: false });
    expect(JSON.stringify(store.state)).not.toContain("canary");
  });

  it("says why it stays locked: a wrong word, or a house that does not open", async () => {
    const { session, store, state } = house({ "sessions.current": refuse("VAULT_LOCKED") });
    await session.start(null);
    state.refuses = refuse("VAULT_PASSPHRASE_WRONG");
    await session.unlock({ passphrase: "x" });
    expect(store.state).toMatchObject({ phase: "locked", signInProblem: { code: "VAULT_PASSPHRASE_WRONG" } });
    state.refuses = null;
    Object.assign(state, { locked: true, problem: "DATABASE_DAMAGED" });
    await session.unlock({ recoveryCode: "y" });
    expect(store.state).toMatchObject({ phase: "locked", signInProblem: { code: "DATABASE_DAMAGED" } });
    state.problem = null;
    await session.unlock({ passphrase: "x" });
    expect(store.state).toMatchObject({ phase: "locked", unlocking: false });
  });

  it("leaves nothing readable on the screen when it is locked while somebody reads", async () => {
    const { session, store, ear } = house({});
    await session.start(null);
    expect(store.state.phase).toBe("ready");
    ear.on?.(event("vault:locked", { reason: "idle" }));
    expect(store.state).toMatchObject({ phase: "locked", messages: {}, conversations: [], principal: null });
    expect(ear.signal?.aborted).toBe(true);
  });
});

describe("what is loaded on demand", () => {
  it("asks the gateway for anything, and a refusal is its own to show", async () => {
    const { session, store, calls } = house({ "backups.list": [], "secrets.list": refuse("DATABASE_UNAVAILABLE") });
    expect(await session.call("backups.list", {})).toEqual({ ok: true, value: [] });
    expect(await session.call("secrets.list", {})).toMatchObject({ ok: false });
    expect(store.state.problem).toBeNull();
    expect(calls.map(({ name }) => name)).toEqual(["backups.list", "secrets.list"]);
  });

  it("ends with the session, or with the vault", async () => {
    const { session, store, table } = house({ "secrets.list": refuse("VAULT_LOCKED") });
    await session.start(null);
    await session.call("secrets.list", {});
    expect(store.state.phase).toBe("locked");
    table["secrets.list"] = refuse("NOT_SIGNED_IN");
    await session.start(null);
    await session.call("secrets.list", {});
    expect(store.state.phase).toBe("signed-out");
  });

  it("loads the list of conversations anew after an erasure", async () => {
    const { session, ear, calls } = house({});
    await session.start(null);
    const before = calls.filter(({ name }) => name === "conversations.list").length;
    ear.on?.(event("subject:erased", { kind: "conversation", id: HERE }));
    await settle();
    expect(calls.filter(({ name }) => name === "conversations.list")).toHaveLength(before + 1);
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
    await settle();
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

  it("gives back what the person must mend, and leaves the question open", async () => {
    const refused = {
      ok: false,
      error: moltbotError("APPROVAL_EDIT_INVALID", { path: "/minutes", problem: "too small" }),
    };
    const { session, store } = house({ "approvals.list": [approval(2)], "approvals.answer": refused });
    await session.start(null);
    expect(await session.answer(approval(2).id, { answer: "allow", scope: "once" })).toMatchObject({
      code: "APPROVAL_EDIT_INVALID",
      path: "/minutes",
    });
    expect(store.state).toMatchObject({ problem: null, answered: {} });
    expect(store.state.approvals[approval(2).id]?.state).toBe("pending");
  });

  it("answers several at once and says which did not count", async () => {
    const { session, store, calls } = house({
      "approvals.list": [approval(2), approval(3)],
      "approvals.answers": [
        { approvalId: approval(2).id, approval: approval(2, { state: "allowed" }), code: null, problem: null },
        { approvalId: approval(3).id, approval: null, code: "APPROVAL_ALREADY_ANSWERED", problem: "Too late." },
      ],
      "approvals.get": approval(3, { state: "denied" }),
    });
    await session.start(null);
    const given = [approval(2), approval(3)].map(({ id }) => ({
      approvalId: id,
      answer: "allow" as const,
      scope: "once" as const,
    }));
    expect(await session.answerAll(given)).toEqual({ [approval(3).id]: "Too late." });
    expect(calls.find(({ name }) => name === "approvals.answers")?.input).toEqual({ answers: given });
    expect(Object.values(store.state.approvals).map(({ state }) => state)).toEqual(["allowed", "denied"]);
    expect(store.state.answered).toEqual({ [approval(2).id]: true });
  });

  it("shows what holds when none of several could be answered", async () => {
    const { session, store } = house({
      "approvals.list": [approval(2)],
      "approvals.answers": refuse("RATE_LIMITED"),
      "approvals.get": approval(2),
    });
    await session.start(null);
    expect(await session.answerAll([{ approvalId: approval(2).id, answer: "deny", scope: "once" }])).toEqual({});
    expect(store.state).toMatchObject({ answered: {}, problem: { code: "RATE_LIMITED" } });
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

describe("stopping everything", () => {
  const counts = { turnsStopped: 1, turnsHeld: 0, questionsCancelled: 1, remindersHeld: 0, capabilitiesEnded: 2 };
  const resumed = {
    stop: stop(1),
    turnsReleased: 1,
    remindersReleased: 0,
    remindersLate: 0,
    capabilitiesRestored: [],
    capabilitiesEnded: [],
  };

  it("stops at once, shows what ended, and goes on with the grants that were chosen", async () => {
    const { session, store, calls } = house({
      "system.stop": { stop: stop(1), ...counts },
      "system.resume": resumed,
    });
    await session.start(null);
    await session.stopEverything();
    expect(store.state).toMatchObject({ stopped: stop(1), stopReport: { capabilitiesEnded: 2 } });
    await session.resume("none");
    expect(calls.find(({ name }) => name === "system.resume")?.input).toEqual({ grants: "none" });
    expect(store.state).toMatchObject({ stopped: null, stopReport: null, resumeReport: resumed });
    session.putAway();
    expect(store.state.resumeReport).toBeNull();
  });

  it("takes a stop that is over for over, and shows why a stop failed", async () => {
    const { session, store, ear } = house({
      "system.stop": refuse("RATE_LIMITED"),
      "system.resume": refuse("NOT_STOPPED"),
    });
    await session.start(null);
    await session.stopEverything();
    expect(store.state).toMatchObject({ stopped: null, problem: { code: "RATE_LIMITED" } });
    ear.on?.(event("system:stopped", { stop: stop(1) }));
    expect(store.state.stopped).toEqual(stop(1));
    await session.resume("starting");
    expect(store.state.stopped).toBeNull();
  });

  it("learns of a stop when a message is refused for it", async () => {
    const { session, store, calls } = house({ "messages.send": refuse("EVERYTHING_STOPPED") });
    await session.start(null);
    const before = calls.filter(({ name }) => name === "system.status").length;
    expect(await session.send("hello", [{ kind: "pasted", text: "a\nb" }])).toBe(false);
    expect(calls.find(({ name }) => name === "messages.send")?.input).toMatchObject({
      blocks: [{ kind: "pasted", text: "a\nb" }],
    });
    expect(store.state.problem?.code).toBe("EVERYTHING_STOPPED");
    expect(calls.filter(({ name }) => name === "system.status").length).toBe(before + 1);
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

describe("an answer that comes late", () => {
  it("is shown to nobody when whoever asked is signed out by then", async () => {
    const late = Promise.withResolvers<unknown>();
    const { session, store, table } = house({});
    await session.start(null);
    table["conversations.list"] = late.promise.then(() => [CONVERSATION]);
    table["approvals.list"] = late.promise.then(() => refuse("VAULT_LOCKED"));
    const loading = session.start(null);
    await settle();
    await session.signOut();
    late.resolve(undefined);
    await loading;
    expect(store.state).toMatchObject({ phase: "signed-out", conversations: [], signInProblem: null });
  });
});

describe("people", () => {
  const self = (wish: Partial<Person>) => event("person:changed", { person: { ...SELF, ...wish } });

  it("end the page at once when one may not be here any more, with the reason, whatever fails afterwards", async () => {
    for (const [state, code] of [
      ["suspended", "SUSPENDED"],
      ["left", "LEFT"],
    ] as const) {
      const { session, store, ear, table } = house({});
      await session.start(null);
      ear.on?.(self({ state }));
      expect(store.state).toMatchObject({ phase: "signed-out", signInProblem: { code }, messages: {}, agents: [] });
      expect(ear.signal?.aborted).toBe(true);
      table["people.list"] = refuse("NOT_SIGNED_IN");
      await session.call("people.list", {});
      expect(store.state.signInProblem?.code).toBe(code);
    }
  });

  it("change one’s own role on the page, and nothing when they are others", async () => {
    const { session, store, ear } = house({});
    await session.start(null);
    ear.on?.(self({ role: "member", name: "Olga" }));
    expect(store.state).toMatchObject({ phase: "ready", principal: { role: "member", name: "Olga" } });
    ear.on?.(event("person:changed", { person: { ...ANNA, state: "suspended" } }));
    expect(store.state).toMatchObject({ phase: "ready", heard: { people: 2 } });
  });

  it("are told that they were signed out, in plain words", async () => {
    const { session, store, ear, table } = house({});
    await session.start(null);
    table["people.list"] = refuse("NOT_SIGNED_IN");
    await session.call("people.list", {});
    expect(store.state.signInProblem?.message).toContain("You were signed out");
    // What was refused first may be told why a moment later; nothing else is heard any more.
    ear.on?.(event("message:sent", { conversationId: HERE, message: message(3, "assistant", "late") }));
    ear.options?.onState?.("open");
    expect(store.state.messages).toEqual({});
    ear.on?.(self({ state: "suspended" }));
    expect(store.state.signInProblem?.code).toBe("SUSPENDED");
    expect(ear.signal?.aborted).toBe(true);
  });

  it("share agents: the list is loaded anew, and a copied device is an alarm", async () => {
    const { session, store, ear, calls } = house({});
    await session.start(null);
    const listed = () => calls.filter(({ name }) => name === "agents.list").length;
    const before = listed();
    ear.on?.(event("share:changed", { object: { type: "agent", id: AGENT }, by: ANNA.id }));
    await settle();
    expect(listed()).toBe(before + 1);
    ear.on?.(event("package:changed", { kind: "plugin", name: "weather" }));
    await settle();
    expect(listed()).toBe(before + 2);
    ear.on?.(event("device:changed", { deviceId: "d", state: "paired" }));
    expect(store.state.problem).toBeNull();
    ear.on?.(event("device:changed", { deviceId: "d", state: "reused" }));
    expect(store.state).toMatchObject({ problem: { code: "REFRESH_REUSED" }, heard: { shares: 1, devices: 2 } });
  });

  it("talk to another agent, which is looked for first when it is new", async () => {
    const { session, store, table, calls } = house({});
    await session.start(null);
    const other = { ...MOLTY, id: "other" as AgentId, name: "Helper" };
    table["agents.list"] = [MOLTY, other];
    await session.talkTo(other.id);
    expect(store.state).toMatchObject({ agent: { name: "Helper" }, conversationId: null });
    const before = calls.length;
    await session.talkTo(MOLTY.id);
    expect(calls).toHaveLength(before);
    expect(store.state.agent?.name).toBe("Molty");
  });
});

describe("where things came from", () => {
  const removal = (done: boolean) => ({ source: "host:a.example:443", done, removed: [], kept: [], effects: [] });

  it("is shown, and a source goes only after what would go was shown; then everything is loaded anew", async () => {
    const { session, calls, table } = house({
      "provenance.show": { source: "host:a.example:443", item: null, derived: [], effects: [] },
      "provenance.remove": removal(false),
    });
    await session.start(null);
    await session.loadPanel();
    expect(await session.whereFrom("m1")).toMatchObject({ ok: true, value: { source: "host:a.example:443" } });
    calls.splice(0);
    await session.removeSource("host:a.example:443", true);
    expect(calls).toEqual([{ name: "provenance.remove", input: { source: "host:a.example:443", dryRun: true } }]);
    table["provenance.remove"] = removal(true);
    await session.removeSource("host:a.example:443", false);
    expect(calls.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["conversations.messages", "memories.list", "reminders.list", "capabilities.list"]),
    );
  });

  it("is loaded anew when a source went in another place", async () => {
    const { session, calls, ear } = house({});
    await session.start(null);
    calls.splice(0);
    ear.on?.(event("source:removed", { source: "host:a.example:443", removed: 1 }));
    await settle();
    expect(calls.map(({ name }) => name).toSorted()).toEqual(["approvals.list", "conversations.messages"]);
  });
});

describe("contacts and reading", () => {
  it("are changed and loaded anew, and a refusal is handed to whoever asked", async () => {
    const { session, store, calls, table } = house({
      "contacts.list": [],
      "contacts.add": {},
      "contacts.remove": {},
      "agents.reading": {},
      "agents.tools": {},
    });
    await session.start(null);
    const contact = { kind: "person", name: "Anna", address: "anna@example.org" } as const;
    expect(await session.addContact(contact)).toBeNull();
    expect(store.state.contacts).toEqual([]);
    expect(await session.setReading("quarantined")).toBeNull();
    expect(calls).toContainEqual({ name: "agents.reading", input: { agentId: AGENT, reading: "quarantined" } });
    expect(await session.setTools("all")).toBeNull();
    expect(await session.setTools(["calc"])).toBeNull();
    for (const tools of ["all", ["calc"]])
      expect(calls).toContainEqual({ name: "agents.tools", input: { agentId: AGENT, tools } });
    Object.assign(table, {
      "contacts.add": refuse("STEP_UP_REQUIRED"),
      "contacts.remove": refuse("NOT_FOUND"),
      "agents.reading": refuse("STEP_UP_REQUIRED"),
      "agents.tools": refuse("ACCESS_DENIED"),
    });
    expect(await session.addContact(contact)).toMatchObject({ code: "STEP_UP_REQUIRED" });
    expect(await session.setReading("open")).toMatchObject({ code: "STEP_UP_REQUIRED" });
    expect(await session.setTools([])).toMatchObject({ code: "ACCESS_DENIED" });
    await session.removeContact("00000000-0000-7000-8000-000000000600" as never);
    expect(store.state.problem?.code).toBe("NOT_FOUND");
  });

  it("are nothing to change before an agent is known", async () => {
    const { session, calls } = house({});
    expect([await session.setReading("open"), await session.setTools("all")]).toEqual([null, null]);
    expect(calls).toEqual([]);
  });
});

describe("what was noticed", () => {
  it("is put away", async () => {
    const { session, store, ear } = house({});
    await session.start(null);
    ear.on?.(event("signal:raised", { conversationId: HERE, where: "result of web.fetch", signals: [] }));
    expect(store.state.alarm).not.toBeNull();
    session.putAlarmAway();
    expect(store.state.alarm).toBeNull();
  });
});

describe("what is shared", () => {
  const theirs = { ...CONVERSATION, id: ELSEWHERE, ownerId: ANNA.id, activeHead: "shared" };

  it("is loaded at the start; the newest of one’s own is opened, not what somebody shows", async () => {
    const { session, store } = house({
      "conversations.list": [theirs, CONVERSATION],
      "shares.list": [share(1, { kind: "everyone" })],
      "people.list": [SELF, ANNA],
    });
    await session.start(null);
    expect(store.state).toMatchObject({ conversationId: HERE, shares: [{ effect: "allow" }], people: [SELF, ANNA] });
  });

  it("is loaded anew when it is heard of, and what is shown no more is gone", async () => {
    const { session, store, table, ear, calls } = house({ "conversations.list": [theirs] });
    await session.start(null);
    await session.open(ELSEWHERE);
    const object = { type: "conversation", id: ELSEWHERE } as const;
    const asked = () => calls.filter(({ name }) => name === "conversations.messages").length;
    const before = asked();
    ear.on?.(event("share:changed", { object, by: ANNA.id }));
    await settle();
    expect(asked()).toBe(before + 1);
    table["conversations.list"] = [];
    ear.on?.(event("share:changed", { object, by: ANNA.id }));
    await settle();
    expect(store.state).toMatchObject({ conversationId: null, conversations: [] });
  });

  it("begins a message: one’s own prompt as one’s words, somebody else’s as a quote", async () => {
    const { session, store, calls } = house({ "messages.send": report("running") });
    await session.start(null);
    const sending: unknown[] = [];
    store.subscribe(() => {
      if (store.state.sending !== null) sending.push([store.state.sending, store.state.sendingBlocks]);
    });
    await session.send("now", [], { prompt: prompt(1, "Week"), own: true });
    await session.send("", [], { prompt: prompt(1, "Week"), own: true });
    await session.send("now", [], { prompt: prompt(2, "Meals"), own: false });
    expect(sending).toContainEqual(["The text of Week.\n\nnow", []]);
    expect(sending).toContainEqual(["The text of Week.", []]);
    expect(sending).toContainEqual(["now", [{ kind: "pasted", text: "The text of Meals." }]]);
    const sent = calls.filter(({ name }) => name === "messages.send").map(({ input }) => input);
    expect(sent).toMatchObject([
      { content: "now", promptId: prompt(1, "").id },
      { content: "", promptId: prompt(1, "").id },
      { content: "now", promptId: prompt(2, "").id },
    ]);
    for (const input of sent) expect(input).not.toHaveProperty("blocks");
  });
});

describe("a role of the house's own", () => {
  const guest = ownRole(1, "Guest", { operations: ["messages.send"] });
  it("narrows what the page offers, and what it leaves out is no fault", async () => {
    const { session, store } = house({
      "people.list": [{ ...SELF, ownRole: guest.id }],
      "roles.list": [guest],
      "approvals.list": refuse("ROLE_LEAVES_OUT"),
      "conversations.list": refuse("ROLE_LEAVES_OUT"),
    });
    await session.start(null);
    expect(store.state).toMatchObject({ phase: "ready", problem: null, principal: { covers: ["messages.send"] } });
  });
});

describe("a role that leaves out the page", () => {
  it("is said, instead of asking for another link", async () => {
    const { session, store } = house({ "sessions.current": refuse("ROLE_LEAVES_OUT") });
    await session.start(null);
    expect(store.state).toMatchObject({ phase: "signed-out", signInProblem: { code: "ROLE_LEAVES_OUT" } });
  });
});

describe("this browser as a device", () => {
  it("is paired under a name, and signed in with that; a refusal stays on the page", async () => {
    const { session, store } = house({});
    await session.pair("too early");
    expect(store.state.phase).toBe("starting");
    const names: string[] = [];
    let answer: Result<unknown> = refuse("PAIRING_INVALID");
    session.askToPair(async (name) => {
      names.push(`${name} ${String(store.state.unlocking)}`);
      return answer;
    });
    expect(store.state.phase).toBe("pairing");
    await session.pair("Laptop");
    expect(store.state).toMatchObject({ phase: "pairing", signInProblem: { code: "PAIRING_INVALID" } });
    answer = { ok: true, value: {} };
    await session.pair("Laptop");
    expect(store.state.phase).toBe("ready");
    await session.pair("again");
    expect(names).toEqual(["Laptop true", "Laptop true"]);
  });

  it("is forgotten when it was ended or copied, and when it signs out", async () => {
    const forgotten: string[] = [];
    const play = (answers: Answers) => house(answers, async () => void forgotten.push("forgotten"));
    const ended = play({ "sessions.current": refuse("REFRESH_REUSED") });
    await ended.session.start(null);
    await settle();
    expect(ended.store.state).toMatchObject({ phase: "signed-out", signInProblem: { code: "REFRESH_REUSED" } });
    const later = play({ "agents.create": refuse("REFRESH_INVALID") });
    await later.session.start(null);
    await later.session.call("agents.create", { name: "x" });
    await settle();
    expect(later.store.state.phase).toBe("signed-out");
    const leaving = play({});
    await leaving.session.start(null);
    await leaving.session.signOut();
    expect(forgotten).toHaveLength(3);
  });
});
