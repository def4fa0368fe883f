import type { AuditQuery, AuditRecord } from "@moltbot/contracts";

/** A word of a query that means one thing or person. */
export type Subject = Exclude<keyof AuditQuery, "from" | "to" | "event">;

/**
 * Which fields of records each word of a query finds. A field whose name ends in `Id` and stands in none of the lists is found
 * by `trace`, so that nothing recorded is out of reach.
 */
export const QUERY_FIELDS: Readonly<Record<Subject, readonly string[]>> = Object.freeze({
  agent: ["agentId", "holder"],
  tool: ["tool", "tools"],
  person: ["principalId", "personId", "ownerId", "authority", "by", "subject"],
  decision: ["decisionId", "callId", "approvalId", "capabilityId", "restores", "planId", "stopId", "digest"],
  trace: ["traceId", "spanId", "turnId", "conversationId", "messageId", "subject"],
});

/** Who acts is an agent or a person. */
const ACTORS: readonly Subject[] = ["agent", "person"];

const NAMED = new Set(Object.values(QUERY_FIELDS).flat());
/** Lists of names stand in one field, as `a b` or `a, b`. */
const LISTS = new Set(["tools"]);
/** `person:ID` and the like. */
const PREFIXED = new Set(["subject"]);

const isFoundBy = (word: Subject, name: string): boolean =>
  QUERY_FIELDS[word].includes(name) || (word === "trace" && name.endsWith("Id") && !NAMED.has(name));

const means = (name: string, value: unknown, wanted: string): boolean => {
  if (typeof value !== "string") return false;
  if (value === wanted) return true;
  if (LISTS.has(name)) return value.split(/[\s,]+/).includes(wanted);
  return PREFIXED.has(name) && value.slice(value.indexOf(":") + 1) === wanted;
};

/** The words by which a record is found through this field, for the test that nothing is out of reach. */
export const wordsFor = (name: string): readonly Subject[] =>
  // The table's own names, in its order.
  (Object.keys(QUERY_FIELDS) as Subject[]).filter((word) => isFoundBy(word, name));

const mentions = ({ actor, fields }: AuditRecord, word: Subject, wanted: string): boolean =>
  (ACTORS.includes(word) && actor === wanted) ||
  Object.keys(fields).some((name) => isFoundBy(word, name) && means(name, fields[name], wanted));

/** A name without a colon means all events of that noun. */
const isEvent = (event: string, wanted: string): boolean =>
  event === wanted || (!wanted.includes(":") && event.startsWith(`${wanted}:`));

const subjectsOf = (query: AuditQuery): readonly (readonly [Subject, string])[] =>
  wordsOfTable.flatMap((word) => {
    const wanted = query[word];
    return wanted === undefined ? [] : [[word, wanted] as const];
  });
const wordsOfTable = Object.keys(QUERY_FIELDS) as Subject[]; // the table's own names

/** Whether the record is what was asked for. */
export const fitsQuery = (record: AuditRecord, query: AuditQuery): boolean =>
  (query.from === undefined || record.at >= query.from) &&
  (query.to === undefined || record.at <= query.to) &&
  (query.event === undefined || isEvent(record.event, query.event)) &&
  subjectsOf(query).every(([word, wanted]) => mentions(record, word, wanted));

/** Bytes that the line of every fitting record holds: what lacks them need not be read. Canonical JSON writes a text in one way only. */
export const marksOf = (query: AuditQuery): readonly Buffer[] => [
  ...subjectsOf(query).map(([, wanted]) => Buffer.from(JSON.stringify(wanted).slice(1, -1))),
  ...(query.event === undefined
    ? []
    : [Buffer.from(`"event":${JSON.stringify(query.event).slice(0, query.event.includes(":") ? undefined : -1)}`)]),
];
