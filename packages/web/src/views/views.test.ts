import type { Capability, Conversation, MessagePart } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { transcript } from "../state/select.ts";
import { reduce } from "../state/reduce.ts";
import { INITIAL_STATE } from "../state/state.ts";
import type { State } from "../state/state.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, approval, CALL, ELSEWHERE, HERE, ME, message, TURN } from "../testing/samples.ts";
import { barView } from "./bar.ts";
import { panelView } from "./panel.ts";
import { sideView } from "./side.ts";
import { signIn } from "./sign-in.ts";
import { transcriptView } from "./transcript.ts";

const moment = message(1, "user", "").createdAt;
const conversation = (id: Conversation["id"], title: string): Conversation => ({
  id,
  agentId: AGENT,
  ownerId: ME.id,
  audience: [ME.id],
  title,
  heads: {},
  activeHead: "main",
  createdAt: moment,
  updatedAt: moment,
});
const status = (demonstration: boolean): NonNullable<State["status"]> => ({
  version: "0.1.0",
  address: "a",
  home: "/home/you/.moltbot",
  startedAt: moment,
  sealedBy: "passphrase (Argon2id)",
  model: { name: "claude", says: "a model, 1.7 MB", demonstration, local: demonstration },
  agents: 1,
  turns: {},
  pendingApprovals: 0,
  scheduledReminders: 0,
  auditRecords: 7,
  residentBytes: 1,
});
const ready: State = { ...INITIAL_STATE, phase: "ready", principal: ME, conversationId: HERE };
const nothing = (): void => undefined;
afterEach(() => vi.unstubAllGlobals());

describe("the sign-in page", () => {
  const words = (state: Partial<State>): string => readTemplate(signIn({ ...INITIAL_STATE, ...state }, nothing)).words;
  const problem = (code: string) => ({ code, message: "It went wrong.", next: "Do this." });

  it("says how to get in, and why the last try failed", () => {
    expect(words({ phase: "signed-out" })).toContain("./moltbot open");
    expect(words({ phase: "signed-out", signInProblem: problem("SIGN_IN_LINK_INVALID") })).toContain(
      "This link no longer works",
    );
    expect(words({ phase: "signed-out", signInProblem: problem("LOCKED_OUT") })).toContain("It went wrong. Do this.");
    expect(words({ phase: "unreachable", signInProblem: problem("GATEWAY_UNREACHABLE") })).toContain("./moltbot start");
    expect(words({ phase: "starting" })).toContain("Opening…");
  });
});

describe("the top bar", () => {
  const bar = (state: State) =>
    readTemplate(barView({ state, openSide: nothing, openPanel: nothing, goToFirst: nothing }));

  it("marks the demonstration model and says how to connect another", () => {
    const { words } = bar({ ...ready, status: status(true) });
    expect(words).toContain("Demonstration model");
    expect(words).toContain("./moltbot config");
    expect(bar({ ...ready, status: status(false) }).words).toContain("What it reads leaves this machine");
  });

  it("counts the questions that wait", () => {
    expect(bar(ready).words).not.toContain("question");
    const asked = reduce(ready, {
      type: "approvals",
      approvals: [approval(1), approval(2), approval(3, { state: "denied" })],
    });
    expect(bar(asked).words).toContain("2 questions");
  });
});

describe("the transcript", () => {
  const view = (state: State) =>
    readTemplate(
      transcriptView({
        rows: transcript(state),
        agentName: "Molty",
        me: ME.id,
        now: 0,
        answer: () => Promise.resolve(),
      }),
    );
  const loaded = (...messages: readonly ReturnType<typeof message>[]): State =>
    reduce(ready, { type: "messages", conversationId: HERE, messages });

  it("says at each answer that the demonstration model gave it", () => {
    const demo = message(2, "assistant", "Hi", { model: { name: "demo", demonstration: true } });
    expect(view(loaded(message(1, "user", "<b>hello</b>"), demo)).words).toContain("demonstration model");
    expect(
      view(loaded(message(2, "assistant", "Hi", { model: { name: "claude", demonstration: false } }))).words,
    ).toContain("claude");
  });

  it("says when an answer is not whole", () => {
    expect(view(loaded(message(1, "assistant", "Half", { state: "cut-off" }))).words).toContain(
      "none of its actions ran",
    );
    expect(view(loaded(message(1, "notice", "The model does not answer.", { state: "failed" }))).markup).toContain(
      "notice bad",
    );
  });

  it("shows tool results quietly, reminders, questions and what is on its way", () => {
    const result: MessagePart = {
      type: "result",
      callId: CALL,
      tool: "calc",
      status: "refused",
      text: "denied\u202E",
      summary: "Not allowed",
      code: "APPROVAL_DENIED",
    };
    const fired: MessagePart = {
      type: "reminder",
      reminderId: "00000000-0000-7000-8000-000000000999" as never,
      text: "stretch",
      dueAt: moment,
      late: true,
    };
    let state = loaded(message(1, "tool", "", { parts: [result] }), message(2, "assistant", "", { parts: [fired] }));
    state = reduce(state, { type: "approvals", approvals: [approval(3)] });
    state = { ...state, sending: "on its way", live: { [HERE]: { turnId: TURN, text: "so far" } } };
    const { words, markup } = view(state);
    for (const part of [
      "Refused: Not allowed",
      "APPROVAL_DENIED",
      "U+202E",
      "late: it was due",
      "stretch",
      "on its way",
      "so far",
    ]) {
      expect(words).toContain(part);
    }
    expect(markup).toContain("<approval-card");
    expect(view({ ...ready, sending: "x" }).words).toContain("Molty is working");
  });
});

describe("the list of conversations", () => {
  it("names the open one, what asks, and opens by a click", () => {
    let state = reduce(ready, {
      type: "conversations",
      conversations: [conversation(HERE, "First"), conversation(ELSEWHERE, "")],
    });
    state = reduce(state, { type: "approvals", approvals: [approval(1, { conversationId: ELSEWHERE })] });
    const opened: unknown[] = [];
    const view = readTemplate(sideView({ state, now: 0, open: (id) => opened.push(id) }));
    expect(view.words).toContain("asks you");
    expect(view.markup.match(/aria-current=page/g)).toHaveLength(1);
    view.fire("click", "New conversation");
    view.fire("click", "First");
    expect(opened).toEqual([null, HERE]);
    expect(readTemplate(sideView({ state: ready, now: 0, open: nothing })).words).toContain("will be listed here");
  });
});

describe("the overview", () => {
  const grant: Capability = {
    id: "00000000-0000-7000-8000-000000000888" as never,
    tenantId: ME.tenantId,
    holder: AGENT,
    tool: approval(1).question.tool,
    permissions: [],
    constraints: [{ kind: "equals", argument: "text", value: "stretch" }],
    rights: ["use"],
    reach: { kind: "always" },
    expiresAt: "never",
    parent: null,
    epoch: 0,
    issuedBy: ME.id,
    issuedAt: moment,
    revokedAt: null,
    reason: "r",
  };
  const overview = (state: State, taken: (id: string) => void = nothing) => {
    vi.stubGlobal("document", { documentElement: { dataset: {} } });
    const ways = { revoke: taken, cancel: taken, forget: taken };
    return readTemplate(panelView({ state, now: 0, close: nothing, goTo: nothing, ...ways, signOut: nothing }));
  };

  it("says what waits, what is planned and what may happen without asking", () => {
    const empty = overview({ ...ready, reminders: [], memories: [], capabilities: [], status: status(true) });
    for (const part of [
      "No question waits",
      "Nothing is scheduled",
      "Nothing yet.",
      "it asks every time",
      "passphrase (Argon2id)",
      "System",
    ]) {
      expect(empty.words).toContain(part);
    }
    expect(overview(ready).words).toContain("Loading…");
  });

  it("lists what is in force, spelled out, and takes it back", () => {
    const revoked: string[] = [];
    const state: State = {
      ...reduce(ready, { type: "approvals", approvals: [approval(1)] }),
      reminders: [
        {
          id: "00000000-0000-7000-8000-000000000887" as never,
          ownerId: ME.id,
          agentId: AGENT,
          conversationId: HERE,
          callId: CALL,
          text: "call mom",
          dueAt: moment,
          state: "scheduled",
          createdAt: moment,
          firedAt: null,
          label: message(1, "user", "").label,
        },
      ],
      memories: [
        {
          id: "00000000-0000-7000-8000-000000000886" as never,
          ownerId: ME.id,
          agentId: AGENT,
          callId: CALL,
          text: "the cat is \u202eTom",
          label: message(1, "user", "").label,
          createdAt: moment,
        },
      ],
      capabilities: [
        grant,
        { ...grant, revokedAt: moment },
        { ...grant, constraints: [], expiresAt: approval(9).expiresAt, reach: { kind: "task", turnId: TURN } },
      ],
    };
    const view = overview(state, (id) => revoked.push(id));
    for (const part of [
      "Sets a reminder.",
      "call mom",
      "text is exactly “stretch”",
      "until you revoke it",
      "any arguments",
      "in one task",
    ]) {
      expect(view.words).toContain(part);
    }
    view.fire("click", "Revoke reminder.create");
    view.fire("click", "Cancel the reminder call mom");
    view.fire("click", "Remove the memory the cat is ⟨U+202E⟩Tom");
    expect(revoked).toEqual([grant.id, state.reminders?.[0]?.id, state.memories?.[0]?.id]);
  });
});
