import { Digest, label } from "@moltbot/contracts";
import type { ConversationId, Label, Message, MessageId, MessagePart, Source } from "@moltbot/contracts";
import { titleOf } from "@moltbot/core/conversation";
import { keepBack } from "@moltbot/execution/tools";
import { sha256Hex } from "@moltbot/storage/crypto";

/** Recognises secrets in a text. `known` are values that other texts gave away. */
export type Mask = (
  text: string,
  files: readonly string[],
  known?: ReadonlyMap<string, string>,
) => { readonly text: string; readonly count: number; readonly values: ReadonlyMap<string, string> };

/** What a release is made with; replaced only by tests that show what it is for. */
export interface Releasing {
  readonly mask: Mask;
  readonly hash: (text: string) => string;
}
const RELEASING: Releasing = Object.freeze({ mask: keepBack, hash: sha256Hex });

const UNCHECKED = "Not shown: it could not be checked for secrets.";
/** What cannot be checked is not shown at all. */
const checked =
  (mask: Mask): Mask =>
  (...given) => {
    try {
      return mask(...given);
    } catch {
      return { text: UNCHECKED, count: 1, values: new Map() };
    }
  };

/** What others see of a conversation up to a message, and nothing else of it. */
export interface Release {
  /** What the conversation is called for them: its stored title may speak of what came later. */
  readonly title: string;
  readonly messages: readonly Message[];
  /** Where what they carry came from, as kind and reference. */
  readonly sources: readonly string[];
  /** How many places hold a mark instead of a recognised secret. */
  readonly masked: number;
  /** Over all that is released, the title too. */
  readonly digest: Digest;
}

type Words = Extract<MessagePart, { type: "text" | "quote" }>;

/** Words that people read. Calls, what came of them, plans and a reader's values stay with whoever owns the conversation. */
const wordsIn = ({ role, state, parts }: Message): readonly Words[] =>
  (role === "user" || role === "assistant") && state !== "removed"
    ? parts.filter((part) => part.type === "text" || part.type === "quote")
    : [];

/** Sources that are named by an id; the others have names that somebody gave them, and a file can be called by a key. */
const BY_ID: ReadonlySet<Source["kind"]> = new Set(["message", "memory"] as const);

/** For another person nothing here is their own word; what nobody vouched for stays so. */
const asOfAnother = ({ integrity, readers, sources }: Label, hide: (text: string) => string): Label =>
  label(
    integrity === "untrusted" ? "untrusted" : "participant",
    readers,
    sources.map(({ kind, ref }) => ({ kind, ref: BY_ID.has(kind) ? ref : hide(ref) })),
  );

const namesIn = ({ sources }: Label): readonly string[] =>
  sources.flatMap(({ kind, ref }) => (BY_ID.has(kind) ? [] : [ref]));

const textsIn = (part: Words): readonly string[] =>
  part.type === "quote" ? [part.text, ...(part.from === null ? [] : [part.from]), ...namesIn(part.label)] : [part.text];

/** Masks text after text, each also without what the others gave away, and counts the marks. */
const maskOver = (mask: Mask, texts: readonly string[]) => {
  const first = texts.map((text) => mask(text, []));
  const known = new Map(first.flatMap(({ values }) => [...values]));
  const clean = first.every(({ count }) => count === 0);
  let masked = 0;
  const hide = (text: string): string => {
    if (clean) return text;
    const kept = mask(text, [], known);
    masked += kept.count;
    return kept.text;
  };
  return { hide, masked: () => masked };
};

const hidden = (part: Words, hide: (text: string) => string): Words =>
  part.type === "text"
    ? { type: "text", text: hide(part.text) }
    : {
        type: "quote",
        kind: part.kind,
        from: part.from === null ? null : hide(part.from),
        text: hide(part.text),
        label: asOfAnother(part.label, hide),
        ...(part.signals === undefined ? {} : { signals: part.signals }),
      };

const textOf = (message: Message | undefined): string =>
  message?.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n") ?? "";

/** Where the messages come from, but for each other. */
const sourcesOf = (messages: readonly Message[]): readonly string[] => {
  const own = new Set<string>(messages.map(({ id }) => id));
  const labels = messages.flatMap(({ label: whole, parts }) => [
    whole,
    ...parts.flatMap((part) => (part.type === "quote" ? [part.label] : [])),
  ]);
  const foreign = labels.flatMap(({ sources }) =>
    sources.filter(({ kind, ref }) => kind !== "message" || !own.has(ref)),
  );
  return [...new Set(foreign.map(({ kind, ref }) => `${kind}:${ref}`))].toSorted();
};

/**
 * What sharing a conversation lets others see (security model, section 4, release): the words of people and of the assistant on the
 * path from its root to a message, oldest first, with recognised secrets masked. Everything else is left out, and nothing says that
 * it was there. The same path gives the same digest.
 */
export const releaseOf = (
  { id, upTo, path }: { readonly id: ConversationId; readonly upTo: MessageId; readonly path: readonly Message[] },
  { mask, hash }: Releasing = RELEASING,
): Release => {
  const spoken = path.flatMap((message) => {
    const words = wordsIn(message);
    return words.length === 0 ? [] : [{ message, words }];
  });
  const { hide, masked } = maskOver(
    checked(mask),
    spoken.flatMap(({ message, words }) => [...words.flatMap(textsIn), ...namesIn(message.label)]),
  );
  const messages: Message[] = [];
  for (const { message, words } of spoken)
    messages.push({
      id: message.id,
      conversationId: id,
      parentId: messages.at(-1)?.id ?? null,
      role: message.role,
      author: message.author,
      turnId: null,
      parts: words.map((part) => hidden(part, hide)),
      label: asOfAnother(message.label, hide),
      state: message.state,
      model: message.model,
      createdAt: message.createdAt,
    });
  const title = titleOf(textOf(messages.find(({ role }) => role === "user")));
  // Every object above is written in one order: equal releases are equal texts.
  const digest = Digest.parse(hash(JSON.stringify({ releases: "conversation/1", id, upTo, title, messages })));
  return { title, messages, sources: sourcesOf(messages), masked: masked(), digest };
};
