import type { Message, SharedConversation } from "@moltbot/contracts";
import { sha256Hex } from "@moltbot/storage/crypto";
import { releaseOf } from "./release.ts";

/** How many are remembered: a list is asked for again and again, and looking for secrets in every word of it costs. */
const MOST = 256;

/** What a shared conversation is called, and whether anything of it is seen at all (null: nothing). */
export type SharedTitle = (shared: SharedConversation, path: readonly Message[]) => string | null;

/** What a path is made of: a message never changes, but that its content is removed. */
const madeOf = (path: readonly Message[]): string =>
  sha256Hex(path.map(({ id, state, parts }) => `${id} ${state} ${String(parts.length)}`).join("\n"));

/** Names of shared conversations, worked out once for as long as what they are made of stays the same. */
export const createSharedTitles = (): SharedTitle => {
  const titles = new Map<string, { readonly of: string; readonly title: string | null }>();
  return ({ id, upTo }, path) => {
    const key = `${id} ${upTo}`;
    const of = madeOf(path);
    const known = titles.get(key);
    if (known?.of === of) return known.title;
    const { title, messages } = releaseOf({ id, upTo, path });
    const made = { of, title: messages.length === 0 ? null : title };
    titles.delete(key);
    titles.set(key, made);
    const [oldest] = titles.keys();
    if (titles.size > MOST && oldest !== undefined) titles.delete(oldest);
    return made.title;
  };
};
