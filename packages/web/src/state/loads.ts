import type { Client } from "@moltbot/client";
import type {
  ApprovalId,
  ConversationId,
  MoltbotError,
  OperationName,
  OperationOutput,
  OperationRequest,
  Result,
} from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Store } from "./store.ts";

/** What the page shows, asked of the gateway and told to the store; none throws, and what fails leaves what stood. */
export interface Loads {
  conversations(): Promise<void>;
  shares(): Promise<void>;
  /** Who is here, and what a role of the house's own leaves the one who is signed in. */
  people(): Promise<void>;
  messages(conversationId: ConversationId): Promise<void>;
  approvals(): Promise<void>;
  approval(approvalId: ApprovalId): Promise<void>;
  /** The agents, and how the house is. */
  status(): Promise<void>;
  reminders(): Promise<void>;
  memories(): Promise<void>;
  capabilities(): Promise<void>;
  contacts(): Promise<void>;
  /** After a source went: whatever could have come of it is loaded anew. */
  remains(): Promise<void>;
  /** After missed events: whatever is on the screen is loaded anew, and turns that ended meanwhile end here too. */
  reload(): Promise<void>;
  /** What the overview shows beside what the page has already. */
  panel(): Promise<void>;
}

/** `fail` says what went wrong. */
export const createLoads = (client: Client, store: Store, fail: (error: MoltbotError) => void): Loads => {
  /** What a role of the house's own leaves out is not shown, and no fault. */
  const failLoading = (error: MoltbotError): void => {
    if (error.code !== "ROLE_LEAVES_OUT") fail(error);
  };
  /** Asks; null when whoever asked is gone by then: nothing of one person gets onto another's screen. */
  const ask = async <N extends OperationName>(
    name: N,
    input: OperationRequest<N>,
  ): Promise<Result<OperationOutput<N>> | null> => {
    const whose = store.state.principal?.id;
    const answer = await client.call(name, input);
    return store.state.principal?.id === whose ? answer : null;
  };
  const conversations = async (): Promise<void> => {
    const listed = await ask("conversations.list", { limit: 50 });
    if (listed?.ok === true) store.dispatch({ type: "conversations", conversations: listed.value });
    else if (listed !== null) failLoading(listed.error);
  };
  const shares = async (): Promise<void> => {
    if (!may(store.state.principal, "shares.set")) return;
    const listed = await ask("shares.list", {});
    if (listed?.ok === true) store.dispatch({ type: "shares", shares: listed.value });
  };
  const people = async (): Promise<void> => {
    const listed = await ask("people.list", {});
    if (listed?.ok !== true) return;
    const narrowed = listed.value.some(({ id, ownRole }) => id === store.state.principal?.id && ownRole !== null);
    const roles = narrowed ? await ask("roles.list", {}) : null;
    if (narrowed && roles === null) return;
    store.dispatch({ type: "people", people: listed.value, roles: roles?.ok === true ? roles.value : [] });
  };
  const messages = async (conversationId: ConversationId): Promise<void> => {
    const listed = await ask("conversations.messages", { conversationId, limit: 500 });
    if (listed?.ok === true) store.dispatch({ type: "messages", conversationId, messages: listed.value });
    else if (listed !== null) failLoading(listed.error);
  };
  const approvals = async (): Promise<void> => {
    const listed = await ask("approvals.list", { state: "all", limit: 200 });
    if (listed?.ok === true) store.dispatch({ type: "approvals", approvals: listed.value });
    else if (listed !== null) failLoading(listed.error);
  };
  const status = async (): Promise<void> => {
    const [agents, house] = await Promise.all([ask("agents.list", {}), ask("system.status", {})]);
    if (agents?.ok === true) store.dispatch({ type: "agents", agents: agents.value });
    else if (agents !== null) failLoading(agents.error);
    if (house?.ok === true) store.dispatch({ type: "status", status: house.value });
  };
  const approval = async (approvalId: ApprovalId): Promise<void> => {
    const loaded = await ask("approvals.get", { approvalId });
    if (loaded?.ok === true) store.dispatch({ type: "approvals", approvals: [loaded.value] });
  };
  const reminders = async (): Promise<void> => {
    const listed = await ask("reminders.list", {});
    if (listed?.ok === true) store.dispatch({ type: "reminders", reminders: listed.value });
  };
  const memories = async (): Promise<void> => {
    const listed = await ask("memories.list", {});
    if (listed?.ok === true) store.dispatch({ type: "memories", memories: listed.value });
  };
  const measures = async (): Promise<void> => {
    const measured = await ask("approvals.measures", {});
    if (measured?.ok === true) store.dispatch({ type: "measures", measures: measured.value });
  };
  const capabilities = async (): Promise<void> => {
    const listed = await ask("capabilities.list", {});
    if (listed?.ok === true) store.dispatch({ type: "capabilities", capabilities: listed.value });
  };
  const contacts = async (): Promise<void> => {
    const listed = await ask("contacts.list", {});
    if (listed?.ok === true) store.dispatch({ type: "contacts", contacts: listed.value });
  };
  const remains = async (): Promise<void> => {
    const { state } = store;
    await Promise.all([
      approvals(),
      ...(state.conversationId === null ? [] : [messages(state.conversationId)]),
      ...(state.memories === null ? [] : [memories()]),
      ...(state.reminders === null ? [] : [reminders()]),
      ...(state.capabilities === null ? [] : [capabilities()]),
    ]);
  };
  const reload = async (): Promise<void> => {
    const { conversationId, turns } = store.state;
    await Promise.all([
      status(),
      conversations(),
      approvals(),
      shares(),
      people(),
      ...(conversationId === null ? [] : [messages(conversationId)]),
      ...Object.values(turns).map(async (turnId) => {
        const report = await ask("turns.get", { turnId });
        if (report?.ok === true) store.dispatch({ type: "turn", report: report.value });
      }),
    ]);
  };
  const panel = async (): Promise<void> => {
    await Promise.all([reminders(), memories(), capabilities(), contacts(), measures()]);
  };

  return {
    conversations,
    shares,
    people,
    messages,
    approvals,
    approval,
    status,
    reminders,
    memories,
    capabilities,
    contacts,
    remains,
    reload,
    panel,
  };
};
