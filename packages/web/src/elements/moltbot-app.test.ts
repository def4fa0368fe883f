import { afterEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../state/session.ts";
import { createStore } from "../state/store.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, HERE, ME, message } from "../testing/samples.ts";
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
      agents: [{ id: AGENT, name: "Molty", model: "demo", status: "idle", capabilities: [] }],
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
    expect(done).toEqual(['send "what is 17 * 3"']);
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
