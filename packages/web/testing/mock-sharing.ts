/** The mock gateway's prompts, roles, personal secrets, budgets and released conversations, kept in memory. */
import { ConversationId, Digest, instantOf, MessageId, PromptId, RoleId, SecretId, ShareId } from "@moltbot/contracts";
import type {
  AgentId,
  Conversation,
  ErrorCode,
  EventName,
  EventPayload,
  Label,
  Message,
  OperationInput,
  OperationName,
  OwnRole,
  Principal,
  PrincipalId,
  Prompt,
  SecretInfo,
  Share,
  Usage,
} from "@moltbot/contracts";

export interface SharingPorts {
  readonly me: Principal;
  readonly agentId: AgentId;
  /** Somebody of the house by name. */
  readonly idOf: (name: string) => PrincipalId;
  readonly shares: Map<string, Share>;
  readonly messages: ReadonlyMap<string, readonly Message[]>;
  /** A label of what came from outside. */
  readonly label: Label;
  readonly uuid: () => string;
  readonly publish: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
  readonly refuse: (code: ErrorCode, context?: Readonly<Record<string, string | number>>) => never;
}

const DAY = 86_400_000;
const ago = (days: number) => instantOf(Date.now() - days * DAY);
const dayOf = (days: number): string => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);
const LEASED = "Check what the contract says about the notice period, and quote the sentence you rely on.";
const KITCHEN = "For each meal: what to buy, who cooks, and what can be done the evening before.\nKeep it to one page.";

/** What these operations answer, and what others do. */
export const sharingHandlers = (ports: SharingPorts, inhabited: boolean) => {
  const { me, agentId, idOf, shares, messages, label, uuid, publish, refuse } = ports;
  const prompts = new Map<string, Prompt>();
  const roles = new Map<string, OwnRole>();
  const secrets = new Map<string, SecretInfo>();
  const shown = new Map<string, { readonly conversation: Conversation; readonly messages: readonly Message[] }>();

  const addPrompt = (name: string, text: string, wish: Partial<Prompt> = {}): Prompt => {
    const id = PromptId.parse(uuid());
    const made = { id, ownerId: me.id, name, text, writtenBy: me.id, createdAt: ago(9), updatedAt: ago(2), ...wish };
    prompts.set(id, made);
    return made;
  };
  const addRole = (wish: Pick<OwnRole, "name" | "base" | "operations">): OwnRole => {
    const role = { id: RoleId.parse(uuid()), createdAt: ago(30), ...wish };
    roles.set(role.id, role);
    return role;
  };
  const addSecret = (name: string, wish: Partial<SecretInfo> = {}): SecretInfo => {
    const made: SecretInfo = {
      id: SecretId.parse(uuid()),
      name,
      kind: "api-key",
      hosts: ["api.example.org"],
      ownerId: me.id,
      createdAt: ago(40),
      rotatedAt: ago(12),
      expiresAt: null,
      rotateEveryDays: null,
      lastUsedAt: null,
      rotationDue: false,
      ...wish,
    };
    secrets.set(made.id, made);
    return made;
  };
  const addShare = (wish: Pick<Share, "object" | "to"> & Partial<Share>): Share => {
    const share: Share = {
      id: ShareId.parse(uuid()),
      rights: ["use"],
      effect: "allow",
      upTo: null,
      by: me.id,
      at: ago(1),
      ...wish,
    };
    shares.set(share.id, share);
    return share;
  };

  if (inhabited) {
    const anna = idOf("Anna Lindqvist");
    const weekly = addPrompt("Weekly plan", "Look at my reminders of this week and plan my days.\nLeave Friday free.");
    addShare({ object: { type: "prompt", id: weekly.id }, to: { kind: "person", id: anna } });
    addPrompt("Read a contract", LEASED, { writtenBy: anna });
    addPrompt("Meals for the week", KITCHEN, { ownerId: anna, writtenBy: anna });
    addRole({
      name: "Guest",
      base: "member",
      operations: [
        "messages.send",
        "agents.list",
        "agents.get",
        "turns.*",
        "events.stream",
        "conversations.*",
        "search.messages",
        "approvals.*",
      ],
    });
    const trains = addSecret("train-tickets", { hosts: ["api.trains.example"], lastUsedAt: ago(3) });
    addShare({ object: { type: "secret", id: trains.id }, to: { kind: "person", id: anna } });
    addSecret("weather", { kind: "token", hosts: ["weather.example.org"], ownerId: anna });
  }

  /** A secret by its own id, or one's own by its name. */
  const secretOf = ({ name, of }: Pick<OperationInput<"secrets.remove">, "name" | "of">): SecretInfo | undefined =>
    [...secrets.values()].find((one) => one.id === of || (of === "me" && one.ownerId === me.id && one.name === name));
  const find = <T>(map: ReadonlyMap<string, T>, id: string, kind: string): T =>
    map.get(id) ?? refuse("NOT_FOUND", { kind });

  /** What others would see: words, and nothing of tools. */
  const foreseen = (conversationId: ConversationId, upTo: string) => {
    const all = messages.get(conversationId) ?? [];
    const last = all.findIndex(({ id }) => id === upTo);
    if (last < 0) refuse("NOT_FOUND", { kind: "message" });
    const seen = all
      .slice(0, last + 1)
      .filter(({ role }) => role === "user" || role === "assistant")
      .map((message) => ({
        ...message,
        parts: message.parts.filter(({ type }) => type === "text" || type === "quote"),
      }))
      .filter(({ parts }) => parts.length > 0);
    const text = JSON.stringify(seen);
    return {
      messages: seen,
      sources: text.includes("quote") ? ["host:mail.example.org:993"] : [],
      masked: text.split("[secret").length - 1,
      digest: Digest.parse(text.length.toString(16).padStart(64, "0")),
    };
  };

  const use = (
    kind: Usage["subject"]["kind"],
    id: string,
    days: number,
    tokens: readonly [number, number | null],
    money: readonly [number, number | null],
  ): readonly Usage[] => [
    { day: dayOf(days), subject: { kind, id }, unit: "tokens", used: tokens[0], limit: tokens[1] },
    { day: dayOf(days), subject: { kind, id }, unit: "money", used: money[0], limit: money[1] },
  ];
  const week = [31_400, 12_800, 0, 54_100, 22_600, 61_300, 18_900];
  const rowsOf = (kind: "person" | "house", id: string, scale: number): readonly Usage[] =>
    week.flatMap((tokens, days) =>
      use(
        kind,
        id,
        days,
        [Math.round(tokens * scale), days === 0 ? 100_000 * scale : null],
        [Math.round(tokens * scale * 9), days === 0 ? 2_000_000 * scale : null],
      ),
    );

  const handlers: { readonly [N in OperationName]?: (input: OperationInput<N>) => unknown } = {
    "prompts.list": () => [...prompts.values()],
    "prompts.create": ({ name, text }) => addPrompt(name, text, { createdAt: ago(0), updatedAt: ago(0) }),
    "prompts.change": ({ promptId, name, text }) => {
      const known = find(prompts, promptId, "prompt");
      if (known.ownerId !== me.id) refuse("RIGHT_MISSING", { kind: "prompt", right: "edit" });
      const next = {
        ...known,
        name: name ?? known.name,
        text: text ?? known.text,
        writtenBy: me.id,
        updatedAt: ago(0),
      };
      prompts.set(promptId, next);
      return next;
    },
    "prompts.remove": ({ promptId }) => {
      if (find(prompts, promptId, "prompt").ownerId !== me.id)
        refuse("RIGHT_MISSING", { kind: "prompt", right: "delete" });
      prompts.delete(promptId);
      return {};
    },
    "roles.list": () => [...roles.values()],
    "roles.create": ({ name, base, operations }) => {
      if ([...roles.values()].some((one) => one.name.toLowerCase() === name.toLowerCase()))
        refuse("CONFLICT", { kind: "role" });
      return addRole({ name, base, operations });
    },
    "roles.change": ({ roleId, name, operations }) => {
      const known = find(roles, roleId, "role");
      const next = { ...known, name: name ?? known.name, operations: operations ?? known.operations };
      roles.set(roleId, next);
      return next;
    },
    "roles.remove": ({ roleId }) => {
      find(roles, roleId, "role");
      roles.delete(roleId);
      return {};
    },
    "shares.foresee": ({ conversationId, upTo }) => foreseen(conversationId, upTo),
    "usage.show": ({ of }) => ({
      rows:
        of === "me"
          ? [
              ...rowsOf("person", me.id, 1),
              ...use("agent", agentId, 0, [29_100, 30_000], [262_000, null]),
              ...use("token", "gone", 0, [2300, 2000], [4000, null]),
            ]
          : [
              ...rowsOf("house", "house", 4),
              ...use("person", me.id, 0, [31_400, 100_000], [282_600, 2_000_000]),
              ...use("person", idOf("Anna Lindqvist"), 0, [94_200, 100_000], [847_800, 2_000_000]),
              ...use("model", "claude-sonnet", 0, [31_400, null], [282_600, null]),
            ],
      currency: "EUR",
      unpriced: of === "me" ? [] : ["qwen3:8b"],
      renewsAt: instantOf(Math.ceil(Date.now() / DAY) * DAY),
    }),
  };

  return {
    handlers,
    /** The personal secrets; the house's are kept elsewhere. */
    secrets: {
      list: (): readonly SecretInfo[] => [...secrets.values()],
      set: ({ name, hosts, kind, rotateEveryDays, of }: OperationInput<"secrets.set">): SecretInfo => {
        const known = secretOf({ name, of });
        if (known !== undefined && known.ownerId !== me.id) refuse("RIGHT_MISSING", { kind: "secret", right: "edit" });
        const wish = { hosts, kind: kind ?? "other", rotateEveryDays: rotateEveryDays ?? null, rotatedAt: ago(0) };
        return known === undefined ? addSecret(name, wish) : addSecret(name, { ...known, ...wish });
      },
      remove: ({ name, of }: OperationInput<"secrets.remove">): void => {
        const known = secretOf({ name, of });
        if (known === undefined) return refuse("SECRET_NOT_FOUND", { name });
        if (known.ownerId !== me.id) refuse("RIGHT_MISSING", { kind: "secret", right: "delete" });
        secrets.delete(known.id);
      },
    },
    /** The owner's words, or somebody else's as a quote, as a message begins with them. */
    begin: (promptId: string, content: string) => {
      const prompt = find(prompts, promptId, "prompt");
      return prompt.ownerId === me.id && prompt.writtenBy === me.id
        ? { content: content === "" ? prompt.text : `${prompt.text}\n\n${content}`, quote: null }
        : { content, quote: prompt.text };
    },
    /** Refuses a release that differs from what was shown. */
    check: ({ object, upTo, seen }: OperationInput<"shares.set">): void => {
      if (object.type !== "conversation") return;
      if (upTo === undefined || foreseen(object.id, upTo).digest !== seen) refuse("RELEASE_CHANGED");
    },
    role: (id: string) => roles.get(id),
    /** Whether it is somebody else's prompt or secret. */
    foreign: (id: string): boolean => {
      const known = prompts.get(id) ?? secrets.get(id);
      return known !== undefined && known.ownerId !== me.id;
    },
    shown: (id: string) => shown.get(id),
    conversations: (): readonly Conversation[] => [...shown.values()].map(({ conversation }) => conversation),
    /** Somebody shows one of their conversations. */
    show: (by: string, title: string, said: readonly (readonly ["user" | "assistant", string])[]): void => {
      const id = ConversationId.parse(uuid());
      const ownerId = idOf(by);
      const told = said.map(([role, text], index): Message => ({
        id: MessageId.parse(uuid()),
        conversationId: id,
        parentId: null,
        role,
        author: role === "user" ? ownerId : agentId,
        turnId: null,
        parts: [{ type: "text", text }],
        label,
        state: "complete",
        model: role === "assistant" ? { name: "claude-sonnet", demonstration: false } : null,
        createdAt: instantOf(Date.now() - DAY + index * 60_000),
      }));
      const conversation: Conversation = {
        id,
        agentId,
        ownerId,
        audience: [ownerId, me.id],
        title,
        heads: { shared: told.at(-1)?.id ?? null },
        activeHead: "shared",
        createdAt: ago(1),
        updatedAt: ago(0.1),
      };
      shown.set(id, { conversation, messages: told });
      publish("share:changed", { object: { type: "conversation", id }, by: ownerId });
    },
    /** They end it. */
    hide: (title: string): void => {
      const found = [...shown.values()].find(({ conversation }) => conversation.title === title);
      if (found === undefined) return;
      const { id, ownerId } = found.conversation;
      shown.delete(id);
      publish("share:changed", { object: { type: "conversation", id }, by: ownerId });
    },
  };
};
