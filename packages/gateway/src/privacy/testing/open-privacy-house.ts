import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentId,
  CallId,
  ConversationId,
  MemoryId,
  MessageId,
  PrincipalId,
  TenantId,
  TurnId,
  done,
  instantOf,
  label,
  millisecondsOf,
  ok,
  ownScope,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Conversation,
  Label,
  Message,
  ModelDescription,
  Principal,
  PrivacySubject,
  Result,
  TurnId as Turn,
} from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { openAttachmentFiles } from "@moltbot/storage/database";
import { createEventBus } from "../../event-bus.ts";
import { placesOf, prepareHome } from "../../home.ts";
import { openMemory } from "../../open-memory.ts";
import type { Memory, MemoryWish } from "../../open-memory.ts";
import { DEFAULT_SETTINGS } from "../../settings/index.ts";
import type { Settings } from "../../settings/index.ts";
import type { PrivacyPorts } from "../ports.ts";

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
export const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

const LOCAL: ModelDescription = { name: "demo", says: "here", demonstration: true, local: true, tools: true };
const VENDOR: ModelDescription = { name: "vendor", says: "there", demonstration: false, local: false, tools: true };

/** A home with an owner, its storage as it is, and everything that privacy reaches; the rest of the gateway is left out. */
export interface PrivacyHouse {
  readonly root: string;
  readonly memory: Memory;
  readonly owner: Principal;
  readonly me: AccessScope;
  readonly ports: PrivacyPorts;
  readonly said: readonly string[];
  readonly stopped: readonly Turn[];
  /** Whose copies were removed, in order. */
  readonly forgotten: readonly PrivacySubject[];
  readonly heard: readonly string[];
  settings: Pick<Settings, "limits" | "retention" | "owner">;
  /** Moves the clock of the house. */
  sleep(days: number): void;
  converse(title: string, texts: readonly string[], change?: Partial<Message>): Promise<Conversation>;
  /** The label of what came of the newest message of a conversation. */
  from(conversation: Conversation): Promise<Label>;
  remember(text: string, from: Label): Promise<MemoryId>;
  close(remove?: boolean): Promise<void>;
}

export const openPrivacyHouse = async (
  root = mkdtempSync(join(tmpdir(), "moltbot-privacy-")),
  open: (wish: MemoryWish) => Promise<Result<Memory>> = openMemory,
): Promise<PrivacyHouse> => {
  const home = placesOf(join(root, "home"), join(root, "keys"), null);
  must(prepareHome(home));
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const log = { debug: say, info: say, warn: say, error: say };
  const memory = must(await open({ home, passphrase: null, acceptLoss: false, log }));
  const { database, audit, vault } = memory;
  const ids = createIds();
  let late = 0;
  const clock = { ...memory.clock, now: () => instantOf(millisecondsOf(memory.clock.now()) + late) };
  const known = must(await database.identity.owner());
  const owner: Principal = known ?? {
    id: ids.next(PrincipalId),
    tenantId: ids.next(TenantId),
    kind: "person",
    name: "Ada",
    role: "owner",
  };
  if (known === null) must(await database.identity.createPerson(owner));
  const me = ownScope(owner);
  const events = createEventBus({ clock, ids, log });
  const heard: string[] = [];
  events.subscribe(({ name }) => void heard.push(name));
  const stopped: Turn[] = [];
  const forgotten: PrivacySubject[] = [];
  const agentId = ids.next(AgentId);
  const house: PrivacyHouse = {
    root,
    memory,
    owner,
    me,
    said,
    stopped,
    forgotten,
    heard,
    settings: structuredClone({
      limits: DEFAULT_SETTINGS.limits,
      retention: DEFAULT_SETTINGS.retention,
      owner: DEFAULT_SETTINGS.owner,
    }),
    sleep: (days) => {
      late += days * 86_400_000;
    },
    ports: {
      house: {
        store: database,
        audit,
        clock,
        ids,
        events,
        log,
        models: {
          list: () => [LOCAL, VENDOR],
          find: () => ({ ok: false, error: null as never }),
          close: async () => undefined,
        }, // nobody is asked
      },
      vault,
      files: openAttachmentFiles({ folder: join(home.root, "attachments"), sealer: vault.content }),
      addresses: () => database.attachmentAddresses(),
      auditDetails: database.auditDetails,
      workspaces: { files: async () => ok([]), setAside: async () => done },
      copies: {
        forget: async (subject) => {
          forgotten.push(subject);
          return done;
        },
      },
      system: { ...me, reach: "system" },
      settings: () => house.settings,
      ownerErased: () => void heard.push("owner erased"),
      stopTurn: async (scope, id) => {
        stopped.push(id);
        const cancelled = await database.turns.cancel(scope, id, {
          state: "stopped",
          messageId: null,
          code: "TURN_STOPPED",
        });
        return cancelled.ok ? done : cancelled;
      },
    },
    converse: async (title, texts, change = {}) => {
      const conversation: Conversation = {
        id: ids.next(ConversationId),
        agentId,
        ownerId: owner.id,
        audience: [],
        title,
        heads: { main: null },
        activeHead: "main",
        createdAt: clock.now(),
        updatedAt: clock.now(),
      };
      must(await database.conversations.create(me, conversation));
      for (const text of texts)
        must(
          await database.conversations.append(me, "main", {
            id: ids.next(MessageId),
            conversationId: conversation.id,
            parentId: null,
            role: "user",
            author: owner.id,
            turnId: null,
            parts: [{ type: "text", text }],
            label: label("authority", [owner.id], []),
            state: "complete",
            model: null,
            createdAt: clock.now(),
            ...change,
          }),
        );
      return conversation;
    },
    from: async ({ id }) => {
      const newest = must(await database.conversations.path(me, id, "main", 1)).at(-1);
      return label("authority", [owner.id], [{ kind: "message", ref: newest?.id ?? "" }]);
    },
    remember: async (text, from) =>
      must(
        await database.memories.create(me, {
          id: ids.next(MemoryId),
          ownerId: owner.id,
          agentId,
          callId: ids.next(CallId),
          text,
          label: from,
          createdAt: clock.now(),
        }),
      ).id,
    close: async (remove = true) => {
      await memory.close();
      if (remove) rmSync(root, { recursive: true, force: true });
    },
  };
  return house;
};

/** A turn that waits in the queue of a conversation. */
export const queueTurn = async (house: PrivacyHouse, conversation: Conversation): Promise<Turn> => {
  const { ids, clock, store } = house.ports.house;
  const now = clock.now();
  const id = ids.next(TurnId);
  must(
    await store.turns.enqueue(
      house.me,
      {
        id,
        tenantId: house.owner.tenantId,
        ownerId: house.owner.id,
        conversationId: conversation.id,
        agentId: conversation.agentId,
        authority: house.owner.id,
        userMessageId: ids.next(MessageId),
        label: label("authority", [house.owner.id], []),
        state: "queued",
        steps: 0,
        attempts: 0,
        waitingFor: [],
        end: null,
        createdAt: now,
        updatedAt: now,
      },
      null,
    ),
  );
  return id;
};
