import { ConversationId, TurnId, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type { AuditRecord, Principal, Repositories, Result } from "@moltbot/contracts";

/**
 * What happens to the house and is nobody's content: whoever keeps the house sees these of everybody. All else that is recorded is seen
 * by whoever did it, and by whom it is about.
 */
const OF_THE_HOUSE: ReadonlySet<string> = new Set([
  "audit",
  "backup",
  "config",
  "credential",
  "job",
  "log",
  "model",
  "owner",
  "person",
  "policy",
  "role",
  "schedule",
  "secret",
  "system",
  "team",
  "vault",
]);

/** Fields in which a record names whom it is about. */
const ABOUT: readonly string[] = ["personId", "principalId", "ownerId"];
/** Fields in which a record names something that belongs to one person; such a record is never the house's. */
const PERSONAL: readonly string[] = ["conversationId", "turnId", "callId", "messageId", "approvalId", "reminderId"];

type Reading = Pick<Repositories, "conversations" | "turns">;

/** Answers from the records whether a conversation or a turn is one's own, each asked for once. */
const ownThings = (store: Reading, by: Principal) => {
  const scope = ownScope(by);
  const known = new Map<string, Promise<boolean>>();
  const once = (id: string, look: () => Promise<boolean>): Promise<boolean> => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const looked = look();
    known.set(id, looked);
    return looked;
  };
  return {
    conversation: (id: string): Promise<boolean> =>
      once(id, async () => {
        const parsed = ConversationId.safeParse(id);
        return parsed.success && (await store.conversations.find(scope, parsed.data)).ok;
      }),
    turn: (id: string): Promise<boolean> =>
      once(id, async () => {
        const parsed = TurnId.safeParse(id);
        return parsed.success && (await store.turns.find(scope, parsed.data)).ok;
      }),
  };
};

type Seeing = (record: AuditRecord) => Promise<boolean>;

/** Whether a person may see a record: what they did, what is about them or their own things, and for keepers what concerns the house. */
const seenBy = (store: Reading, by: Principal): Seeing => {
  const own = ownThings(store, by);
  const keeps = roleSuffices(by.role, "admin");
  return async ({ actor, event, fields }) => {
    if (actor === by.id) return true;
    // What is kept from somebody does not exist for them, and neither does its being kept.
    if (ABOUT.some((name) => fields[name] === by.id)) return fields["effect"] !== "deny";
    const { conversationId, turnId } = fields;
    if (typeof conversationId === "string" && (await own.conversation(conversationId))) return true;
    if (typeof turnId === "string" && (await own.turn(turnId))) return true;
    const [noun = ""] = event.split(":");
    return keeps && OF_THE_HOUSE.has(noun) && PERSONAL.every((name) => fields[name] === undefined);
  };
};

type Page = (limit: number, before: number | undefined) => Promise<Result<readonly AuditRecord[]>>;

const PAGE = 500;
/** One question looks at no more records than this. */
const MOST_LOOKED_AT = 200_000;

/** The newest records of these pages that a person may see. */
export const seenRecords = async (
  store: Reading,
  by: Principal,
  page: Page,
  { limit, before }: { readonly limit: number; readonly before: number | undefined },
): Promise<Result<readonly AuditRecord[]>> => {
  const sees = seenBy(store, by);
  const found: AuditRecord[] = [];
  let from = before;
  let size = limit;
  for (let looked = 0; looked < MOST_LOOKED_AT;) {
    const records = await page(size, from);
    if (!records.ok) return records;
    for (const record of records.value) if (found.length < limit && (await sees(record))) found.push(record);
    const last = records.value.at(-1);
    if (found.length >= limit || last === undefined || last.sequence === 0 || records.value.length < size) break;
    looked += records.value.length;
    from = last.sequence;
    size = PAGE;
  }
  return ok(found);
};
