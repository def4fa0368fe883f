/** What a server complains of, with its own names for it. `text` is there to be matched and never to be shown. */
export interface Complaint {
  readonly status: number | null;
  /** Codes, types and reasons, as they are written. */
  readonly words: ReadonlySet<string>;
  readonly text: string;
  /** How long it asks to be left alone. */
  readonly afterSeconds: number | null;
}

const WORD_KEYS = new Set(["type", "code", "status", "reason", "quotaId"]);
/** Keys that say by being there what is the matter. */
const TELLING_KEYS = new Set(["flagged_input"]);
const MOST_DEPTH = 8;
const MOST_VALUES = 500;
const MOST_TEXT = 4_000;

interface Found {
  status: number | null;
  readonly words: Set<string>;
  text: string;
  afterSeconds: number | null;
  values: number;
}

const isStatus = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 400 && value <= 599;

const note = (found: Found, key: string, value: unknown): void => {
  if (TELLING_KEYS.has(key)) found.words.add(key);
  if ((key === "statusCode" || key === "code") && isStatus(value)) found.status ??= value;
  if (typeof value !== "string") return;
  if (WORD_KEYS.has(key)) found.words.add(value.slice(0, 200));
  if (key === "message" || key === "error") found.text = `${found.text} ${value}`.slice(0, MOST_TEXT);
  const delay = key === "retryDelay" ? /^(\d{1,9})(\.\d+)?s$/.exec(value) : null;
  if (delay !== null) found.afterSeconds ??= Number.parseFloat(value);
};

const walk = (found: Found, value: unknown, depth: number): void => {
  if (typeof value !== "object" || value === null || depth > MOST_DEPTH) return;
  for (const [key, inner] of Object.entries(value)) {
    found.values += 1;
    if (found.values > MOST_VALUES) return;
    note(found, key, inner);
    walk(found, inner, depth + 1);
  }
};

/** Reads a server's complaint, whatever its shape: vendors differ, and a proxy in between has a shape of its own. */
export const readComplaint = (value: unknown): Complaint => {
  const found: Found = { status: null, words: new Set(), text: "", afterSeconds: null, values: 0 };
  if (typeof value === "string") found.text = value.slice(0, MOST_TEXT);
  walk(found, value, 0);
  const { status, words, text, afterSeconds } = found;
  return { status, words, text, afterSeconds };
};
