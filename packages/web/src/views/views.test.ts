import { PrincipalId } from "@moltbot/contracts";
import type { Approval, Capability, Conversation, MessagePart, Stop } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { transcript } from "../state/select.ts";
import { reduce } from "../state/reduce.ts";
import { INITIAL_STATE } from "../state/state.ts";
import type { State } from "../state/state.ts";
import { person, share } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, approval, CALL, ELSEWHERE, HERE, ME, message, stop, TURN } from "../testing/samples.ts";
import { callMessage, planMessage, resultMessage, stepCall } from "../testing/plans.ts";
import { barView } from "./bar.ts";
import { pairView } from "./pair.ts";
import { panelView } from "./panel.ts";
import { planView } from "./plan.ts";
import { quoteView } from "./quote.ts";
import { sideView } from "./side.ts";
import { signalsView } from "./signals.ts";
import { locked } from "./locked.ts";
import { signIn } from "./sign-in.ts";
import { resumeDialog, stopBanner } from "./stop.ts";
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
  model: { name: "claude", says: "a model, 1.7 MB", demonstration, local: demonstration, tools: true },
  agents: 1,
  turns: {},
  pendingApprovals: 0,
  scheduledReminders: 0,
  deadJobs: 0,
  unknownEffects: 0,
  auditRecords: 7,
  residentBytes: 1,
  sandbox: { ready: true, problem: null },
  stopped: null,
});
const ready: State = { ...INITIAL_STATE, phase: "ready", principal: ME, conversationId: HERE };
const nothing = (): void => undefined;
afterEach(() => vi.unstubAllGlobals());

/** What a transcript is drawn with where nobody presses anything. */
const quiet = {
  agentName: "Molty",
  me: ME.id,
  now: 0,
  answer: () => Promise.resolve(null),
  answerAll: () => Promise.resolve({}),
  preview: () => Promise.resolve(null),
  elsewhere: () => false,
  why: null,
  whereFrom: nothing,
  nameOf: () => "Molty",
  by: null,
};

describe("the page of a locked vault", () => {
  const page = (state: Partial<State>) =>
    readTemplate(locked({ ...INITIAL_STATE, phase: "locked", ...state }, { unlock: nothing, retry: nothing }));

  it("asks for what opens it, in a field that hides it, and says why the last try failed", () => {
    expect(page({}).words).toContain("Moltbot is locked");
    expect(page({}).markup).toContain('type="password"');
    expect(page({}).words).not.toContain("It went wrong");
    const failed = { code: "VAULT_PASSPHRASE_WRONG", message: "It went wrong.", next: "Do this." };
    expect(page({ signInProblem: failed }).words).toContain("It went wrong. Do this.");
    expect(page({ unlocking: true }).words).toContain("Opening…");
  });

  it("hands what was typed on once, and leaves the field empty", () => {
    class FakeForm {
      fields: Record<string, string>;
      constructor(fields: Record<string, string>) {
        this.fields = fields;
      }
      reset(): void {
        this.fields = {};
      }
    }
    vi.stubGlobal(
      "FormData",
      class {
        readonly #fields: Record<string, string>;
        constructor(form: FakeForm) {
          this.#fields = form.fields;
        }
        get(name: string): string | null {
          return this.#fields[name] ?? null;
        }
      },
    );
    const brought: unknown[] = [];
    const view = readTemplate(
      locked({ ...INITIAL_STATE, phase: "locked" }, { unlock: (wish) => brought.push(wish), retry: nothing }),
    );
    const submit = (form: FakeForm): void =>
      view.fire("submit", "Passphrase", { preventDefault: nothing, currentTarget: form });
    const form = new FakeForm({ word: "canary", kind: "passphrase" });
    submit(form);
    submit(form);
    submit(new FakeForm({ word: "AAAA-1", kind: "recovery" }));
    expect(brought).toEqual([{ passphrase: "canary" }, { recoveryCode: "AAAA-1" }]);
    expect(form.fields).toEqual({});
  });
});

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

  it("tells whoever may not be here any more so, and nothing about the terminal", () => {
    const out = { SUSPENDED: "You are suspended", LEFT: "You have left" };
    for (const [code, heading] of Object.entries(out)) {
      const said = words({ phase: "signed-out", signInProblem: problem(code) });
      expect(said).toContain(`${heading} It went wrong. Do this.`);
      expect(said).not.toContain("./moltbot");
    }
  });
});

describe("the top bar", () => {
  const bar = (state: State) =>
    readTemplate(
      barView({
        state,
        openSide: nothing,
        openPanel: nothing,
        goToFirst: nothing,
        stopEverything: () => stops.push(1),
        showReaders: () => readers.push(1),
      }),
    );
  const stops: number[] = [];
  const readers: number[] = [];

  it("stops everything with one press, for an owner, while it is not stopped", () => {
    bar(ready).fire("click", "Stop everything");
    expect(stops).toEqual([1]);
    expect(bar({ ...ready, stopped: stop(1) }).markup).not.toContain("Stop everything");
    expect(bar({ ...ready, principal: { ...ME, role: "member" } }).markup).not.toContain("Stop everything");
  });

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

describe("a conversation that somebody else shows", () => {
  const anna = person(1, "Anna\u202E");
  const theirs = { ...conversation(HERE, "Trip"), ownerId: anna.id, heads: { shared: null }, activeHead: "shared" };
  const shown: State = { ...ready, people: [anna], conversations: [theirs], agent: null };
  const side = (state: State) => readTemplate(sideView({ state, now: 0, open: nothing, call: null, openHit: nothing }));
  const bar = (state: State, showReaders = nothing) =>
    readTemplate(
      barView({
        state,
        openSide: nothing,
        openPanel: nothing,
        goToFirst: nothing,
        stopEverything: nothing,
        showReaders,
      }),
    );

  it("stands apart in the list, by whose it is", () => {
    expect(side(shown).words).toContain("Your conversations will be listed here.");
    expect(side(shown).words).toContain("Shared with you Trip Anna⟨U+202E⟩");
    expect(side({ ...shown, conversations: [] }).words).not.toContain("Shared with you");
  });

  it("bears its owner’s name, and nothing of a model or of who reads it", () => {
    const { words, markup } = bar(shown);
    expect(words).toContain("Anna⟨U+202E⟩");
    expect(markup).not.toContain("readers");
    expect(markup).not.toContain("model-note");
  });

  it("of one’s own is marked where others read it, and leads to who does", () => {
    const own = { ...ready, conversations: [conversation(HERE, "Mine")] };
    const asked: number[] = [];
    bar(own, () => asked.push(1)).fire("click", "Show this conversation to somebody");
    expect(asked).toEqual([1]);
    const object = { type: "conversation", id: HERE } as const;
    const read = { ...own, shares: [share(1, { kind: "person", id: anna.id }, { object })] };
    expect(bar(read).markup).toContain("1 person read");
    expect(side(read).words).toContain("Others read it.");
    expect(bar({ ...own, principal: { ...ME, role: "viewer" } }).markup).not.toContain("readers");
  });

  it("names who says what, and leads nowhere into what is theirs", () => {
    const messages = [message(1, "user", "hello"), message(2, "assistant", "Hi.")];
    const rows = transcript(reduce(shown, { type: "messages", conversationId: HERE, messages }));
    const { words, markup } = readTemplate(transcriptView({ ...quiet, rows, by: "Anna" }));
    expect(words).toContain("Anna hello");
    expect(markup).not.toContain("Where from?");
  });
});

describe("the page that pairs this browser", () => {
  const page = (state: Partial<State>, paired: unknown[] = []) =>
    readTemplate(
      pairView({ ...INITIAL_STATE, phase: "pairing", ...state }, "Firefox on Linux", {
        pair: (name) => paired.push(name),
        leave: () => paired.push("left"),
      }),
    );

  it("asks for a name and one press, and says why it was refused", () => {
    const paired: unknown[] = [];
    vi.stubGlobal(
      "FormData",
      class {
        readonly #form: { readonly name: string };
        constructor(form: { readonly name: string }) {
          this.#form = form;
        }
        get(): string {
          return this.#form.name;
        }
      },
    );
    const submit = (name: string, state: Partial<State> = {}): void =>
      page(state, paired).fire("submit", "", { preventDefault: nothing, currentTarget: { name } });
    submit(" Laptop ");
    submit("  ");
    submit("twice", { unlocking: true });
    page({}, paired).fire("click", "Do not pair it");
    expect(paired).toEqual(["Laptop", "left"]);
    expect(
      page({ signInProblem: { code: "PAIRING_INVALID", message: "It is no code.", next: "Make one." } }).words,
    ).toContain("It is no code. Make one.");
    expect(page({}).markup).toContain(".value=Firefox on Linux");
  });
});

describe("the transcript", () => {
  const view = (state: State) =>
    readTemplate(
      transcriptView({
        ...quiet,
        rows: transcript(state),
        why: (id) => asked.push(id),
        whereFrom: (id) => asked.push(id),
      }),
    );
  const asked: string[] = [];
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

  it("leads from a message to where it came from, and says what was removed", () => {
    view(loaded(message(1, "assistant", "Hi"))).fire("click", "Where from? The message");
    expect(asked.splice(0)).toEqual([message(1, "assistant", "").id]);
    const gone = [2, 3].map((n) => message(n, "tool", "[Removed on 1970-01-01.]", { state: "removed" }));
    expect(view(loaded(...gone)).words).toBe("2 messages removed. [Removed on 1970-01-01.]");
    expect(view(loaded(...gone.slice(1))).words).toBe("Removed. [Removed on 1970-01-01.]");
  });

  it("shows hidden characters in what anybody wrote", () => {
    const mine = message(1, "user", "a\u200Bb");
    expect(view(loaded(mine, message(2, "assistant", "c\u202Ed"))).words).toMatch(/a U\+200B b .*c U\+202E d/);
    const live = { ...ready, live: { [HERE]: { turnId: TURN, text: "e\u200Bf" } }, sending: "g\u200Bh" };
    expect(view(live).words).toMatch(/g U\+200B h .*e U\+200B f/);
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
    expect(markup).toContain("<approval-group");
    view(state).fire("click", "Why? Not allowed");
    expect(asked).toEqual([CALL]);
    expect(view({ ...ready, sending: "x" }).words).toContain("Molty is working");
  });
});

describe("words of somebody else", () => {
  const quote: MessagePart = {
    type: "quote",
    kind: "forwarded",
    from: "Bob\u200B",
    text: "one\ntwo\u202E",
    label: message(1, "user", "").label,
  };

  it("stand apart from one's own, with the origin they claim", () => {
    const mine = message(1, "user", "", { parts: [{ type: "text", text: "look" }, quote] });
    const theirs = message(2, "assistant", "", { parts: [quote] });
    const rows = transcript(reduce(ready, { type: "messages", conversationId: HERE, messages: [mine, theirs] }));
    const { words, markup } = readTemplate(transcriptView({ ...quiet, rows }));
    expect(words.match(/Forwarded text · 2 lines · says it is from Bob U\+200B one two U\+202E/g)).toHaveLength(2);
    expect(/class="bubble">([^<]*)</.exec(markup)?.[1]).toBe("look");
  });

  it("stand there while they are on their way", () => {
    const sending = reduce(ready, { type: "sending", text: "look", blocks: [{ kind: "pasted", text: "a\nb" }] });
    expect(readTemplate(transcriptView({ ...quiet, rows: transcript(sending) })).words).toContain(
      "look Pasted text · 2 lines a b",
    );
  });
});

describe("a plan", () => {
  const asked: string[] = [];
  const wish = { why: (id: string) => asked.push(id), whereFrom: (id: string) => asked.push(id) };
  const view = (messages: readonly ReturnType<typeof message>[], approvals: readonly Approval[] = []) => {
    const state = reduce(reduce(ready, { type: "messages", conversationId: HERE, messages }), {
      type: "approvals",
      approvals,
    });
    const row = transcript(state).find(({ kind }) => kind === "plan");
    if (row?.kind !== "plan") throw new Error("no plan");
    return readTemplate(planView(row, 0, wish));
  };

  it("is a numbered list with literals, references in words and the state of each step", () => {
    const { words, markup } = view(
      [planMessage(), callMessage(1, 3), resultMessage(1, 4), callMessage(2, 5)],
      [approval(5, { callId: stepCall(2) })],
    );
    for (const part of [
      "Plan : Answer Anna",
      "1 of 3 steps done, 1 waiting for you",
      "Step 1: Mail read Done",
      "query “din U+200B ner”",
      "Step 2: Mail send Waits for you",
      "the organiser’s address, from step 1",
      "“Yes.”",
      "Step 3: Set a reminder Not begun",
      "minutes until then, from step 1, as a number",
      "After step 2.",
    ]) {
      expect(words).toContain(part);
    }
    expect(markup).toContain("?open=true");
    expect(markup).not.toContain("\u200B");
  });

  it("shows what came of a step, what was noticed in it, and where both came from", () => {
    const result = resultMessage(1, 4, {
      status: "failed",
      summary: "It fai\u202Eled",
      secrets: 2,
      signals: [{ kind: "canary", says: "one of your canaries", count: 1 }],
    });
    const shown = view([planMessage(), callMessage(1, 3), result]);
    for (const part of [
      "0 of 3 steps done, 1 failed, 2 that will not run",
      "It fai U+202E led",
      "One of your canaries: one of your canaries",
      "Secrets: 2 recognised secrets were kept back from the model",
      "Will not run",
    ]) {
      expect(shown.words).toContain(part);
    }
    shown.fire("click", "Why? It fai⟨U+202E⟩led");
    shown.fire("click", "Where from? It fai⟨U+202E⟩led");
    expect(asked).toEqual([stepCall(1), result.id]);
  });
});

describe("what was noticed", () => {
  it("is said in words, and secrets once", () => {
    const secret = { kind: "secret", says: "one recognised secret was kept back", count: 1 } as const;
    expect(readTemplate(signalsView([secret], 1)).words).toBe("Secrets: one recognised secret was kept back");
    expect(readTemplate(signalsView(undefined, 1)).words).toContain("one recognised secret was kept back");
    expect(readTemplate(signalsView([])).markup).toBe("");
    const hidden = { kind: "hidden-text", says: "2 characters that cannot be seen (tags)", count: 2 } as const;
    const quote = { kind: "pasted", from: null, text: "a", signals: [hidden] } as const;
    expect(readTemplate(quoteView(quote)).words).toContain("Hidden text: 2 characters that cannot be seen (tags)");
  });
});

describe("the stop", () => {
  const banner = (state: State, did: string[] = []) =>
    readTemplate(stopBanner({ state, now: 0, openResume: () => did.push("resume?"), putAway: () => did.push("away") }));
  const report = {
    stop: stop(1),
    turnsStopped: 2,
    turnsHeld: 1,
    questionsCancelled: 3,
    remindersHeld: 0,
    capabilitiesEnded: 0,
  };

  it("says since when, by whom and from where, what ended and what is held", () => {
    const did: string[] = [];
    const state: State = { ...ready, stopped: stop(1), stopReport: report };
    const view = banner(state, did);
    const { words } = view;
    expect(words).toContain("Everything is stopped since");
    expect(words).toContain("Stopped by you, in the browser");
    expect(words).toContain("Ended: 2 tasks, 3 questions. Held until you resume: 1 waiting message.");
    view.fire("click", "Resume…");
    expect(did).toEqual(["resume?"]);
    const other = { ...stop(2), id: "00000000-0000-7000-8000-000000000301" as Stop["id"], by: AGENT as never };
    const elsewhere = banner({ ...state, stopped: { ...other, surface: "chat", reason: "odd\u202E" } });
    expect(elsewhere.words).toContain("Stopped by somebody else, by a word in a chat: “ odd U+202E ”");
    expect(elsewhere.words).not.toContain("Ended:");
    expect(banner({ ...state, principal: { ...ME, role: "viewer" } }).markup).not.toContain("<button");
    expect(banner(ready).words).toBe("");
  });

  it("reports what was held and which permissions came back or ended", () => {
    const did: string[] = [];
    const resumeReport = {
      stop: stop(1),
      turnsReleased: 1,
      remindersReleased: 2,
      remindersLate: 1,
      capabilitiesRestored: [],
      capabilitiesEnded: [
        { tool: "reminder.create", constraints: [{ kind: "at-most", argument: "minutes", limit: 3 }] } as never,
      ],
    };
    const view = banner({ ...ready, resumeReport }, did);
    const { words } = view;
    expect(words).toContain("1 waiting message, 2 reminders (1 late)");
    expect(words).toContain("1 permission ended with the stop");
    expect(words).toContain("minutes is at most 3");
    expect(words).not.toContain("came back");
    view.fire("click", "Dismiss");
    expect(did).toEqual(["away"]);
  });

  it("asks which permissions come back, the starting ones unless told", () => {
    class Form {
      readonly grants: string;
      constructor(grants: string) {
        this.grants = grants;
      }
    }
    vi.stubGlobal("HTMLFormElement", Form);
    vi.stubGlobal(
      "FormData",
      class {
        readonly #form: Form;
        constructor(form: Form) {
          this.#form = form;
        }
        get(): string {
          return this.#form.grants;
        }
      },
    );
    const chosen: string[] = [];
    const view = readTemplate(resumeDialog((grants) => chosen.push(grants), nothing));
    expect(view.words).toMatch(/Those it started with.*All that it had.*None/);
    for (const grants of ["all", "none", "nonsense"])
      view.fire("submit", "", { target: new Form(grants), preventDefault: nothing });
    expect(chosen).toEqual(["all", "none", "starting"]);
  });
});

describe("the list of conversations", () => {
  it("names the open one, what asks, and opens by a click", () => {
    let state = reduce(ready, {
      type: "conversations",
      conversations: [conversation(HERE, "First"), conversation(ELSEWHERE, ""), conversation(HERE, "T\u200Bwo")],
    });
    state = reduce(state, { type: "approvals", approvals: [approval(1, { conversationId: ELSEWHERE })] });
    const opened: unknown[] = [];
    const view = readTemplate(sideView({ state, now: 0, open: (id) => opened.push(id), call: null, openHit: nothing }));
    expect(view.words).toContain("asks you");
    expect(view.words).toContain("T U+200B wo");
    view.fire("click", "New conversation");
    view.fire("click", "First");
    expect(opened).toEqual([null, HERE]);
    expect(
      readTemplate(sideView({ state: ready, now: 0, open: nothing, call: null, openHit: nothing })).words,
    ).toContain("will be listed here");
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
    const ways = {
      revoke: taken,
      cancel: taken,
      forget: taken,
      whereFrom: taken,
      addContact: () => Promise.resolve(null),
      removeContact: taken,
      setReading: () => Promise.resolve(null),
      setTools: () => Promise.resolve(null),
      showChanges: () => taken("changes"),
      showData: () => taken("data"),
      showFlows: () => taken("flows"),
      showKeys: () => taken("keys"),
      showPeople: () => taken("people"),
      showPlugins: () => taken("plugins"),
      showSignIns: () => taken("sign-ins"),
      showPrompts: () => taken("prompts"),
      showSecrets: () => taken("secrets"),
      showUsage: () => taken("usage"),
      showSharing: nothing,
      talkTo: nothing,
      call: null,
    };
    return readTemplate(panelView({ state, now: 0, close: nothing, goTo: nothing, ...ways, signOut: nothing }));
  };

  it("leads to the data of everybody, and to the keys of an owner", () => {
    const taken: string[] = [];
    const mine = overview(ready, (name) => taken.push(name));
    mine.fire("click", "Your data");
    for (const page of ["Where data went", "Keys and backups", "People", "Plugins and skills", "Sign-ins"])
      mine.fire("click", page);
    expect(taken).toEqual(["data", "flows", "keys", "people", "plugins", "sign-ins"]);
    const { words } = overview({ ...ready, principal: { ...ME, role: "member" } });
    expect(words).toContain("Your data");
    expect(words).toContain("Where data went");
    expect(words).not.toContain("Keys and backups");
    expect(overview({ ...ready, principal: { ...ME, role: "viewer" } }).words).not.toContain("Where data went");
  });

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

  it("says how often it asks, and which tools", () => {
    const measures = {
      days: 30,
      calls: 100,
      questions: 3,
      questionsPer100Calls: 3,
      answered: 3,
      secondsToAnswer: 12.4,
      allowRate: 0.9,
      byTool: [{ tool: "web.fetch", questions: 1, allowed: 0 }],
    };
    const { words } = overview({ ...ready, measures });
    expect(words).toContain("3 questions per 100 calls, you allow 90");
    expect(words).toContain("in about 12 s.");
    expect(words).toContain("web.fetch 1 question, 0 allowed");
    expect(overview({ ...ready, measures: { ...measures, questionsPer100Calls: null } }).words).not.toContain(
      "per 100",
    );
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
      "granted by you",
      ": r",
    ]) {
      expect(view.words).toContain(part);
    }
    view.fire("click", "Revoke reminder.create");
    view.fire("click", "Cancel the reminder call mom");
    view.fire("click", "Remove the memory the cat is ⟨U+202E⟩Tom");
    view.fire("click", "Where from? The memory the cat is ⟨U+202E⟩Tom");
    const memory = state.memories?.[0]?.id;
    expect(revoked).toEqual([grant.id, state.reminders?.[0]?.id, memory, memory]);
    const agent = {
      id: AGENT,
      ownerId: ME.id,
      name: "Molty",
      model: "demo",
      status: "idle",
      capabilities: [],
      reading: "open",
    } as const;
    expect(overview({ ...state, agent }).markup).toMatch(/<agent-reading\s+\.reading=open\s+\.mayChange=true/);
    expect(overview({ ...state, agent }).markup).toMatch(/<agent-tools[^>]*\.mayChange=true\s+\.mayAdd=true/);
    const theirs = { ...agent, ownerId: PrincipalId.parse("00000000-0000-7000-8000-000000000077") };
    expect(overview({ ...state, agent: theirs }).markup).toMatch(/<agent-tools[^>]*\.mayAdd=false/);
    const viewer = overview({ ...state, principal: { ...ME, role: "viewer" } });
    expect(viewer.markup).toMatch(/contact-list[^>]*mayChange=false/);
    for (const way of ["Cancel the reminder", "Remove the memory", "Revoke "]) expect(viewer.markup).not.toContain(way);
    expect(overview(state).markup).not.toContain("<agent-reading");
  });
});
