import type {
  AgentId,
  ApprovalAnswer,
  ApprovalId,
  CapabilityId,
  Constraint,
  Contact,
  ContactId,
  ConversationId,
  DomainEvent,
  Explanation,
  GrantPreview,
  MemoryId,
  MoltbotError,
  PrincipalId,
  Prompt,
  Provenance,
  ProvenanceRemoval,
  Reading,
  ReminderId,
  Result,
  RESUME_GRANTS,
  SharedObject,
  TurnId,
} from "@moltbot/contracts";
import type { Client, UnlockWish, VaultDoor } from "@moltbot/client";
import { may } from "../people/may.ts";
import { neutralText } from "../text/neutralise.ts";
import { conversationsOf } from "./select.ts";
import type { Block, FieldProblem, Problem } from "./state.ts";
import type { Store } from "./store.ts";

/** An answer to one of several questions. */
export type GivenAnswer = ApprovalAnswer & { readonly approvalId: ApprovalId };

/** An address that a person confirms. */
export type NewContact = Pick<Contact, "kind" | "name" | "address">;

/** A prompt that a message begins with; `own`: it counts as one's own words. */
export interface BegunWith {
  readonly prompt: Prompt;
  readonly own: boolean;
}

/** What a browser that is a device does beside a cookie's sign-out: its device ends, and its key goes. */
export type EndDevice = () => Promise<void>;

/** Everything a person can do, as functions; each tells the store what came of it and none throws. */
export interface Session {
  /** Signs in with a code, or finds the session that the cookie carries, then loads and follows everything. */
  start(code: string | null): Promise<void>;
  /** Opens the vault of a locked gateway, then starts; what was brought is sent and kept nowhere. */
  unlock(wish: UnlockWish): Promise<void>;
  open(conversationId: ConversationId | null): Promise<void>;
  /** Begins a new conversation with this agent; one that was just made is found first. */
  talkTo(agentId: AgentId): Promise<void>;
  /** False: it was not sent, and the text belongs back in the composer. */
  send(text: string, blocks?: readonly Block[], prompt?: BegunWith | null): Promise<boolean>;
  /** Makes this browser a device of whoever made the pairing code it was opened with, under this name. */
  pair(name: string): Promise<void>;
  /** Shows the page that pairs this browser; the code is kept nowhere but in `pairing`. */
  askToPair(pairing: (name: string) => Promise<Result<unknown, Problem>>): void;
  stop(turnId: TurnId): Promise<void>;
  /** Gives the problem when what was entered must be corrected and the question stays open; null otherwise. */
  answer(approvalId: ApprovalId, answer: ApprovalAnswer): Promise<FieldProblem | null>;
  /** Answers several at once; gives the problem of each that did not count. */
  answerAll(answers: readonly GivenAnswer[]): Promise<Readonly<Record<string, string>>>;
  preview(approvalId: ApprovalId, constraints: readonly Constraint[]): Promise<Result<GrantPreview>>;
  /** Why a call, a question or a decision went as it did. */
  explain(id: string): Promise<Result<readonly Explanation[]>>;
  stopEverything(): Promise<void>;
  resume(grants: (typeof RESUME_GRANTS)[number]): Promise<void>;
  /** Puts the report of a resume away. */
  putAway(): void;
  revoke(capabilityId: CapabilityId): Promise<void>;
  cancel(reminderId: ReminderId): Promise<void>;
  forget(memoryId: MemoryId): Promise<void>;
  /** Where something came from and what came of it, by an id or by a source as one word. */
  whereFrom(of: string): Promise<Result<Provenance>>;
  /** With `dryRun` nothing changes: it says what would go. */
  removeSource(source: string, dryRun: boolean): Promise<Result<ProvenanceRemoval>>;
  /** Gives the problem when the address was not taken; null otherwise. */
  addContact(contact: NewContact): Promise<Problem | null>;
  removeContact(contactId: ContactId): Promise<void>;
  /** Gives the problem when the agent reads as before; null otherwise. */
  setReading(reading: Reading): Promise<Problem | null>;
  /** Puts what was noticed away. */
  putAlarmAway(): void;
  /** Any operation, for what is loaded on demand; being signed out or locked shows as everywhere. */
  readonly call: Client["call"];
  loadPanel(): Promise<void>;
  /** Takes the error off the screen. */
  dismiss(): void;
  signOut(): Promise<void>;
}

/** A message may name what a stranger called something. */
const problemOf = ({ code, message, next }: Problem): Problem => ({ code, message: neutralText(message), next });

/** Problems that the person mends beside what was entered; the question stays open. */
const MENDABLE: readonly string[] = [
  "APPROVAL_EDIT_INVALID",
  "CAPABILITY_INVALID",
  "REQUEST_INVALID",
  "STEP_UP_REQUIRED",
];
/** What somebody is told who may not be here any more. */
const OUT_WORDS: Readonly<Record<"suspended" | "left", Problem>> = {
  suspended: {
    code: "SUSPENDED",
    message: "You were suspended: nothing lets you in until an admin or the owner does.",
    next: "Ask them. What is yours was not touched.",
  },
  left: {
    code: "LEFT",
    message: "You are no longer in this house.",
    next: "Only a new invitation lets you in.",
  },
};
/** The session ended while the page was open; which of the reasons it was, nobody tells a stranger. */
const SIGNED_OUT: Problem = {
  code: "NOT_SIGNED_IN",
  message: "You were signed out: this browser’s sign-in was ended or grew too old, or you may not be here any more.",
  next: "",
};
const DEVICE_COPIED: Problem = {
  code: "REFRESH_REUSED",
  message: "Somebody used a copy of what one of your devices holds, so the device was ended.",
  next: "Look for the copy, then pair the device again under “Sign-ins”.",
};

/** This browser is no device any more: it was ended, or somebody used a copy of what it holds. */
const DEVICE_ENDED: readonly string[] = ["REFRESH_REUSED", "REFRESH_INVALID"];
/** Problems that end what the page shows. */
const OUTSIDE: readonly string[] = ["VAULT_LOCKED", "NOT_SIGNED_IN", "TOKEN_INVALID", ...DEVICE_ENDED];
const fieldProblem = (error: MoltbotError): FieldProblem => {
  const { path } = error.context;
  return { ...problemOf(error), path: typeof path === "string" ? path : null };
};

/** An idempotency key tells a repeated request from a second one; it guards nothing, so plain chance is enough. */
const freshKey = (): string => `web-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;

const LOOK_AGAIN = 250;
const LOOKS = 240;
/** How long somebody who was turned out may still be told why, in milliseconds. */
const LAST_WORDS = 2000;

/**
 * `pause` waits between looks at a door that opens, handed in by tests; `endDevice` forgets what this browser holds as a device,
 * where it is one.
 */
export const createSession = (
  client: Client,
  store: Store,
  door: VaultDoor,
  pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  endDevice: EndDevice = () => Promise.resolve(),
): Session => {
  let following: AbortController | null = null;
  let me: PrincipalId | null = null;
  let pairing: ((name: string) => Promise<Result<unknown, Problem>>) | null = null;

  const stayOut = (problem: Problem | null): void => {
    following?.abort();
    following = null;
    store.dispatch({ type: "locked", problem });
  };
  const fail = (error: MoltbotError): void => {
    if (error.code === "VAULT_LOCKED") stayOut(null);
    else if (DEVICE_ENDED.includes(error.code)) void endDevice().then(() => leave(problemOf(error)));
    else if (error.code === "NOT_SIGNED_IN" || error.code === "TOKEN_INVALID") {
      // Whoever was told why they are out keeps reading that.
      if (store.state.phase === "ready") turnOut();
    } else store.dispatch({ type: "problem", problem: problemOf(error) });
  };
  /** What a role of the house's own leaves out is not shown, and no fault. */
  const failLoading = (error: MoltbotError): void => {
    if (error.code !== "ROLE_LEAVES_OUT") fail(error);
  };
  /** Out at once; the stream is heard a moment longer, because its last event may say why. */
  const turnOut = (): void => {
    const last = following;
    store.dispatch({ type: "signed-out", problem: SIGNED_OUT });
    void pause(LAST_WORDS).then(() => last?.abort());
  };
  const leave = (problem: Problem | null): void => {
    following?.abort();
    following = null;
    store.dispatch({ type: "signed-out", problem });
  };

  const call: Client["call"] = async (name, input, options) => {
    const answer = await client.call(name, input, options);
    if (!answer.ok && OUTSIDE.includes(answer.error.code)) fail(answer.error);
    return answer;
  };

  const loadConversations = async (): Promise<void> => {
    const listed = await client.call("conversations.list", { limit: 50 });
    if (listed.ok) store.dispatch({ type: "conversations", conversations: listed.value });
    else failLoading(listed.error);
  };
  const loadShares = async (): Promise<void> => {
    if (!may(store.state.principal, "shares.set")) return;
    const listed = await client.call("shares.list", {});
    if (listed.ok) store.dispatch({ type: "shares", shares: listed.value });
  };
  /** Who is here, and what a role of the house's own leaves the one who is signed in. */
  const loadPeople = async (): Promise<void> => {
    const people = await client.call("people.list", {});
    if (!people.ok) return;
    const narrowed = people.value.some(({ id, ownRole }) => id === me && ownRole !== null);
    const roles = narrowed ? await client.call("roles.list", {}) : null;
    store.dispatch({ type: "people", people: people.value, roles: roles?.ok === true ? roles.value : [] });
  };
  const loadMessages = async (conversationId: ConversationId): Promise<void> => {
    const listed = await client.call("conversations.messages", { conversationId, limit: 500 });
    if (listed.ok) store.dispatch({ type: "messages", conversationId, messages: listed.value });
    else failLoading(listed.error);
  };
  const loadApprovals = async (): Promise<void> => {
    const listed = await client.call("approvals.list", { state: "all", limit: 200 });
    if (listed.ok) store.dispatch({ type: "approvals", approvals: listed.value });
    else failLoading(listed.error);
  };
  const loadStatus = async (): Promise<void> => {
    const [agents, status] = await Promise.all([client.call("agents.list", {}), client.call("system.status", {})]);
    if (agents.ok) store.dispatch({ type: "agents", agents: agents.value });
    else failLoading(agents.error);
    if (status.ok) store.dispatch({ type: "status", status: status.value });
  };
  const loadApproval = async (approvalId: ApprovalId): Promise<void> => {
    const loaded = await client.call("approvals.get", { approvalId });
    if (loaded.ok) store.dispatch({ type: "approvals", approvals: [loaded.value] });
  };
  const loadReminders = async (): Promise<void> => {
    const listed = await client.call("reminders.list", {});
    if (listed.ok) store.dispatch({ type: "reminders", reminders: listed.value });
  };
  const loadMemories = async (): Promise<void> => {
    const listed = await client.call("memories.list", {});
    if (listed.ok) store.dispatch({ type: "memories", memories: listed.value });
  };
  const loadMeasures = async (): Promise<void> => {
    const measured = await client.call("approvals.measures", {});
    if (measured.ok) store.dispatch({ type: "measures", measures: measured.value });
  };
  const loadCapabilities = async (): Promise<void> => {
    const listed = await client.call("capabilities.list", {});
    if (listed.ok) store.dispatch({ type: "capabilities", capabilities: listed.value });
  };
  const loadContacts = async (): Promise<void> => {
    const listed = await client.call("contacts.list", {});
    if (listed.ok) store.dispatch({ type: "contacts", contacts: listed.value });
  };
  /** After a source went: whatever could have come of it is loaded anew. */
  const loadRemains = async (): Promise<void> => {
    const { conversationId, memories, reminders, capabilities } = store.state;
    await Promise.all([
      loadApprovals(),
      ...(conversationId === null ? [] : [loadMessages(conversationId)]),
      ...(memories === null ? [] : [loadMemories()]),
      ...(reminders === null ? [] : [loadReminders()]),
      ...(capabilities === null ? [] : [loadCapabilities()]),
    ]);
  };
  /** After missed events: whatever is on the screen is loaded anew, and turns that ended meanwhile end here too. */
  const reload = async (): Promise<void> => {
    const { conversationId, turns } = store.state;
    await Promise.all([
      loadStatus(),
      loadConversations(),
      loadApprovals(),
      loadShares(),
      loadPeople(),
      ...(conversationId === null ? [] : [loadMessages(conversationId)]),
      ...Object.values(turns).map(async (turnId) => {
        const report = await client.call("turns.get", { turnId });
        if (report.ok) store.dispatch({ type: "turn", report: report.value });
      }),
    ]);
  };

  /** What somebody else shows may be more or less now, or nothing. */
  const hearOfShare = async ({ type, id }: SharedObject): Promise<void> => {
    await loadShares();
    if (type !== "conversation") return;
    await loadConversations();
    const { conversationId, conversations, principal } = store.state;
    const open = conversations.find((one) => one.id === conversationId);
    if (open?.id === id && open.ownerId !== principal?.id) await loadMessages(open.id);
  };

  const onEvent = (event: DomainEvent): void => {
    if (event.name === "vault:locked") return stayOut(null);
    if (event.name === "person:changed" && event.payload.person.id === me) {
      const { state } = event.payload.person;
      if (state === "suspended" || state === "left") return leave(OUT_WORDS[state]);
    }
    if (store.state.phase !== "ready") return;
    store.dispatch({ type: "event", event });
    if (event.name === "approval:answered") void loadApproval(event.payload.approvalId);
    if (event.name === "agent:stopped" || event.name === "reminder:fired") void loadConversations();
    // A stop withdraws questions and changes what is granted.
    if (event.name === "system:stopped") void loadApprovals();
    if (event.name.startsWith("system:") && store.state.capabilities !== null) void loadCapabilities();
    if (event.name === "config:changed" || event.name === "share:changed") void loadStatus();
    if (event.name === "share:changed") void hearOfShare(event.payload.object);
    if (event.name === "person:changed" && event.payload.person.id === me) void loadPeople();
    if (event.name === "device:changed" && event.payload.state === "reused")
      store.dispatch({ type: "problem", problem: DEVICE_COPIED });
    if (event.name === "source:removed" || event.name === "subject:erased") void loadRemains();
    if (event.name === "subject:erased") void loadConversations();
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    let opened = false;
    const ended = await client.events(onEvent, signal, {
      onState: (state) => {
        if (store.state.phase !== "ready") return;
        store.dispatch({ type: "connection", connection: state === "waiting" ? "lost" : "open" });
        if (state === "gap" || (state === "open" && opened)) void reload();
        if (state === "open") opened = true;
      },
    });
    if (!ended.ok && !signal.aborted) fail(ended.error);
  };

  const signIn = (code: string | null) =>
    code === null ? client.call("sessions.current", {}) : client.call("sessions.create", { code });

  const start = async (code: string | null): Promise<void> => {
    const signed = await signIn(code);
    if (!signed.ok) {
      if (signed.error.code === "GATEWAY_UNREACHABLE") {
        store.dispatch({ type: "unreachable", problem: problemOf(signed.error) });
        return;
      }
      if (signed.error.code === "VAULT_LOCKED") return stayOut(null);
      // A used link in a browser that is signed in already is no reason to lock the person out.
      const current = code === null ? signed : await client.call("sessions.current", {});
      if (DEVICE_ENDED.includes(signed.error.code)) return fail(signed.error);
      // Without any code there is nothing to explain: the page says how to get in.
      if (!current.ok)
        return leave(code === null && signed.error.code !== "ROLE_LEAVES_OUT" ? null : problemOf(signed.error));
      store.dispatch({ type: "signed-in", principal: current.value });
    } else store.dispatch({ type: "signed-in", principal: signed.value });
    me = store.state.principal?.id ?? null;
    following?.abort();
    following = new AbortController();
    void follow(following.signal);
    await Promise.all([loadStatus(), loadConversations(), loadApprovals(), loadShares(), loadPeople()]);
    const [newest] = conversationsOf(store.state).own;
    if (store.state.conversationId === null && newest !== undefined) await open(newest.id);
  };

  const open = async (conversationId: ConversationId | null): Promise<void> => {
    store.dispatch({ type: "opened", conversationId });
    if (conversationId !== null) await loadMessages(conversationId);
  };

  /** The vault is open; the house behind it needs another moment, in which nobody answers. */
  const untilOpen = async (): Promise<Problem | null> => {
    for (let look = 0; look < LOOKS; look += 1) {
      const state = await door.state();
      if (state.ok && !state.value.locked) return null;
      if (state.ok && state.value.problem !== null)
        return {
          code: state.value.problem,
          message: "The vault was opened, but what it seals does not open.",
          next: "The log of the gateway says more (logs/gateway.jsonl).",
        };
      await pause(LOOK_AGAIN);
    }
    return { code: "GATEWAY_UNREACHABLE", message: "The gateway did not get ready.", next: "Look again." };
  };

  return {
    start,
    open,
    call,

    async talkTo(agentId) {
      if (!store.state.agents.some(({ id }) => id === agentId)) await loadStatus();
      store.dispatch({ type: "talk-to", agentId });
    },

    askToPair(pair) {
      pairing = pair;
      following?.abort();
      store.dispatch({ type: "pairing", problem: null });
    },

    async pair(name) {
      if (pairing === null) return;
      store.dispatch({ type: "unlocking" });
      const paired = await pairing(name);
      if (!paired.ok) return store.dispatch({ type: "pairing", problem: problemOf(paired.error) });
      pairing = null;
      await start(null);
    },

    async unlock(wish) {
      store.dispatch({ type: "unlocking" });
      const opened = await door.unlock(wish);
      const problem = opened.ok ? await untilOpen() : problemOf(opened.error);
      if (problem === null) await start(null);
      else stayOut(problem);
    },

    async send(text, blocks = [], begun = null) {
      const { agent, conversationId } = store.state;
      if (agent === null) return false;
      const quoted: readonly Block[] =
        begun === null || begun.own ? blocks : [{ kind: "pasted", text: begun.prompt.text }, ...blocks];
      const shown = begun?.own !== true ? text : text === "" ? begun.prompt.text : `${begun.prompt.text}\n\n${text}`;
      store.dispatch({ type: "sending", text: shown, blocks: quoted });
      const sent = await client.call("messages.send", {
        agentId: agent.id,
        content: text,
        ...(begun === null ? {} : { promptId: begun.prompt.id }),
        ...(blocks.length === 0 ? {} : { blocks: [...blocks] }),
        wait: false,
        idempotencyKey: freshKey(),
        conversationId: conversationId ?? "new",
      });
      if (!sent.ok) {
        if (sent.error.code === "NOT_SIGNED_IN") fail(sent.error);
        else store.dispatch({ type: "not-sent", problem: problemOf(sent.error) });
        if (sent.error.code === "EVERYTHING_STOPPED") void loadStatus();
        return false;
      }
      store.dispatch({ type: "sent", report: sent.value, fresh: conversationId === null });
      if (conversationId === null) await loadConversations();
      return true;
    },

    async stop(turnId) {
      const stopped = await client.call("turns.stop", { turnId });
      if (stopped.ok) store.dispatch({ type: "turn", report: stopped.value });
      else fail(stopped.error);
    },

    async answer(approvalId, answer) {
      store.dispatch({ type: "answering", approvalIds: [approvalId], counts: true });
      const answered = await client.call("approvals.answer", { approvalId, ...answer });
      if (!answered.ok) {
        store.dispatch({ type: "answering", approvalIds: [approvalId], counts: false });
        if (MENDABLE.includes(answered.error.code)) return fieldProblem(answered.error);
        // Somebody was faster, or it expired: show what really holds.
        await loadApproval(approvalId);
        fail(answered.error);
        return null;
      }
      store.dispatch({ type: "approvals", approvals: [answered.value] });
      if (answer.scope !== "once" && answer.answer === "allow") void loadCapabilities();
      return null;
    },

    async answerAll(answers) {
      const approvalIds = answers.map(({ approvalId }) => approvalId);
      store.dispatch({ type: "answering", approvalIds, counts: true });
      const answered = await client.call("approvals.answers", { answers: [...answers] });
      if (!answered.ok) {
        store.dispatch({ type: "answering", approvalIds, counts: false });
        await Promise.all(approvalIds.map(loadApproval));
        fail(answered.error);
        return {};
      }
      const failed = answered.value.filter(({ approval }) => approval === null).map(({ approvalId }) => approvalId);
      store.dispatch({ type: "answering", approvalIds: failed, counts: false });
      store.dispatch({
        type: "approvals",
        approvals: answered.value.flatMap(({ approval }) => (approval === null ? [] : [approval])),
      });
      await Promise.all(failed.map(loadApproval));
      return Object.fromEntries(
        answered.value.flatMap((item) =>
          item.approval === null ? [[item.approvalId, neutralText(item.problem ?? "")]] : [],
        ),
      );
    },

    preview: (approvalId, constraints) => client.call("approvals.preview", { approvalId, constraints }),

    explain: (id) => client.call("decisions.explain", { id }),

    async stopEverything() {
      const stopped = await client.call("system.stop", {});
      if (!stopped.ok) return fail(stopped.error);
      store.dispatch({ type: "stopped", report: stopped.value });
      await loadApprovals();
    },

    async resume(grants) {
      const resumed = await client.call("system.resume", { grants });
      if (resumed.ok) store.dispatch({ type: "resumed", report: resumed.value });
      else if (resumed.error.code === "NOT_STOPPED") store.dispatch({ type: "resumed", report: null });
      else fail(resumed.error);
      if (store.state.capabilities !== null) void loadCapabilities();
    },

    putAway() {
      store.dispatch({ type: "resumed", report: null });
    },

    async revoke(capabilityId) {
      const revoked = await client.call("capabilities.revoke", { capabilityId });
      if (!revoked.ok) fail(revoked.error);
      await loadCapabilities();
    },

    async cancel(reminderId) {
      const cancelled = await client.call("reminders.cancel", { reminderId });
      if (!cancelled.ok) fail(cancelled.error);
      await loadReminders();
    },

    async forget(memoryId) {
      const removed = await client.call("memories.remove", { memoryId });
      if (!removed.ok) fail(removed.error);
      await loadMemories();
    },

    whereFrom: (of) => client.call("provenance.show", { of }),

    async removeSource(source, dryRun) {
      const removed = await client.call("provenance.remove", { source, dryRun });
      if (removed.ok && removed.value.done) await loadRemains();
      return removed;
    },

    async addContact(contact) {
      const added = await client.call("contacts.add", contact);
      await loadContacts();
      return added.ok ? null : problemOf(added.error);
    },

    async removeContact(contactId) {
      const removed = await client.call("contacts.remove", { contactId });
      if (!removed.ok) fail(removed.error);
      await loadContacts();
    },

    async setReading(reading) {
      const { agent } = store.state;
      if (agent === null) return null;
      const set = await client.call("agents.reading", { agentId: agent.id, reading });
      await loadStatus();
      return set.ok ? null : problemOf(set.error);
    },

    putAlarmAway() {
      store.dispatch({ type: "alarm-seen" });
    },

    async loadPanel() {
      await Promise.all([loadReminders(), loadMemories(), loadCapabilities(), loadContacts(), loadMeasures()]);
    },

    dismiss() {
      store.dispatch({ type: "problem", problem: null });
    },

    async signOut() {
      const ended = await client.call("sessions.end", {});
      await endDevice();
      if (ended.ok || ended.error.code === "NOT_SIGNED_IN") leave(null);
      else fail(ended.error);
    },
  };
};
