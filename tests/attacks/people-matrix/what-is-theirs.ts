import { unzipSync } from "fflate";
import type { Said } from "../../support/people.ts";
import { DUE } from "./due.ts";
import type { Relation } from "./oracle.ts";
import type { Case } from "./rules.ts";
import { KEY_IN_WORDS, valueOf } from "./things.ts";
import type { Actor } from "./actors.ts";
import type { Somebody } from "./somebody.ts";
import type { World } from "./world.ts";

/** What everybody of the matrix may use of theirs. */
const LETS_USE: ReadonlySet<string> = new Set(["bob", "eve", "dan"]);
/** Whose conversation all who ask may read, as far as it is shared. */
const LETS_READ: ReadonlySet<string> = new Set(["bob"]);

/** What of a person nobody else may ever be told. */
export const secretsOf = ({ name, word, things }: Somebody): readonly string[] => [
  word,
  ...(LETS_USE.has(name)
    ? []
    : [
        things.agentId,
        `agent of ${name}`,
        things.promptId,
        `prompt of ${name}`,
        word.replace("xq", "promptxq"),
        things.secretId,
        things.secretName,
      ]),
  ...(LETS_READ.has(name) ? [] : [things.conversationId, things.messageId]),
  things.turnId,
  things.callId,
  things.approvalId,
  things.capabilityId,
  things.contactId,
  things.reminderId,
  things.attachmentId,
  things.tokenId,
  things.sessionId,
  things.deviceId,
  ...things.memories,
];

/** What somebody was once told of another, and may have on record: of what is shared with them, and of what was until it ended. */
export const toldOf = ({ name, things }: Somebody, to: Somebody): readonly string[] => {
  const shared = [things.agentId, things.promptId, things.secretId];
  if (name === "fay" || name === "leo") return [...shared, things.conversationId];
  if (name !== "kim") return [];
  // Of Kim's things those hear from whom she does not keep them.
  return ["bob", "eve", "dan", "fay", "carl"].includes(to.name) ? shared : [things.conversationId];
};

/** How everything that is planted looks, so that each answer is gone through once. */
export const PLANTED =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|zq[a-z]+?xq|(?:agent|prompt) of [a-z]+|secret-of-[a-z]+/g;

/** What nobody is ever told, whosever it is; and what only who wrote it is. */
const neverIn = (world: World, actor: Actor, text: string): readonly string[] => [
  ...world.people.map(({ name }) => valueOf(name)).filter((value) => text.includes(value)),
  ...(actor.person?.id !== world.bob.id && text.includes(KEY_IN_WORDS) ? [KEY_IN_WORDS] : []),
];

/** What is proven by being whole: ids stand in it, and no content. */
const WHOLE: ReadonlySet<Case> = new Set<Case>(["audit.export"]);

/** Records of what one did oneself name what one asked for, also where it was not there for them. */
const OF_ONES_TRIES: ReadonlySet<Case> = new Set<Case>(["audit.list", "privacy.export person"]);

const archiveText = (said: Said): string => {
  const { json } = said;
  if (typeof json !== "object" || json === null || !("content" in json) || typeof json.content !== "string") return "";
  try {
    const files = unzipSync(Buffer.from(json.content, "base64"));
    return Object.entries(files)
      .map(([path, bytes]) => `${path}\n${Buffer.from(bytes).toString("utf8")}`)
      .join("\n");
  } catch {
    return Buffer.from(json.content, "base64").toString("utf8");
  }
};

/** All that an answer shows: its text, and what lies in an archive or a file that it is. */
export const shownBy = (said: Said): string => `${said.text}\n${archiveText(said)}`;

/** What of others is shown, but for what was asked with. */
export const foreignIn = (world: World, actor: Actor, name: Case, input: string, text: string): readonly string[] => {
  const planted = new Set<string>(text.match(PLANTED));
  const shown = world.people
    .filter(({ id }) => id !== actor.person?.id)
    .flatMap((other) => {
      if (WHOLE.has(name)) return [other.word];
      const secrets = secretsOf(other);
      if (!OF_ONES_TRIES.has(name)) return secrets;
      const known = [other.things.agentId, ...(actor.person === null ? [] : toldOf(other, actor.person))];
      return secrets.filter((secret) => !known.includes(secret));
    })
    .filter((secret) => planted.has(secret) && !input.includes(secret));
  return [...shown, ...neverIn(world, actor, text)];
};

/** What should be shown and is not. */
export const missingIn = (
  world: World,
  actor: Actor,
  name: Case,
  relation: Relation,
  text: string,
): readonly string[] => {
  if (actor.person === null || (relation !== "none" && relation !== "own")) return [];
  return (DUE[name]?.(actor.person, world) ?? []).filter((due) => !text.includes(due));
};

/** The words about what should not stand there, for whoever has to find out why. */
export const around = (text: string, [first = ""]: readonly string[]): string => {
  const at = text.indexOf(first);
  return `: …${text.slice(Math.max(0, at - 160), at + first.length + 60)}…`;
};
