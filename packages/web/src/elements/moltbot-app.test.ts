import { afterEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../state/session.ts";
import { createStore } from "../state/store.ts";
import { chat } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, approval, event, HERE, ME, message, stop } from "../testing/samples.ts";
import { MoltbotApp } from "./moltbot-app.ts";

const open = () => {
  const done: string[] = [];
  const session = new Proxy({} as Session, {
    get:
      (_, name) =>
      (...input: unknown[]) => {
        done.push([String(name), ...input.map((item) => JSON.stringify(item))].join(" "));
        return Promise.resolve(true);
      },
  });
  const store = createStore();
  const app = new MoltbotApp();
  Object.assign(app, { querySelector: () => null });
  app.connect(store, session);
  const read = () => readTemplate((app as unknown as { render(): unknown }).render()); // what Lit calls
  const signIn = (): void => {
    store.dispatch({ type: "signed-in", principal: ME });
    store.dispatch({
      type: "agents",
      agents: [
        { id: AGENT, ownerId: ME.id, name: "Molty", model: "demo", status: "idle", capabilities: [], reading: "auto" },
      ],
    });
  };
  return { app, store, done, read, signIn };
};
afterEach(() => vi.unstubAllGlobals());

describe("the page", () => {
  it("shows the sign-in page until somebody is signed in", () => {
    const { store, read, signIn } = open();
    expect(read().words).toContain("Opening…");
    store.dispatch({ type: "signed-out", problem: null });
    expect(read().words).toContain("Sign in");
    signIn();
    expect(read().words).toContain("What can I do for you?");
  });

  it("sends an example by a click", () => {
    const { done, read, signIn } = open();
    signIn();
    read().fire("click", "what is 17 * 3");
    expect(done).toEqual(['send "what is 17 * 3" [] null']);
  });

  it("begins a conversation with another agent, also with one that was just made", async () => {
    vi.stubGlobal("document", { documentElement: { dataset: {} } });
    const { app, done, read, signIn } = open();
    signIn();
    app.drawer = "panel";
    read().handed("talkTo")(AGENT);
    read().handed("made")(AGENT);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(done).toEqual([`talkTo "${AGENT}"`, `talkTo "${AGENT}"`]);
  });

  it("says why nothing can be written: no agent, another role, an agent that is no longer shared", () => {
    const { store, read, signIn } = open();
    signIn();
    store.dispatch({ type: "signed-in", principal: { ...ME, role: "viewer" } });
    expect(read().words).toContain("You are here as a viewer");
    expect(read().markup).toMatch(/<message-composer\s+\?hidden=true/);
    expect(read().words).not.toContain("Do a sum");
    store.dispatch({ type: "opened", conversationId: HERE });
    store.dispatch({ type: "messages", conversationId: HERE, messages: [message(1, "user", "hello")] });
    expect(read().words).toContain("who reads and does not write");
    store.dispatch({ type: "signed-in", principal: { ...ME, role: "member" } });
    expect(read().words).not.toContain("who reads and does not write");
    store.dispatch({ type: "conversations", conversations: [chat("t", { agentId: "another" as never })] });
    expect(read().words).toContain("The agent of this conversation is no longer there for you.");
    store.dispatch({ type: "opened", conversationId: null });
    store.dispatch({ type: "status", status: { stopped: null, model: {} } as never });
    store.dispatch({ type: "agents", agents: [] });
    expect(read().words).toContain("Make one of your own");
    store.dispatch({ type: "signed-in", principal: { ...ME, role: "viewer" } });
    expect(read().words).toContain("No agent yet");
  });

  it("opens and begins conversations", () => {
    const { done, read, signIn } = open();
    signIn();
    read().fire("click", "New conversation");
    expect(done).toEqual(["open null"]);
  });

  it("shows errors with what to do next, and the loss of the connection", () => {
    const { store, done, read, signIn } = open();
    signIn();
    store.dispatch({ type: "problem", problem: { code: "X", message: "It failed.", next: "Try again." } });
    store.dispatch({ type: "connection", connection: "lost" });
    expect(read().words).toContain("It failed. Try again.");
    expect(read().words).toContain("The connection is lost.");
    read().fire("click", "Dismiss");
    expect(done).toEqual(["dismiss"]);
  });

  it("shows a conversation, and says whole messages aloud", () => {
    const { store, read, signIn } = open();
    signIn();
    store.dispatch({ type: "opened", conversationId: HERE });
    expect(read().words).toContain("Loading…");
    store.dispatch({
      type: "messages",
      conversationId: HERE,
      messages: [message(1, "user", "hello"), message(2, "assistant", "Hi.")],
    });
    expect(read().words).toContain("Hi.");
    expect(read().markup).not.toContain("What can I do for you?");
  });

  it("takes files in, wherever they are dropped, and keeps those of a new conversation with its first message", async () => {
    const { app, store, read, signIn } = open();
    const taken: unknown[] = [];
    const list = { add: (files: unknown) => taken.push(files), settle: (id: unknown) => taken.push(id) };
    vi.stubGlobal("customElements", { whenDefined: () => Promise.resolve() });
    Object.assign(app, { querySelector: (name: string) => (name === "attachment-list" ? list : null) });
    signIn();
    const drop = (type: string, types: readonly string[]): Event => {
      const event = Object.assign(new Event(type, { cancelable: true }), { dataTransfer: { types, files: ["b.txt"] } });
      read().fire(type, "main", event);
      return event;
    };
    expect(drop("dragover", ["text/plain"]).defaultPrevented).toBe(false);
    expect(drop("dragover", ["Files"]).defaultPrevented).toBe(true);
    expect(drop("drop", ["Files"]).defaultPrevented).toBe(true);
    await Promise.resolve();
    expect(taken.splice(0)).toEqual([["b.txt"]]);
    await read().handed("attach")(["a.txt"]);
    await Promise.resolve();
    const sending = read().handed("submit")("hello", []);
    store.dispatch({ type: "opened", conversationId: HERE });
    await sending;
    expect(taken).toEqual([["a.txt"], HERE]);
    await read().handed("submit")("again", []);
    expect(taken).toHaveLength(2);
  });

  it("opens the pages about data and keys in the drawer’s place", async () => {
    const { app, read, signIn } = open();
    const done: string[] = [];
    vi.stubGlobal("document", { documentElement: { dataset: {} } });
    vi.stubGlobal("customElements", { whenDefined: () => Promise.resolve() });
    Object.assign(app, {
      querySelector: (name: string) => ({
        show: () => done.push(`show ${name}`),
        close: () => done.push("close the drawer"),
      }),
    });
    signIn();
    app.drawer = "panel";
    for (const name of ["Your data", "Keys and backups", "People", "Sign-ins"]) {
      read().fire("click", name);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(done.filter((what) => what !== "close the drawer")).toEqual([
      "show data-dialog",
      "show keys-dialog",
      "show people-dialog",
      "show sign-ins-dialog",
    ]);
    expect(done).toHaveLength(8);
    read().handed("share")({ id: AGENT });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(done.at(-1)).toBe("show share-dialog");
  });

  it("stops everything by one press, and shows it whoever did it", () => {
    const { store, done, read, signIn } = open();
    signIn();
    read().fire("click", "Stop everything");
    expect(done).toEqual(["stopEverything"]);
    store.dispatch({
      type: "stopped",
      report: {
        stop: stop(1),
        turnsStopped: 0,
        turnsHeld: 0,
        questionsCancelled: 0,
        remindersHeld: 0,
        capabilitiesEnded: 0,
      },
    });
    expect(read().words).toContain("Everything is stopped since");
    expect(read().markup).toContain(".stopped=true");
    expect(read().markup).not.toContain("Stop everything");
    vi.stubGlobal("HTMLFormElement", class {});
    read().fire("submit", "Resume?", { target: null, preventDefault: () => undefined });
    expect(done).toEqual(["stopEverything", 'resume "starting"']);
  });

  it("carries answers, looks at the past and explanations between the cards and the session", async () => {
    vi.stubGlobal("CSS", { escape: String });
    const { app, store, done, read, signIn } = open();
    Object.defineProperty(app, "updateComplete", { value: Promise.resolve(true) });
    Object.assign(app, { querySelectorAll: () => [] });
    signIn();
    store.dispatch({ type: "opened", conversationId: HERE });
    store.dispatch({ type: "approvals", approvals: [approval(1), approval(2)] });
    expect(read().handed("nameOf")(AGENT)).toBe("Molty");
    expect(read().handed("nameOf")("another")).toBe("another agent");
    expect(read().handed("elsewhere")(approval(1, { state: "allowed" }))).toBe(true);
    await read().handed("answer")(approval(1), { answer: "deny" });
    await read().handed("answerAll")([{ approvalId: approval(1).id, answer: "deny" }]);
    await read().handed("preview")(approval(1), []);
    await read().handed("explain")("x");
    await read().handed("submit")("hello", [{ kind: "pasted", text: "a" }]);
    const id = JSON.stringify(approval(1).id);
    expect(done).toEqual([
      `answer ${id} {"answer":"deny"}`,
      `answerAll [{"approvalId":${id},"answer":"deny"}]`,
      `preview ${id} []`,
      'explain "x"',
      'send "hello" [{"kind":"pasted","text":"a"}] null',
    ]);
  });

  it("shows what was noticed until it is put away, and leads to where it was", () => {
    const { store, done, read, signIn } = open();
    signIn();
    const raised = event("signal:raised", {
      conversationId: HERE,
      where: "result of mail\u200B.read",
      signals: [{ kind: "canary", says: "one of your canaries", count: 1 }],
    });
    store.dispatch({ type: "event", event: raised });
    store.dispatch({ type: "event", event: raised });
    expect(read().words).toContain("Noticed in the result of mail⟨U+200B⟩.read: one of your canaries");
    expect(read().words).toContain("1 more before it.");
    read().fire("click", "Show it");
    store.dispatch({ type: "opened", conversationId: HERE });
    expect(read().words).not.toContain("Show it");
    read().fire("click", "Put away what was noticed");
    expect(done).toEqual([`open ${JSON.stringify(HERE)}`, "putAlarmAway"]);
  });

  it("shows where a message came from once the dialog is there, and lets nobody remove who only reads", async () => {
    const { app, store, done, read, signIn } = open();
    const shown: string[] = [];
    vi.stubGlobal("customElements", { whenDefined: () => Promise.resolve() });
    Object.assign(app, { querySelector: () => ({ show: (id: string) => shown.push(id) }) });
    signIn();
    store.dispatch({ type: "opened", conversationId: HERE });
    store.dispatch({ type: "messages", conversationId: HERE, messages: [message(1, "user", "hello")] });
    read().fire("click", "Where from? The message");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(shown).toEqual([message(1, "user", "").id]);
    await read().handed("look")("m1");
    await read().handed("takeAway")("host:a:1", true);
    expect(done).toEqual(['whereFrom "m1"', 'removeSource "host:a:1" true']);
    expect(read().markup).toContain(".mayRemove=true");
    store.dispatch({ type: "signed-in", principal: { ...ME, role: "viewer" } });
    expect(read().markup).toContain(".mayRemove=false");
  });

  it("carries contacts and the way of reading between the overview and the session", async () => {
    vi.stubGlobal("document", { documentElement: { dataset: {} } });
    const { app, done, read, signIn } = open();
    signIn();
    app.drawer = "panel";
    await read().handed("add")({ kind: "person", name: "Anna", address: "a@b.c" });
    read().handed("choose")("open");
    read().handed("take")(["calc"]);
    expect(done).toEqual([
      'addContact {"kind":"person","name":"Anna","address":"a@b.c"}',
      'setReading "open"',
      'setTools ["calc"]',
    ]);
  });

  it("goes to the question that waits, and on to the next after an answer", async () => {
    vi.stubGlobal("CSS", { escape: String });
    const { app, store, done, read, signIn } = open();
    const visited: string[] = [];
    Object.defineProperty(app, "updateComplete", { value: Promise.resolve(true) });
    Object.assign(app, {
      querySelectorAll: () => [],
      querySelector: (selector: string) => {
        visited.push(selector);
        return null;
      },
    });
    signIn();
    store.dispatch({ type: "approvals", approvals: [approval(1)] });
    read().fire("click", "question");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(done).toEqual([`open ${JSON.stringify(HERE)}`]);
    expect(visited).toContain(`#approval-${approval(1).id}`);
  });

  it("explains to everybody what was decided about theirs, once the dialog is there", async () => {
    const { app, store, read, signIn } = open();
    const shown: string[] = [];
    vi.stubGlobal("customElements", { whenDefined: () => Promise.resolve() });
    Object.assign(app, { querySelector: () => ({ show: (id: string) => shown.push(id) }) });
    signIn();
    store.dispatch({ type: "opened", conversationId: HERE });
    store.dispatch({ type: "approvals", approvals: [approval(1)] });
    read().handed("why")(approval(1));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(shown).toEqual([approval(1).id]);
    store.dispatch({ type: "signed-in", principal: { ...ME, role: "viewer" } });
    expect(() => read().handed("why")).not.toThrow();
  });

  it("opens the overview with fresh lists", async () => {
    vi.stubGlobal("document", { documentElement: { dataset: { theme: "dark" } } });
    const { app, done, read, signIn } = open();
    signIn();
    read().fire("click", "Overview and settings");
    expect(app.drawer).toBe("panel");
    expect(done).toEqual(["loadPanel"]);
    expect(read().words).toContain("May do without asking");
    read().fire("click", "Sign out");
    expect(done).toEqual(["loadPanel", "signOut"]);
    app.drawer = "side";
    expect(read().words).toContain("Conversations");
  });
});
