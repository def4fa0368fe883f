import { CallId } from "@moltbot/contracts";
import type { AgentId } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGENT, approval, CALL, ELSEWHERE, event, HERE, ME, message, report, stop, TURN } from "../testing/samples.ts";
import { chat } from "../testing/keeping.ts";
import { ANNA, MOLTY, ownRole, SELF } from "../testing/people.ts";
import { callMessage, plan, planMessage, resultMessage, stepCall } from "../testing/plans.ts";
import { reduce } from "./reduce.ts";
import { answeredElsewhere, conversationsOf, openShared, pendingApprovals, runningTurn, transcript } from "./select.ts";
import { INITIAL_STATE } from "./state.ts";
import type { Action, State } from "./state.ts";

const ready: State = { ...INITIAL_STATE, phase: "ready", principal: ME, conversationId: HERE };
const after = (state: State, ...actions: readonly Action[]): State => actions.reduce(reduce, state);
const heard = (...events: readonly ReturnType<typeof event>[]): readonly Action[] =>
  events.map((item) => ({ type: "event", event: item }));
const kinds = (state: State): readonly string[] => transcript(state).map(({ kind }) => kind);
const turn = { conversationId: HERE, agentId: AGENT, turnId: TURN };

describe("a reply", () => {
  it("grows by pieces and is replaced by the finished message", () => {
    const streaming = after(
      ready,
      ...heard(
        event("agent:started", turn),
        event("message:delta", { ...turn, text: "Hel" }),
        event("message:delta", { ...turn, text: "lo" }),
      ),
    );
    expect(streaming.live[HERE]?.text).toBe("Hello");
    expect(runningTurn(streaming)).toBe(TURN);
    const finished = after(
      streaming,
      ...heard(event("message:sent", { conversationId: HERE, message: message(2, "assistant", "Hello") })),
    );
    expect(kinds(finished)).toEqual(["message", "working"]);
    const ended = after(
      finished,
      ...heard(event("agent:stopped", { ...turn, end: { state: "done", messageId: null, code: null } })),
    );
    expect(kinds(ended)).toEqual(["message"]);
    expect(runningTurn(ended)).toBeNull();
  });

  it("is announced once, whole, without marks, and only in the open conversation", () => {
    const sent = after(
      ready,
      ...heard(
        event("message:delta", { ...turn, text: "**He" }),
        event("message:sent", { conversationId: HERE, message: message(2, "assistant", "**Hello** there") }),
      ),
    );
    expect(sent.announcement).toEqual({ text: "Hello there", count: 1 });
    const other = message(3, "assistant", "psst", { conversationId: ELSEWHERE });
    expect(
      after(sent, ...heard(event("message:sent", { conversationId: ELSEWHERE, message: other }))).announcement.count,
    ).toBe(1);
  });

  it("does not start again when the report of its turn comes after its end", () => {
    const ended = after(
      ready,
      ...heard(event("agent:stopped", { ...turn, end: { state: "done", messageId: null, code: null } })),
    );
    expect(runningTurn(after(ended, { type: "sent", report: report("running"), fresh: false }))).toBeNull();
  });
});

describe("a sent message", () => {
  it("stands there at once and once, whatever comes first: the event or the answer", () => {
    const sending = after(ready, { type: "sending", text: "hello" });
    expect(kinds(sending)).toEqual(["sending", "working"]);
    const own = event("message:received", { conversationId: HERE, message: message(1, "user", "hello") });
    const sent: Action = { type: "sent", report: report("running"), fresh: false };
    for (const order of [
      [...heard(own), sent],
      [sent, ...heard(own)],
    ]) {
      expect(kinds(after(sending, ...order))).toEqual(["message", "working"]);
    }
  });

  it("opens the new conversation that it began", () => {
    const fresh = after(
      { ...ready, conversationId: null },
      { type: "sending", text: "hello" },
      { type: "sent", report: report("running"), fresh: true },
    );
    expect(fresh.conversationId).toBe(HERE);
  });

  it("opens it already by its own echo, so that a very fast reply is announced", () => {
    const fast = after(
      { ...ready, conversationId: null },
      { type: "sending", text: "hello" },
      ...heard(
        event("message:received", { conversationId: HERE, message: message(1, "user", "hello") }),
        event("message:sent", { conversationId: HERE, message: message(2, "assistant", "Hi.") }),
      ),
      { type: "sent", report: report("running"), fresh: true },
    );
    expect(fast.announcement.text).toBe("Hi.");
    expect(fast.conversationId).toBe(HERE);
  });

  it("disappears with a reason when it could not be sent", () => {
    const problem = { code: "MODEL_UNAVAILABLE", message: "It does not answer.", next: "Wait." };
    const failed = after(ready, { type: "sending", text: "hello" }, { type: "not-sent", problem });
    expect(kinds(failed)).toEqual([]);
    expect(failed.problem).toEqual(problem);
  });
});

describe("a stop", () => {
  const stopReport = {
    stop: stop(1),
    turnsStopped: 1,
    turnsHeld: 2,
    questionsCancelled: 3,
    remindersHeld: 4,
    capabilitiesEnded: 5,
  };

  it("is shown and said aloud wherever it came from, and ends the same way", () => {
    const stopped = after(ready, ...heard(event("system:stopped", { stop: stop(1) })));
    expect(stopped.stopped).toEqual(stop(1));
    expect(stopped.announcement.text).toBe("Everything is stopped.");
    const resumed = after(stopped, ...heard(event("system:resumed", { stop: stop(1) })));
    expect(resumed.stopped).toBeNull();
    expect(resumed.announcement.text).toBe("The stop is over.");
  });

  it("keeps the report of what this page stopped until it is over", () => {
    const stopped = after(
      ready,
      { type: "stopped", report: stopReport },
      ...heard(event("system:stopped", { stop: stop(1) })),
    );
    expect(stopped.stopReport).toEqual(stopReport);
    expect(after(stopped, ...heard(event("system:resumed", { stop: stop(1) }))).stopReport).toBeNull();
  });
});

describe("a plan", () => {
  const committed = event("plan:committed", { ...turn, plan: plan() });
  const planRow = (state: State) => transcript(state).find((row) => row.kind === "plan");
  const loaded = (...messages: readonly ReturnType<typeof message>[]): State =>
    after(ready, { type: "messages", conversationId: HERE, messages });

  it("stands there at once and once, whatever comes first: the event or its message", () => {
    const own = event("message:sent", { conversationId: HERE, message: planMessage() });
    for (const order of [
      [committed, own, committed],
      [own, committed],
    ]) {
      expect(kinds(after(ready, ...heard(...order)))).toEqual(["plan"]);
    }
    expect(kinds(after(ready, ...heard(committed)))).toEqual(["plan"]);
    expect(after(ready, ...heard(committed)).announcement.text).toBe("A plan of 3 steps begins.");
    const away = after({ ...ready, conversationId: ELSEWHERE }, ...heard(committed));
    expect(away.announcement.count).toBe(0);
    expect(kinds(away)).toEqual([]);
  });

  it("shows the results of its own steps, and leaves the others where they are", () => {
    const other = message(6, "tool", "", {
      parts: [{ type: "result", callId: CALL, tool: "calc", status: "ok", text: "2", summary: "Sum", code: null }],
    });
    const state = loaded(planMessage(), callMessage(1, 3), resultMessage(1, 4), other);
    expect(kinds(state)).toEqual(["plan", "step"]);
    expect(planRow(state)).toMatchObject({ steps: [{ state: "done", result: { text: "told" } }, {}, {}] });
    const alone = loaded(callMessage(1, 3), resultMessage(1, 4));
    expect(kinds(alone)).toEqual(["step"]);
  });

  it("has all its questions on one card, also those that come after other words", () => {
    const state = after(loaded(planMessage(), callMessage(2, 3), message(5, "assistant", "Well."), callMessage(3, 6)), {
      type: "approvals",
      approvals: [approval(4, { callId: stepCall(2) }), approval(7, { callId: stepCall(3) }), approval(8)],
    });
    expect(
      transcript(state).map((row) => (row.kind === "approval" ? row.approvals.map(({ callId }) => callId) : row.kind)),
    ).toEqual(["plan", [stepCall(2), stepCall(3)], "message", [CALL]]);
  });

  it("names what was kept aside by what it was, and is no longer current once somebody wrote again", () => {
    const state = loaded(message(1, "user", "go"), planMessage(), callMessage(1, 3), resultMessage(1, 4));
    const row = planRow(state);
    if (row?.kind !== "plan") throw new Error("no plan");
    expect(row.current).toBe(true);
    expect(row.kept(`h${stepCall(1).slice(-12)}`)).toBe("an earlier result (Mail read)");
    expect(row.kept(`h${message(1, "user", "").id.slice(-12)}`)).toBe("what you pasted or forwarded");
    expect(row.kept("hffffffffffff")).toBeNull();
    expect(planRow(loaded(planMessage(), message(9, "user", "more")))).toMatchObject({ current: false });
  });
});

describe("what was noticed", () => {
  const raised = (conversationId: typeof HERE) =>
    event("signal:raised", {
      conversationId,
      where: "result of mail.read",
      signals: [{ kind: "hidden-text", says: "6 characters that cannot be seen (tags)", count: 6 }],
    });

  it("is shown and said aloud, wherever it was, and counts what came before it until it is put away", () => {
    const once = after(ready, ...heard(raised(HERE)));
    expect(once.announcement.text).toBe(
      "Noticed in the result of mail.read: hidden text, 6 characters that cannot be seen (tags).",
    );
    const twice = after(once, ...heard(raised(ELSEWHERE)));
    expect(twice.alarm).toMatchObject({ conversationId: ELSEWHERE, earlier: 1 });
    expect(after(twice, { type: "alarm-seen" }).alarm).toBeNull();
  });
});

describe("what was removed", () => {
  const gone = (n: number) => message(n, "assistant", "[Removed.]", { state: "removed" });

  it("stands as one line where it was, also between the questions of a turn", () => {
    const state = after(
      ready,
      { type: "messages", conversationId: HERE, messages: [message(1, "user", "a"), gone(2), gone(3), gone(6)] },
      { type: "approvals", approvals: [approval(4), approval(7)] },
    );
    expect(
      transcript(state).map((row) =>
        row.kind === "removed" ? row.messages.length : row.kind === "approval" ? row.approvals : row.kind,
      ),
    ).toEqual(["message", 2, [approval(4), approval(7)], 1]);
  });

  it("is forgotten in every conversation but the open one, which is loaded anew", () => {
    const state = after(
      ready,
      { type: "messages", conversationId: HERE, messages: [message(1, "user", "a")] },
      { type: "messages", conversationId: ELSEWHERE, messages: [message(2, "user", "b")] },
      ...heard(event("source:removed", { source: "host:a.example:443", removed: 2 })),
    );
    expect(Object.keys(state.messages)).toEqual([HERE]);
    const none = after(
      { ...state, conversationId: null },
      ...heard(event("source:removed", { source: "x:y", removed: 0 })),
    );
    expect(none.messages).toEqual({});
  });
});

describe("loading a conversation", () => {
  it("keeps what was heard while the list was on its way, and repeats nothing", () => {
    const state = after(
      ready,
      ...heard(
        event("message:sent", { conversationId: HERE, message: message(2, "assistant", "two") }),
        event("message:sent", { conversationId: HERE, message: message(3, "assistant", "three") }),
      ),
      { type: "messages", conversationId: HERE, messages: [message(1, "user", "one"), message(2, "assistant", "two")] },
    );
    expect(state.messages[HERE]?.map(({ createdAt }) => createdAt.slice(17, 19))).toEqual(["01", "02", "03"]);
  });
});

describe("a question", () => {
  const asked = after(
    ready,
    ...heard(
      event("agent:started", turn),
      event("approval:requested", { conversationId: HERE, approval: approval(2) }),
    ),
  );

  it("waits, is announced, and its turn is not called running", () => {
    expect(pendingApprovals(asked)).toHaveLength(1);
    expect(asked.announcement.text).toBe("A question for you: Sets a reminder.");
    expect(runningTurn(asked)).toBeNull();
    expect(kinds(asked)).toEqual(["approval"]);
  });

  it("stands between the messages where it was asked", () => {
    const state = after(asked, {
      type: "messages",
      conversationId: HERE,
      messages: [message(1, "user", "a"), message(3, "assistant", "b")],
    });
    expect(kinds(state)).toEqual(["message", "approval", "message", "working"].slice(0, kinds(state).length));
    expect(kinds(state).slice(0, 3)).toEqual(["message", "approval", "message"]);
  });

  it("stands with the others of its turn, and apart from another turn's", () => {
    const other = approval(4, { turnId: "00000000-0000-7000-8000-000000000066" as typeof TURN });
    const rows = transcript(after(asked, { type: "approvals", approvals: [approval(3), other] }));
    expect(rows.map((row) => (row.kind === "approval" ? row.approvals.length : row.kind))).toEqual([2, 1]);
  });

  it("knows whether it was answered here or elsewhere", () => {
    const { id } = approval(2);
    const allowed = approval(2, { state: "allowed" });
    const elsewhere = after(asked, { type: "approvals", approvals: [allowed] });
    expect(answeredElsewhere(elsewhere, allowed)).toBe(true);
    const here = after(asked, { type: "answering", approvalIds: [id], counts: true });
    expect(answeredElsewhere(here, allowed)).toBe(false);
    const refused = after(here, { type: "answering", approvalIds: [id], counts: false });
    expect(answeredElsewhere(refused, allowed)).toBe(true);
    expect(answeredElsewhere(after(ready, { type: "approvals", approvals: [allowed] }), allowed)).toBe(false);
  });

  it("never goes back to an earlier state", () => {
    const states = ["pending", "allowed", "denied", "expired", "cancelled", "superseded", "consumed"] as const;
    const final = ["denied", "expired", "cancelled", "superseded", "consumed"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states)), (list) => {
        let state = asked;
        for (const next of list) {
          const before = state.approvals[approval(2).id]?.state ?? "pending";
          state = after(state, { type: "approvals", approvals: [approval(2, { state: next })] });
          const now = state.approvals[approval(2).id]?.state;
          if (final.includes(before)) expect(now).toBe(before);
          if (before === "allowed") expect(now).not.toBe("pending");
        }
      }),
    );
  });
});

describe("the transcript", () => {
  it("shows a tool's result as a quiet line with the call it came from, and no empty message", () => {
    const call = message(1, "assistant", "", {
      parts: [{ type: "call", callId: CALL, tool: "calc", arguments: { expression: "1+1" } }],
    });
    const result = message(2, "tool", "", {
      parts: [
        { type: "result", callId: CALL, tool: "calc", status: "ok", text: "2", summary: "Calculated", code: null },
      ],
    });
    const rows = transcript(after(ready, { type: "messages", conversationId: HERE, messages: [call, result] }));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ kind: "step", call: { tool: "calc" }, result: { text: "2" } });
  });

  it("is empty for a new conversation", () => {
    expect(transcript({ ...ready, conversationId: null })).toEqual([]);
  });

  it("shows a reminder that fires and says it aloud", () => {
    const fired = message(5, "assistant", "", {
      parts: [
        {
          type: "reminder",
          reminderId: "00000000-0000-7000-8000-000000000999" as never,
          text: "stretch",
          dueAt: message(5, "user", "").createdAt,
          late: false,
        },
      ],
    });
    const state = after(ready, ...heard(event("reminder:fired", { conversationId: HERE, message: fired })));
    expect(kinds(state)).toEqual(["message"]);
    expect(state.announcement.text).toBe("Reminder: stretch");
  });
});

describe("the session", () => {
  it("leaves nothing behind when it ends", () => {
    const used = after(
      ready,
      { type: "messages", conversationId: HERE, messages: [message(1, "user", "4812")] },
      { type: "approvals", approvals: [approval(2)] },
    );
    const problem = { code: "NOT_SIGNED_IN", message: "m", next: "n" };
    expect(after(used, { type: "signed-out", problem })).toEqual({
      ...INITIAL_STATE,
      phase: "signed-out",
      signInProblem: problem,
    });
  });

  it("keeps the agent that was chosen and takes the first otherwise", () => {
    const agent = {
      id: AGENT,
      ownerId: ME.id,
      name: "Molty",
      model: "demo",
      status: "idle",
      capabilities: [],
      reading: "auto",
    } as const;
    const [first, second] = [agent, { ...agent, id: "00000000-0000-7000-8000-000000000777" as typeof AGENT }];
    expect(after(ready, { type: "agents", agents: [first, second] }).agent).toEqual(first);
    expect(after({ ...ready, agent: second }, { type: "agents", agents: [first, second] }).agent).toEqual(second);
    expect(after(ready, { type: "agents", agents: [] }).agent).toBeNull();
  });

  it("changes nothing for events that the page fetches instead", () => {
    const state = after(
      ready,
      ...heard(
        event("config:changed", { keys: [] }),
        event("error:occurred", { code: "X", conversationId: null, turnId: null }),
      ),
    );
    expect(state).toEqual(ready);
  });
});

describe("an erasure", () => {
  it("leaves nothing of the conversation in the page, nor in what a screen reader was told", () => {
    const full = after(
      ready,
      { type: "conversations", conversations: [chat("Tax"), chat("Other", { id: ELSEWHERE })] },
      { type: "approvals", approvals: [approval(1), approval(2, { conversationId: ELSEWHERE })] },
      ...heard(
        event("agent:started", turn),
        event("message:sent", { conversationId: HERE, message: message(2, "assistant", "canary") }),
        event("message:sent", {
          conversationId: ELSEWHERE,
          message: message(3, "assistant", "stays", { conversationId: ELSEWHERE }),
        }),
        event("message:delta", { ...turn, text: "canary" }),
        event("signal:raised", { conversationId: HERE, where: "canary", signals: [] }),
      ),
    );
    expect(JSON.stringify(full)).toContain("canary");
    const erased = after(full, ...heard(event("subject:erased", { kind: "conversation", id: HERE })));
    expect(JSON.stringify(erased)).not.toContain("canary");
    expect(erased).toMatchObject({ conversationId: null, turns: {}, alarm: null, conversations: [{ id: ELSEWHERE }] });
    expect(Object.values(erased.approvals).map(({ conversationId }) => conversationId)).toEqual([ELSEWHERE]);
    expect(JSON.stringify(erased)).toContain("stays");
  });

  it("of another conversation leaves the open one, and one of a person changes nothing here", () => {
    const open = after(ready, { type: "conversations", conversations: [chat("Tax")] });
    expect(after(open, ...heard(event("subject:erased", { kind: "conversation", id: ELSEWHERE })))).toMatchObject({
      conversationId: HERE,
      conversations: [{ id: HERE }],
    });
    expect(after(open, ...heard(event("subject:erased", { kind: "person", id: ME.id })))).toBe(open);
  });
});

describe("the agent that the page talks to", () => {
  const other = { ...MOLTY, id: "other" as AgentId, name: "Helper" };
  const both = after(
    ready,
    { type: "agents", agents: [MOLTY, other] },
    { type: "conversations", conversations: [chat("mine"), chat("helped", { id: ELSEWHERE, agentId: other.id })] },
  );

  it("is that of the open conversation, and stays for the next new one", () => {
    expect(both.agent?.name).toBe("Molty");
    const there = after(both, { type: "opened", conversationId: ELSEWHERE });
    expect(there.agent?.name).toBe("Helper");
    expect(after(there, { type: "opened", conversationId: null }).agent?.name).toBe("Helper");
    expect(after(both, { type: "talk-to", agentId: other.id })).toMatchObject({ agent: other, conversationId: null });
    expect(after(both, { type: "talk-to", agentId: "nobody" as AgentId }).agent?.name).toBe("Molty");
  });

  it("is nobody where it is no longer shared, and another one for a new conversation", () => {
    const there = after(both, { type: "opened", conversationId: ELSEWHERE }, { type: "agents", agents: [MOLTY] });
    expect(there.agent).toBeNull();
    expect(after(there, { type: "opened", conversationId: null }).agent?.name).toBe("Molty");
  });
});

describe("what others show", () => {
  const theirs = { ...chat("Trip"), ownerId: ANNA.id, heads: { shared: null }, activeHead: "shared" };
  const signedIn = reduce(INITIAL_STATE, { type: "signed-in", principal: ME });
  const withAgents = reduce(signedIn, { type: "agents", agents: [MOLTY] });
  const shown = reduce(reduce(withAgents, { type: "conversations", conversations: [theirs] }), {
    type: "opened",
    conversationId: HERE,
  });
  const told = reduce(shown, {
    type: "messages",
    conversationId: HERE,
    messages: [message(1, "user", "a"), message(2, "assistant", "b")],
  });

  it("has nobody who answers, and is read as far as it is shown, also when it is shown less", () => {
    expect([shown.agent, openShared(shown)?.id]).toEqual([null, HERE]);
    const less = reduce(told, { type: "messages", conversationId: HERE, messages: [message(1, "user", "a")] });
    expect(less.messages[HERE]).toHaveLength(1);
  });

  it("is gone from the page as soon as it is shown no more", () => {
    const gone = reduce(told, { type: "conversations", conversations: [] });
    expect([gone.conversationId, gone.messages[HERE], gone.erased[HERE]]).toEqual([null, undefined, true]);
    const own = reduce(signedIn, { type: "conversations", conversations: [chat("Mine")] });
    expect(reduce(own, { type: "conversations", conversations: [] }).erased).toEqual({});
  });

  it("parts from one’s own conversations", () => {
    const both = { ...told, conversations: [chat("Mine", { id: ELSEWHERE }), theirs] };
    const { own, shared } = conversationsOf(both);
    expect([own.map(({ title }) => title), shared.map(({ title }) => title)]).toEqual([["Mine"], ["Trip"]]);
  });
});

describe("who is here", () => {
  const guest = ownRole(1, "Guest");
  const self = { ...SELF, role: "member" as const, ownRole: guest.id };
  const member = reduce(INITIAL_STATE, { type: "signed-in", principal: { ...ME, role: "member" } });

  it("tells what a role of the house's own leaves one, and that it leaves all again", () => {
    const narrowed = reduce(member, { type: "people", people: [self, ANNA], roles: [guest] });
    expect(narrowed.principal?.covers).toEqual(guest.operations);
    const free = reduce(narrowed, { type: "people", people: [SELF], roles: [guest] });
    expect(free.principal).toEqual({ ...ME, role: "member" });
    expect(reduce(INITIAL_STATE, { type: "people", people: [SELF], roles: [] }).people).toEqual([SELF]);
  });

  it("hears of changes to people and teams", () => {
    const changed = { ...ANNA, name: "Anna L." };
    const heard = reduce(reduce(member, { type: "people", people: [self, ANNA], roles: [] }), {
      type: "event",
      event: event("person:changed", { person: changed }),
    });
    expect(heard.people.find(({ id }) => id === ANNA.id)?.name).toBe("Anna L.");
    expect(heard.heard.people).toBe(1);
  });

  it("hears of changes to files, by a tool or by an undo", () => {
    const ran = { ...turn, callId: CallId.parse(CALL), status: "ok" } as const;
    const undone = { agentId: AGENT, callId: ran.callId, undoId: ran.callId };
    const tools = ["file.write", "exec.keep", "calc", "exec.run"];
    const { files } = after(
      ready,
      ...heard(...tools.map((tool) => event("tool:executed", { ...ran, tool })), event("file:undone", undone)),
    ).heard;
    expect(files).toBe(3);
  });

  it("hears of plugins and skills that changed, and keeps what a plugin tells out of the page", () => {
    const told = event("plugin:emitted", { plugin: "weather", name: "storm", data: "{}" });
    const state = after(ready, ...heard(event("package:changed", { kind: "plugin", name: "weather" })));
    expect(state.heard.packages).toBe(1);
    expect(after(state, ...heard(told))).toEqual(state);
  });

  it("shows the page that pairs this browser with nothing of before", () => {
    expect(reduce(member, { type: "pairing", problem: null })).toMatchObject({ phase: "pairing", principal: null });
  });
});
