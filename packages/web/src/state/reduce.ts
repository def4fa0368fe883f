import type { Approval, ConversationId, DomainEvent, Message, OwnRole, TurnId, TurnReport } from "@moltbot/contracts";
import { plainWords } from "../markdown/plain-words.ts";
import { neutralProse, neutralText } from "../text/neutralise.ts";
import { countText, noticedText, textOf } from "../words.ts";
import { isForeign } from "./select.ts";
import { INITIAL_STATE } from "./state.ts";
import type { Action, State } from "./state.ts";

const without = <T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> => {
  if (!Object.hasOwn(record, key)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
};

/** Puts a message in its place: replaces its older self, or stands last. */
const withMessage = (list: readonly Message[], message: Message): readonly Message[] =>
  list.some(({ id }) => id === message.id)
    ? list.map((known) => (known.id === message.id ? message : known))
    : [...list, message];

const addMessage = (state: State, message: Message): State => ({
  ...state,
  messages: {
    ...state.messages,
    [message.conversationId]: withMessage(state.messages[message.conversationId] ?? [], message),
  },
});

const announce = (state: State, text: string): State => ({
  ...state,
  announcement: { text, count: state.announcement.count + 1 },
});

const LAST_STATES: readonly Approval["state"][] = ["denied", "expired", "cancelled", "superseded", "consumed"];
/** A question never goes back: an older answer that arrives late changes nothing. */
const newer = (known: Approval | undefined, next: Approval): Approval => {
  if (known === undefined || known.state === next.state) return next;
  return LAST_STATES.includes(known.state) || next.state === "pending" ? known : next;
};

const withApprovals = (state: State, approvals: readonly Approval[]): State => ({
  ...state,
  waited: {
    ...state.waited,
    ...Object.fromEntries(approvals.flatMap(({ id, state: now }) => (now === "pending" ? [[id, true]] : []))),
  },
  approvals: {
    ...state.approvals,
    ...Object.fromEntries(approvals.map((item) => [item.id, newer(state.approvals[item.id], item)])),
  },
});

const ENDED: readonly TurnReport["state"][] = ["done", "failed", "unknown", "stopped"];

const endTurn = (state: State, conversationId: ConversationId, turnId: TurnId): State => ({
  ...state,
  ended: { ...state.ended, [turnId]: true },
  turns: state.turns[conversationId] === turnId ? without(state.turns, conversationId) : state.turns,
  live: state.live[conversationId]?.turnId === turnId ? without(state.live, conversationId) : state.live,
});

const applyReport = (state: State, report: TurnReport): State => {
  let next = addMessage(state, report.message);
  if (report.reply !== null) next = addMessage(next, report.reply);
  next = withApprovals(next, report.approvals);
  if (state.ended[report.turnId] === true) return next;
  return ENDED.includes(report.state)
    ? endTurn(next, report.conversationId, report.turnId)
    : { ...next, turns: { ...next.turns, [report.conversationId]: report.turnId } };
};

/** The assistant's finished message replaces what was streamed of it. */
const receive = (state: State, message: Message): State => {
  const next = addMessage(state, message);
  if (message.role === "user") {
    if (next.sending === null || next.sending !== textOf(message.parts)) return next;
    // The words that begin a conversation may come back before the answer to their request: they open it.
    return { ...next, sending: null, sendingBlocks: [], conversationId: next.conversationId ?? message.conversationId };
  }
  const shown =
    message.role === "assistant" || message.role === "notice"
      ? { ...next, live: without(next.live, message.conversationId) }
      : next;
  const words = neutralProse(plainWords(textOf(message.parts)));
  const speaks = message.conversationId === state.conversationId && words !== "" && message.role !== "tool";
  return speaks ? announce(shown, words) : shown;
};

/** Nothing of an erased conversation stays in the page. */
const withoutConversation = (state: State, id: string): State => ({
  ...state,
  erased: { ...state.erased, [id]: true },
  conversations: state.conversations.filter((one) => one.id !== id),
  conversationId: state.conversationId === id ? null : state.conversationId,
  messages: without(state.messages, id),
  turns: without(state.turns, id),
  plans: without(state.plans, id),
  live: without(state.live, id),
  approvals: Object.fromEntries(Object.entries(state.approvals).filter(([, one]) => one.conversationId !== id)),
  alarm: state.alarm?.conversationId === id ? null : state.alarm,
  // What a screen reader was told last may be a reply of it.
  announcement: { text: "", count: state.announcement.count },
});

const withHeard = (state: State, what: keyof State["heard"]): State => ({
  ...state,
  heard: { ...state.heard, [what]: state.heard[what] + 1 },
});

/** What others no longer show is gone from the page at once. */
const withConversations = (state: State, conversations: State["conversations"]): State =>
  state.conversations
    .filter((known) => isForeign(state, known) && !conversations.some(({ id }) => id === known.id))
    .reduce((rest, { id }) => withoutConversation(rest, id), { ...state, conversations });

/** The one who is signed in, with what their role of the house's own leaves them. */
const withPeople = (state: State, people: State["people"], roles: readonly OwnRole[]): State => {
  const { principal } = state;
  const ownRole = people.find(({ id }) => id === principal?.id)?.ownRole ?? null;
  if (principal === null) return { ...state, people };
  const { covers: _, ...me } = principal;
  const operations = roles.find(({ id }) => id === ownRole)?.operations;
  return { ...state, people, principal: operations === undefined ? me : { ...me, covers: operations } };
};

/** The page talks to the agent of the open conversation, and to nobody where that one may not be used any more. */
const withAgent = (state: State): State => {
  const open = state.conversations.find(({ id }) => id === state.conversationId);
  // In what others show nobody answers.
  if (open !== undefined && isForeign(state, open)) return { ...state, agent: null };
  const wanted = state.agents.find(({ id }) => id === (open?.agentId ?? state.agent?.id));
  return { ...state, agent: wanted ?? (open === undefined ? (state.agents[0] ?? null) : null) };
};

/** The tools that change files, and those that only read some. */
const CHANGES_FILES = /^(?:file\.|exec\.keep$)/;

const hear = (state: State, event: DomainEvent): State => {
  switch (event.name) {
    case "agent:started":
      return { ...state, turns: { ...state.turns, [event.payload.conversationId]: event.payload.turnId } };
    case "agent:stopped":
      return endTurn(state, event.payload.conversationId, event.payload.turnId);
    case "message:received":
    case "message:sent":
      return receive(state, event.payload.message);
    case "reminder:fired":
      return announce(
        addMessage(state, event.payload.message),
        event.payload.message.parts
          .map((part) => (part.type === "reminder" ? `Reminder: ${neutralProse(part.text)}` : ""))
          .join(" "),
      );
    case "message:delta": {
      const { conversationId, turnId, text } = event.payload;
      const known = state.live[conversationId];
      const before = known?.turnId === turnId ? known.text : "";
      return { ...state, live: { ...state.live, [conversationId]: { turnId, text: before + text } } };
    }
    case "approval:requested":
      return announce(
        withApprovals(state, [event.payload.approval]),
        `A question for you: ${neutralText(event.payload.approval.question.consequence)}`,
      );
    case "plan:committed": {
      const { conversationId, plan } = event.payload;
      const known = state.plans[conversationId] ?? [];
      if (known.some(({ id }) => id === plan.id)) return state;
      const heard = { ...state, plans: { ...state.plans, [conversationId]: [...known, plan] } };
      return conversationId === state.conversationId
        ? announce(heard, `A plan of ${countText(plan.steps.length, "step")} begins.`)
        : heard;
    }
    case "signal:raised": {
      const { alarm } = state;
      const earlier = alarm === null ? 0 : alarm.earlier + 1;
      return announce({ ...state, alarm: { ...event.payload, earlier } }, noticedText(event.payload));
    }
    case "source:removed": {
      // What was loaded of other conversations may hold what is gone; it is loaded anew when it is opened.
      const here = state.conversationId === null ? undefined : state.messages[state.conversationId];
      return {
        ...state,
        plans: {},
        messages: here === undefined || state.conversationId === null ? {} : { [state.conversationId]: here },
      };
    }
    case "subject:erased":
      return event.payload.kind === "conversation" ? withoutConversation(state, event.payload.id) : state;
    case "system:stopped":
      return announce({ ...state, stopped: event.payload.stop, resumeReport: null }, "Everything is stopped.");
    case "system:resumed":
      return announce({ ...state, stopped: null, stopReport: null }, "The stop is over.");
    case "person:changed": {
      const { principal } = state;
      const { person } = event.payload;
      const { id, name, role } = person;
      const people = [...state.people.filter((one) => one.id !== id), person];
      return withHeard(
        { ...state, people, principal: id === principal?.id ? { ...principal, name, role } : principal },
        "people",
      );
    }
    case "team:changed":
      return withHeard(state, "people");
    case "share:changed":
      return withHeard(state, "shares");
    case "device:changed":
      return withHeard(state, "devices");
    case "package:changed":
      return withHeard(state, "packages");
    case "file:undone":
      return withHeard(state, "files");
    case "tool:executed":
      return CHANGES_FILES.test(event.payload.tool) ? withHeard(state, "files") : state;
    case "approval:answered":
    case "config:changed":
    case "vault:locked":
    case "backup:made":
    case "job:died":
    case "secret:due":
    case "error:occurred":
    case "plugin:emitted":
      return state;
  }
};

/** The next state: pure, total, and the only way the state changes. */
export const reduce = (state: State, action: Action): State => {
  switch (action.type) {
    case "signed-in":
      return { ...state, phase: "ready", principal: action.principal, signInProblem: null, unlocking: false };
    case "signed-out":
      // Nothing of the session stays on the screen or in memory.
      return { ...INITIAL_STATE, phase: "signed-out", signInProblem: action.problem };
    case "locked":
      // As after a sign-out: nothing of what was readable stays.
      return { ...INITIAL_STATE, phase: "locked", signInProblem: action.problem };
    case "pairing":
      return { ...INITIAL_STATE, phase: "pairing", signInProblem: action.problem };
    case "people":
      return withPeople(state, action.people, action.roles);
    case "shares":
      return { ...state, shares: action.shares };
    case "unlocking":
      return { ...state, unlocking: true, signInProblem: null };
    case "unreachable":
      return { ...state, phase: "unreachable", signInProblem: action.problem };
    case "agents":
      return withAgent({ ...state, agents: action.agents });
    case "status":
      return { ...state, status: action.status, stopped: action.status.stopped };
    case "conversations":
      return withAgent(withConversations(state, action.conversations));
    case "opened": {
      const known = action.conversationId === null || Object.hasOwn(state.messages, action.conversationId);
      return withAgent({ ...state, conversationId: action.conversationId, loading: !known, problem: null });
    }
    case "talk-to": {
      const agent = state.agents.find(({ id }) => id === action.agentId) ?? state.agent;
      return { ...state, agent, conversationId: null, loading: false, problem: null };
    }
    case "messages": {
      const heard = state.messages[action.conversationId] ?? [];
      const loaded = new Set(action.messages.map(({ id }) => id));
      const last = action.messages.at(-1)?.createdAt ?? "";
      const conversation = state.conversations.find(({ id }) => id === action.conversationId);
      // What was heard while the list was on its way stands after it; of what somebody else shows nothing is heard, and what they show
      // less of is gone.
      const late =
        conversation !== undefined && isForeign(state, conversation)
          ? []
          : heard.filter(({ id, createdAt }) => !loaded.has(id) && createdAt > last);
      return {
        ...state,
        loading: state.conversationId === action.conversationId ? false : state.loading,
        messages: { ...state.messages, [action.conversationId]: [...action.messages, ...late] },
      };
    }
    case "approvals":
      return withApprovals(state, action.approvals);
    case "reminders":
      return { ...state, reminders: action.reminders };
    case "memories":
      return { ...state, memories: action.memories };
    case "capabilities":
      return { ...state, capabilities: action.capabilities };
    case "contacts":
      return { ...state, contacts: action.contacts };
    case "alarm-seen":
      return { ...state, alarm: null };
    case "answering": {
      let { answered } = state;
      for (const id of action.approvalIds)
        answered = action.counts ? { ...answered, [id]: true } : without(answered, id);
      return { ...state, answered };
    }
    case "measures":
      return { ...state, measures: action.measures };
    case "stopped":
      return { ...state, stopped: action.report.stop, stopReport: action.report, resumeReport: null };
    case "resumed":
      return { ...state, stopped: null, stopReport: null, resumeReport: action.report };
    case "sending":
      return { ...state, sending: action.text, sendingBlocks: action.blocks ?? [], problem: null };
    case "sent": {
      const next = applyReport({ ...state, sending: null, sendingBlocks: [] }, action.report);
      return action.fresh && state.conversationId === null
        ? { ...next, conversationId: action.report.conversationId, loading: false }
        : next;
    }
    case "not-sent":
      return { ...state, sending: null, sendingBlocks: [], problem: action.problem };
    case "turn":
      return applyReport(state, action.report);
    case "event":
      return hear(state, action.event);
    case "connection":
      if (state.connection === action.connection) return state;
      // A piece of a reply that was missed is never sent again: what is left of it would read like nonsense.
      return { ...state, connection: action.connection, live: action.connection === "lost" ? {} : state.live };
    case "problem":
      return { ...state, problem: action.problem };
  }
};
