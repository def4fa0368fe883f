import type { AuditRecord } from "@moltbot/contracts";

const HASH = /^[0-9a-f]{64}$/;
const INSTANT_LENGTH = 24;

/** The records of one flush share their instant. */
let lastInstant = "";

/** Whether the text is an instant as this program writes it: in UTC, with three places. */
export const isInstant = (text: string): boolean => {
  if (text === lastInstant) return true;
  if (text.length !== INSTANT_LENGTH) return false;
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== text) return false;
  lastInstant = text;
  return true;
};

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isField = (value: unknown): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    default:
      return value === null;
  }
};

const every = (members: Members, fits: (value: unknown) => boolean): boolean => {
  for (const name of Object.keys(members)) if (!fits(members[name])) return false;
  return true;
};

const isHash = (value: unknown): boolean => typeof value === "string" && HASH.test(value);

/** Whether the value has all that a record has, each of its kind: what the schema says, many times faster. */
export const hasRecordForm = (value: unknown): value is AuditRecord => {
  if (!isMembers(value)) return false;
  const { actor, at, commitments, event, fields, sequence } = value;
  return (
    typeof sequence === "number" &&
    Number.isSafeInteger(sequence) &&
    sequence >= 0 &&
    typeof at === "string" &&
    isInstant(at) &&
    typeof event === "string" &&
    typeof actor === "string" &&
    isMembers(fields) &&
    every(fields, isField) &&
    isMembers(commitments) &&
    every(commitments, isHash)
  );
};

const membersText = (members: Members): string => {
  let text = "";
  for (const name of Object.keys(members).sort()) {
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${JSON.stringify(members[name])}`;
  }
  return `{${text}}`;
};

/**
 * The canonical text (RFC 8785) of a record whose texts are well-formed: its names in order, its numbers and texts as
 * JavaScript writes them, which is what the standard prescribes.
 */
export const recordText = ({ actor, at, commitments, event, fields, sequence }: AuditRecord): string =>
  `{"actor":${JSON.stringify(actor)},"at":${JSON.stringify(at)},"commitments":${membersText(commitments)},"event":${JSON.stringify(event)},"fields":${membersText(fields)},"sequence":${String(sequence)}}`;

const TOP = ["actor", "at", "commitments", "event", "fields", "sequence"].join();

const isSorted = (members: Members): boolean => {
  const names = Object.keys(members);
  for (let at = 1; at < names.length; at += 1) {
    if ((names[at - 1] ?? "") >= (names[at] ?? "")) return false;
  }
  return true;
};

/**
 * Whether the text, of which the record was parsed, is the canonical one. JavaScript writes the members in the order in which
 * it read them; where it does not (names that are numbers), the answer is no, and a slower reader decides.
 */
export const isRecordText = (record: AuditRecord, text: string): boolean =>
  JSON.stringify(record) === text &&
  Object.keys(record).join() === TOP &&
  isSorted(record.fields) &&
  isSorted(record.commitments);
