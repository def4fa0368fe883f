/** The steps of a plan in words: literals as they stand, references by what they take and from where. */
import type { AnswerKind, ContentRef, JsonObject, JsonValue, PlanReference } from "@moltbot/contracts";
import { neutralText } from "../text/neutralise.ts";

/** A piece of what a step says: fixed when the plan was made, taken from somewhere while it runs, or the words between. */
export interface Said {
  readonly kind: "fixed" | "taken" | "between";
  readonly text: string;
}

/** Names what stands behind a handle; null when this page does not know it. */
export type KeptNames = (handle: string) => string | null;

const LONGEST = 240;
const DEEPEST = 6;

const shortened = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;

/** The reference that a value is; null for a literal. The contract says that an object with `$from` is nothing else. */
const referenceOf = (value: JsonValue): (Pick<PlanReference, "$from" | "ask"> & { readonly as: unknown }) | null => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { $from: from, ask, as } = value as JsonObject; // neither a list nor null, so an object
  if (!Array.isArray(from)) return null;
  const refs = from as unknown as readonly ContentRef[]; // the plan was checked against its schema when it was committed
  return { $from: refs, as: as ?? "text", ...(typeof ask === "string" ? { ask } : {}) };
};

const KIND_WORDS: Readonly<Record<Extract<AnswerKind, string>, string>> = {
  text: "",
  texts: "as a list",
  number: "as a number",
  date: "as a date",
  boolean: "as yes or no",
};
const kindWords = (as: unknown): string => {
  if (Array.isArray(as)) return `as one of ${as.map((item) => `“${String(item)}”`).join(", ")}`;
  return typeof as === "string" && Object.hasOwn(KIND_WORDS, as) ? KIND_WORDS[as as keyof typeof KIND_WORDS] : ""; // just found there
};

const placeWords = (ref: ContentRef, kept: KeptNames): string =>
  typeof ref === "number" ? `step ${ref}` : (kept(ref) ?? "something read before");

/** Such as “the organiser's address, from step 2”. */
const referenceWords = ({ $from, ask, as }: NonNullable<ReturnType<typeof referenceOf>>, kept: KeptNames): string => {
  const from = $from.map((ref) => placeWords(ref, kept)).join(" and ");
  const kind = kindWords(as);
  return `${ask === undefined ? "all that comes" : `${shortened(ask)},`} from ${from}${kind === "" ? "" : `, ${kind}`}`;
};

const between = (text: string): Said => ({ kind: "between", text });

/** A value of a step as pieces of words. */
export const valueWords = (value: JsonValue, kept: KeptNames, depth = 0): readonly Said[] => {
  const reference = referenceOf(value);
  if (reference !== null) return [{ kind: "taken", text: referenceWords(reference, kept) }];
  if (typeof value === "string") return [{ kind: "fixed", text: `“${shortened(value)}”` }];
  if (typeof value !== "object" || value === null || depth >= DEEPEST)
    return [{ kind: "fixed", text: shortened(JSON.stringify(value)) }];
  const inside: readonly (readonly Said[])[] = Array.isArray(value)
    ? value.map((item: JsonValue) => valueWords(item, kept, depth + 1))
    : Object.entries(value).map(([name, item]) => [between(`${name}: `), ...valueWords(item, kept, depth + 1)]);
  if (inside.length === 0) return [{ kind: "fixed", text: Array.isArray(value) ? "nothing" : "{}" }];
  return inside.flatMap((pieces, index) => (index === 0 ? pieces : [between(", "), ...pieces]));
};

/** The steps that a step needs before it can begin: what it takes from, and what it must follow. */
export const neededSteps = (given: JsonValue, after: readonly number[]): readonly number[] => {
  const found = new Set<number>(after);
  const look = (value: JsonValue): void => {
    const reference = referenceOf(value);
    if (reference !== null) for (const ref of reference.$from) if (typeof ref === "number") found.add(ref);
    if (reference !== null || typeof value !== "object" || value === null) return;
    for (const item of Object.values(value)) look(item as JsonValue); // what JSON holds is JSON
  };
  look(given);
  return [...found].toSorted((a, b) => a - b);
};

const TOOL_WORDS: Readonly<Record<string, string>> = {
  calc: "Calculate",
  "clock.now": "Look at the clock",
  "contact.add": "Confirm a contact",
  "contact.find": "Look up a contact",
  "file.append": "Add to a file",
  "file.list": "List files",
  "file.read": "Read a file",
  "file.write": "Write a file",
  "http.get": "Ask a web service",
  "http.request": "Send to a web service",
  "memory.save": "Remember something",
  "memory.search": "Search memory",
  "quarantine.ask": "Ask a reader without tools",
  "reminder.cancel": "Cancel a reminder",
  "reminder.create": "Set a reminder",
  "reminder.list": "List reminders",
  "web.fetch": "Open a web page",
  "web.search": "Search the web",
};

/** What a tool is called for people: “Search memory”; of one nobody named here, its name in words: “Mail send”. */
export const toolTitle = (tool: string): string =>
  Object.hasOwn(TOOL_WORDS, tool)
    ? (TOOL_WORDS[tool] ?? "")
    : neutralText(tool)
        .split(/[._-]+/)
        .filter((word) => word !== "")
        .map((word, index) => (index === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word))
        .join(" ");
