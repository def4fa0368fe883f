import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  ConversationId,
  ConversationRepository,
  Message,
  MessageId,
  MessagePart,
  PrincipalId,
  Result,
  SearchHit,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { letOthersWork } from "./let-others-work.ts";
import { foldedWords } from "./memory-words.ts";
import { messageOf } from "./messages.ts";
import type { Query } from "./query.ts";
import { toJson } from "./schema.ts";
import type { MessageIndexTable, MessageTable, Row } from "./schema.ts";
import { isAnswer, parseQuery } from "./search-query.ts";
import type { SearchQuery } from "./search-query.ts";
import { snippetOf } from "./search-snippet.ts";
import { indexQueries } from "./word-queries.ts";
import { termOfConversation, wordTerms } from "./word-terms.ts";
import type { AllTerms } from "./word-terms.ts";

/** Ordinals of one millisecond. */
const SAME_TIME = 1024;
/** Behind it no ordinal is an exact number any more; the time is in the year 2248. */
const LAST_TIME = Math.floor(Number.MAX_SAFE_INTEGER / SAME_TIME) - 1;
const BEHIND_ALL = Number.MAX_SAFE_INTEGER;
/** How many candidates one step looks at: few at first, since nearly always all of them are hits. */
const FEW = 50;
const MANY = 800;
/** How many bytes of candidates one step may bring in; after how many of them that were read others come first. */
const STEP_BYTES = 4_000_000;
const BYTES = 200_000;
/** How many different words the index is asked for; all others are looked for in what it found. */
const MOST_TERMS = 32;

/** The texts of a message that people read, in their order. What a call was given is not searched, what came of it is. */
export const textsOf = (parts: readonly MessagePart[]): readonly string[] =>
  parts.flatMap((part) => {
    switch (part.type) {
      case "text":
      case "quote":
      case "reminder":
        return [part.text];
      case "result":
        return [part.summary, part.text];
      case "plan":
        return [part.plan.goal];
      case "call":
        return [];
    }
  });

type Times = { from: number; to: number };
const whole = (value: RawBuilder<number>): RawBuilder<number> => sql`cast(${value} as bigint)`;

const queries = ({ define, dialect }: Connection) => ({
  ...indexQueries(define, dialect.words.messages),
  /** Takes the next free ordinal of a time, unless the message has one of that time already. */
  place: define<Times & { message_id: MessageId }, Pick<MessageIndexTable, "ordinal">>(({ db, slot }) => ({
    compile: () =>
      sql<
        Pick<MessageIndexTable, "ordinal">
      >`insert into message_index (ordinal, message_id) select coalesce(max(ordinal) + 1, ${whole(slot.from)}), ${slot.message_id} from message_index where ordinal >= ${slot.from} and ordinal < ${slot.to} having count(*) < ${sql.lit(SAME_TIME)} and coalesce(sum(case when message_id = ${slot.message_id} then 1 else 0 end), 0) = 0 returning ordinal`.compile(
        db,
      ),
  })),
  ordinalOf: define<{ from: number; id: MessageId }, Pick<MessageIndexTable, "ordinal">>(({ db, slot }) =>
    db
      .selectFrom("message_index")
      .select("ordinal")
      .where("ordinal", ">=", slot.from)
      .where("message_id", "=", slot.id)
      .orderBy("ordinal")
      .limit(1),
  ),
});

/** What an erasure does to the search index over messages; inside a step of a gate. */
export interface MessageIndexRemoval {
  /** Takes every message of the conversation out of every search; its rows in `messages` are still there. Returns how many index rows went, by table. */
  removeFromIndex(conversation: ConversationId): Promise<Readonly<Record<string, number>>>;
  /** Rewrites the index without what was taken out. */
  purgeIndex(): Promise<void>;
}

/** Removal needs no key and opens nothing, so it also works once the keys are gone. */
export const messageIndexRemoval = ({ define, dialect, settle }: Connection): MessageIndexRemoval => {
  const { messages } = dialect.words;
  const index = indexQueries(define, messages);
  const words = define<{ conversation: ConversationId }, unknown>(({ db, slot }) => ({
    compile: () =>
      messages
        .remove(
          sql`(select i.ordinal from message_index as i where i.message_id in (select m.id from messages as m where m.conversation_id = ${slot.conversation}))`,
        )
        .compile(db) as never, // it returns no rows
  }));
  const places = define<{ conversation: ConversationId }, unknown>(({ db, slot }) =>
    db
      .deleteFrom("message_index")
      .where(
        sql<boolean>`message_id in (select m.id from messages as m where m.conversation_id = ${slot.conversation})`,
      ),
  );
  return {
    removeFromIndex: async (conversation) => {
      await settle();
      await words.run(null, { conversation });
      return { message_index: await places.run(null, { conversation }) };
    },
    purgeIndex: async () => void (await index.purge.run(null, {})),
  };
};

const timeOf = ({ createdAt }: Message): number => Math.max(0, Math.min(Date.parse(createdAt), LAST_TIME));

/** The index over messages as repositories use it; inside a step of a gate. */
export interface MessageIndex {
  /** Puts a message that is stored with this owner into the index. */
  indexMessage(ownerId: PrincipalId, message: Message): Promise<Result<void>>;
  /** Puts what a message holds now in the place of what it held; nothing of that is left. */
  replaceInIndex(ownerId: PrincipalId, message: Message): Promise<Result<void>>;
}

export const messageIndex = (connection: Connection, sealer: ContentSealer): MessageIndex => {
  const query = queries(connection);
  const terms = wordTerms(connection, sealer);

  /** The next free one at or behind the message's time, so that the order of ordinals is the order of time. */
  const place = async (message: Message): Promise<number | undefined> => {
    for (let time = timeOf(message); ; time += 1) {
      const times = { from: time * SAME_TIME, to: (time + 1) * SAME_TIME };
      const placed = await query.place.one(null, { ...times, message_id: message.id });
      if (placed !== undefined) return Number(placed.ordinal);
      // Either that time is full, or another process was quicker to make the index anew.
      if ((await query.ordinalOf.one(null, { from: times.from, id: message.id })) !== undefined) return undefined;
    }
  };
  const storedTerms = (ownerId: PrincipalId, { conversationId, parts }: Message): Result<string> =>
    terms.stored(ownerId, new Set([termOfConversation(conversationId), ...textsOf(parts).flatMap(foldedWords)]));

  return {
    indexMessage: async (ownerId, message) => {
      const stored = storedTerms(ownerId, message);
      if (!stored.ok) return stored;
      const ordinal = await place(message);
      if (ordinal === undefined) return done;
      await connection.atTheEnd(() => query.index.run(null, { ordinal, terms: stored.value }));
      return done;
    },
    replaceInIndex: async (ownerId, message) => {
      const stored = storedTerms(ownerId, message);
      if (!stored.ok) return stored;
      const known = await query.ordinalOf.one(null, { from: timeOf(message) * SAME_TIME, id: message.id });
      if (known === undefined) return done;
      await connection.settle();
      await query.forget.run(null, { ordinal: known.ordinal });
      await query.purge.run(null, {});
      await query.index.run(null, { ordinal: known.ordinal, terms: stored.value });
      return done;
    },
  };
};

/** What the search needs of the repository of conversations. */
interface Titles {
  /** The title of a conversation that the scope sees; null for what cannot be opened. */
  title(scope: AccessScope, id: ConversationId): Promise<string | null>;
}

const searchQueries = ({ define, dialect }: Connection) => {
  const { messages } = dialect.words;
  const latest = new Map<
    number,
    Query<{ terms: string; before: number; limit: number }, { readonly ordinal: number }>
  >();
  return {
    /** One statement for each number of terms. */
    latest: (count: number) => {
      const known = latest.get(count);
      if (known !== undefined) return known;
      const made = define<{ terms: string; before: number; limit: number }, { readonly ordinal: number }>(
        ({ db, slot }) => ({
          compile: () => messages.latest(slot.terms, count, slot.before, slot.limit).compile(db),
        }),
      );
      latest.set(count, made);
      return made;
    },
    found: define<{ ordinals: string }, Row<MessageTable> & Pick<MessageIndexTable, "ordinal">>(
      ({ db, slot, visible }) =>
        db
          .selectFrom("message_index")
          .innerJoin("messages", "messages.id", "message_index.message_id")
          .selectAll("messages")
          .select("message_index.ordinal")
          .where(
            sql<boolean>`message_index.ordinal in (select cast(one.value as bigint) from ${dialect.elementsOf(slot.ordinals)} as one)`,
          )
          .where(visible("messages"))
          .orderBy("message_index.ordinal", "desc"),
    ),
    owners: define<Record<never, never>, Pick<Row<MessageTable>, "owner_id">>(({ db, visible }) =>
      db.selectFrom("conversations").select("owner_id").distinct().where(visible("conversations")),
    ),
  };
};

type Search = ConversationRepository["search"];
interface Found {
  readonly ordinal: number;
  readonly message: Message;
  readonly texts: readonly string[];
}

/**
 * Finds messages. The index says which could have all the words; visibility is decided before anything is opened, and what the
 * message says decides, whatever the index holds. What cannot be opened any more is passed over.
 */
export const messageSearch = (
  connection: Connection,
  sealer: ContentSealer,
  titles: Titles,
): ((gate: Gate) => Search) => {
  const query = searchQueries(connection);
  const terms = wordTerms(connection, sealer);
  const open = messageOf(sealer);
  const { keyed } = connection.dialect.words;

  const look = async (
    gate: Gate,
    scope: AccessScope,
    ask: SearchQuery,
    wanted: AllTerms & { readonly limit: number },
  ): Promise<Result<readonly Found[]>> => {
    const found: Found[] = [];
    let before = BEHIND_ALL;
    let many = Math.max(FEW, 2 * wanted.limit);
    for (;;) {
      const from = before;
      const step = await gate.read(async () => {
        const next = await query.latest(wanted.count).all(null, { terms: wanted.terms, before: from, limit: many });
        const ordinals = next.map(({ ordinal }) => Number(ordinal));
        return ok({ ordinals, rows: await query.found.all(scope, { ordinals: toJson(ordinals) }) });
      });
      if (!step.ok) return step;
      let [bytes, unread] = [0, BYTES];
      for (const row of step.value.rows) {
        bytes += row.entry.length;
        unread -= row.entry.length;
        if (unread < 0) {
          await letOthersWork();
          unread = BYTES;
        }
        const message = open(row);
        const texts = message.ok ? textsOf(message.value.parts) : [];
        if (message.ok && isAnswer(ask, texts))
          found.push({ ordinal: Number(row.ordinal), message: message.value, texts });
        if (found.length === wanted.limit) return ok(found);
      }
      const last = step.value.ordinals.at(-1);
      if (last === undefined || step.value.ordinals.length < many) return ok(found);
      before = last;
      // Long messages come in fewer at a time.
      const fit = bytes === 0 ? MANY : Math.floor((STEP_BYTES * step.value.rows.length) / bytes);
      many = Math.max(FEW, Math.min(MANY, fit));
      await letOthersWork();
    }
  };

  const hitOf = (ask: SearchQuery, { message, texts }: Found, title: string): SearchHit => ({
    messageId: message.id,
    conversationId: message.conversationId,
    title,
    role: message.role,
    at: message.createdAt,
    ...snippetOf(texts, ask),
  });

  /** Terms are keyed by their owner; where they are not, one question serves for all. */
  const ownersOf = (gate: Gate, scope: AccessScope): Promise<Result<readonly string[]>> =>
    keyed
      ? gate.read(async () => ok((await query.owners.all(scope, {})).map(({ owner_id }) => owner_id)))
      : Promise.resolve(ok([""]));

  return (gate) =>
    async (scope, text, { conversationId, limit }) => {
      const ask = parseQuery(text);
      if (ask.prefixes.length > 0 && !connection.dialect.search.prefix)
        return err(moltbotError("SEARCH_UNSUPPORTED", { what: "beginnings of words" }));
      if (limit < 1 || ask.words.length + ask.prefixes.length === 0) return ok([]);
      const places = conversationId === undefined ? [] : [termOfConversation(conversationId)];
      const words = [...places, ...ask.words.slice(0, MOST_TERMS)];
      const owners = await ownersOf(gate, scope);
      if (!owners.ok) return owners;
      const found: Found[] = [];
      for (const owner of owners.value) {
        const asked = terms.all(owner, words, ask.prefixes.slice(0, MOST_TERMS));
        if (asked === null) continue;
        const some = await look(gate, scope, ask, { ...asked, limit });
        if (!some.ok) return some;
        found.push(...some.value);
      }
      const newest = owners.value.length > 1 ? found.toSorted((a, b) => b.ordinal - a.ordinal).slice(0, limit) : found;
      return gate.read(async () => {
        const known = new Map<ConversationId, string | null>();
        const hits: SearchHit[] = [];
        for (const each of newest) {
          const id = each.message.conversationId;
          if (!known.has(id)) known.set(id, await titles.title(scope, id));
          const title = known.get(id) ?? null;
          if (title !== null) hits.push(hitOf(ask, each, title));
        }
        return ok(hits);
      });
    };
};
