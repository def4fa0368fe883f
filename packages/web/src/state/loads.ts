import type { Client } from "@moltbot/client";
import type { ApprovalId, ConversationId, MoltbotError, PrincipalId } from "@moltbot/contracts";
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

/** `fail` says what went wrong; `me` is whoever is signed in. */
export const createLoads = (
  client: Client,
  store: Store,
  fail: (error: MoltbotError) => void,
  me: () => PrincipalId | null,
): Loads => {
  /** What a role of the house's own leaves out is not shown, and no fault. */
  const failLoading = (error: MoltbotError): void => {
    if (error.code !== "ROLE_LEAVES_OUT") fail(error);
  };
  const conversations = async (): Promise<void> => {
    const listed = await client.call("conversations.list", { limit: 50 });
    if (listed.ok) store.dispatch({ type: "conversations", conversations: listed.value });
    else failLoading(listed.error);
  };
  const shares = async (): Promise<void> => {
    if (!may(store.state.principal, "shares.set")) return;
    const listed = await client.call("shares.list", {});
    if (listed.ok) store.dispatch({ type: "shares", shares: listed.value });
  };
  const people = async (): Promise<void> => {
    const listed = await client.call("people.list", {});
    if (!listed.ok) return;
    const narrowed = listed.value.some(({ id, ownRole }) => id === me() && ownRole !== null);
    const roles = narrowed ? await client.call("roles.list", {}) : null;
    store.dispatch({ type: "people", people: listed.value, roles: roles?.ok === true ? roles.value : [] });
  };
  const messages = async (conversationId: ConversationId): Promise<void> => {
    const listed = await client.call("conversations.messages", { conversationId, limit: 500 });
    if (listed.ok) store.dispatch({ type: "messages", conversationId, messages: listed.value });
    else failLoading(listed.error);
  };
  const approvals = async (): Promise<void> => {
    const listed = await client.call("approvals.list", { state: "all", limit: 200 });
    if (listed.ok) store.dispatch({ type: "approvals", approvals: listed.value });
    else failLoading(listed.error);
  };
  const status = async (): Promise<void> => {
    const [agents, house] = await Promise.all([client.call("agents.list", {}), client.call("system.status", {})]);
    if (agents.ok) store.dispatch({ type: "agents", agents: agents.value });
    else failLoading(agents.error);
    if (house.ok) store.dispatch({ type: "status", status: house.value });
  };
  const approval = async (approvalId: ApprovalId): Promise<void> => {
    const loaded = await client.call("approvals.get", { approvalId });
    if (loaded.ok) store.dispatch({ type: "approvals", approvals: [loaded.value] });
  };
  const reminders = async (): Promise<void> => {
    const listed = await client.call("reminders.list", {});
    if (listed.ok) store.dispatch({ type: "reminders", reminders: listed.value });
  };
  const memories = async (): Promise<void> => {
    const listed = await client.call("memories.list", {});
    if (listed.ok) store.dispatch({ type: "memories", memories: listed.value });
  };
  const measures = async (): Promise<void> => {
    const measured = await client.call("approvals.measures", {});
    if (measured.ok) store.dispatch({ type: "measures", measures: measured.value });
  };
  const capabilities = async (): Promise<void> => {
    const listed = await client.call("capabilities.list", {});
    if (listed.ok) store.dispatch({ type: "capabilities", capabilities: listed.value });
  };
  const contacts = async (): Promise<void> => {
    const listed = await client.call("contacts.list", {});
    if (listed.ok) store.dispatch({ type: "contacts", contacts: listed.value });
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
        const report = await client.call("turns.get", { turnId });
        if (report.ok) store.dispatch({ type: "turn", report: report.value });
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
