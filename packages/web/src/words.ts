/** The sentences that more than one screen says. */
import type {
  Approval,
  Constraint,
  EffectClass,
  JsonObject,
  KeptItem,
  MessagePart,
  QuestionArgument,
  Reading,
  Scope,
  Signal,
  Source,
  Undo,
} from "@moltbot/contracts";
import { neutralText } from "./text/neutralise.ts";

export const OPEN_COMMAND = "./moltbot open";
export const CONNECT_COMMAND =
  './moltbot config set models.providers.NAME \'{ baseUrl: "http://127.0.0.1:11434/v1", model: "MODEL" }\'';

/** Example prompts that the demonstration model understands. */
export const EXAMPLES: readonly { readonly title: string; readonly text: string }[] = [
  { title: "Set a reminder", text: "remind me in 10 minutes to stretch" },
  { title: "Do a sum", text: "what is 17 * 3" },
  { title: "Keep a note", text: "remember that my locker code is 4812" },
  { title: "Tell the time", text: "what time is it" },
];

export const EFFECT_WORDS: Readonly<
  Record<EffectClass, { readonly name: string; readonly says: string; readonly grave: boolean }>
> = {
  read: { name: "Reads", says: "Looks at something on this machine and changes nothing.", grave: false },
  fetch: { name: "Fetches", says: "Asks another computer for something.", grave: false },
  write: { name: "Writes", says: "Changes something on this machine.", grave: false },
  send: { name: "Sends", says: "Sends something to somebody.", grave: true },
  execute: {
    name: "Runs a program",
    says: "Runs a program behind a wall, on a copy of the agent's files.",
    grave: true,
  },
  commit: { name: "Commits", says: "Makes something happen in your name.", grave: true },
};

export const ORIGIN_WORDS: Readonly<Record<QuestionArgument["origin"], string>> = {
  stated: "in your words",
  granted: "fixed by your earlier permission",
  planned: "fixed by the plan, before anything from outside was read",
  directory: "the address of a contact you confirmed",
  model: "chosen by the model",
  untrusted: "chosen with untrusted content in view",
};

export const KEPT_WORDS: Readonly<Record<KeptItem["kind"], string>> = {
  message: "Message",
  memory: "Memory",
  reminder: "Reminder",
  file: "File",
};

export const SIGNAL_WORDS: Readonly<Record<Signal["kind"], string>> = {
  "hidden-text": "Hidden text",
  "injection-phrase": "Reads like an order to the assistant",
  canary: "One of your canaries",
  secret: "Secrets",
};

/** What was noticed and where, in one sentence; `where` is the gateway's own word for the place. */
export const noticedText = ({
  where,
  signals,
}: {
  readonly where: string;
  readonly signals: readonly Signal[];
}): string =>
  `Noticed in ${neutralText(/^(a|an|the|your) /.test(where) ? where : `the ${where}`)}: ${signals.map(({ kind, says }) => `${SIGNAL_WORDS[kind].toLowerCase()}, ${neutralText(says)}`).join("; ")}.`;

/** How an agent reads, for whoever chooses it. */
export const READING_WORDS: Readonly<Record<Reading, { readonly name: string; readonly says: string }>> = {
  auto: {
    name: "With care where it matters",
    says: "While a plan acts, what comes from outside is read apart from it. Otherwise it is read openly.",
  },
  quarantined: {
    name: "Always kept apart",
    says: "It never sees what comes from outside itself: a reader without any tools answers its questions.",
  },
  open: {
    name: "Always openly",
    says: "It reads everything itself. After that, more of what it does asks you first.",
  },
};

export const UNDO_WORDS: Readonly<Record<Undo, string>> = {
  none: "Nothing to undo.",
  undoable: "Can be undone.",
  irreversible: "Cannot be undone.",
};

export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  once: "once",
  task: "for this task",
  conversation: "for this conversation",
  always: "always",
};

const quoted = (value: unknown): string =>
  typeof value === "string" ? `“${neutralText(value)}”` : neutralText(JSON.stringify(value));

/** An argument's value as text: strings as they are, anything else as JSON. */
export const valueText = (value: QuestionArgument["value"]): string =>
  typeof value === "string" ? value : JSON.stringify(value, null, 2);

/** A call's arguments on one line, for lists. */
export const argumentsText = (given: JsonObject): string =>
  Object.entries(given)
    .map(([name, value]) => `${neutralText(name)}: ${quoted(value)}`)
    .join(", ");

const either = (values: readonly unknown[]): string => values.map(quoted).join(" or ");
const SPANS: Readonly<Record<number, string>> = { 60: "minute", 3600: "hour", 86_400: "day", 604_800: "week" };
const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const NO_NETWORK = "without network";
const REVERSIBLE: Readonly<Record<Undo, string>> = {
  none: "only where there is nothing to undo",
  undoable: "only what can be undone",
  irreversible: "even what cannot be undone",
};

/** A constraint as a clause: “to is exactly “anna””. */
export const constraintText = (constraint: Constraint): string => {
  const name = "argument" in constraint ? neutralText(constraint.argument) : "";
  switch (constraint.kind) {
    case "equals":
      return `${name} is exactly ${quoted(constraint.value)}`;
    case "one-of":
      return `${name} is one of ${constraint.values.map(quoted).join(", ")}`;
    case "at-most":
      return `${name} is at most ${constraint.limit}`;
    case "host-in":
      if (constraint.hosts.length > 0) return `${name} leads to ${either(constraint.hosts)}`;
      return name === "network" ? NO_NETWORK : `${name} leads nowhere`;
    case "method-in":
      return `${name} is ${either(constraint.methods)}`;
    case "path-prefix":
      return `${name} has a path under ${either(constraint.prefixes)}`;
    case "path-within":
      return constraint.root === "" ? `${name} lies in the workspace` : `${name} lies in ${quoted(constraint.root)}`;
    case "matches":
      return constraint.pattern.indexOf("*") === constraint.pattern.length - 1
        ? `${name} starts with ${quoted(constraint.pattern.slice(0, -1))}`
        : `${name} reads like ${quoted(constraint.pattern)}, where * is anything`;
    case "recipient-in":
      return `${name} goes to ${either(constraint.recipients)} and nobody else`;
    case "program-in":
      return `${name} starts ${either(constraint.programs)} and no other program`;
    case "rate":
      return `at most ${times(constraint.limit)} in any ${SPANS[constraint.seconds] ?? `${constraint.seconds} seconds`}`;
    case "count":
      return `at most ${times(constraint.limit)} in all`;
    case "cost":
      return `${name} adds up to at most ${constraint.limit}`;
    case "bytes":
      return `at most ${constraint.limit} bytes in all`;
    case "time-window":
      return `only between ${constraint.from} and ${constraint.to}${
        constraint.days.length === 7 ? "" : ` on ${constraint.days.map((index) => DAYS[index]).join(", ")}`
      } (${neutralText(constraint.zone)})`;
    case "reversible":
      return REVERSIBLE[constraint.atMost];
  }
};

/** Constraints as they follow the name of a tool: “with any arguments”, “without network”, “when to is exactly “anna””. */
export const constraintsText = (constraints: readonly Constraint[]): string => {
  const clauses = constraints.map(constraintText);
  const when = clauses.filter((clause) => clause !== NO_NETWORK).join("; ");
  const parts = [...(clauses.includes(NO_NETWORK) ? [NO_NETWORK] : []), ...(when === "" ? [] : [`when ${when}`])];
  return parts.length === 0 ? "with any arguments" : parts.join(", ");
};

const SOURCE_WORDS: Readonly<Record<Source["kind"], string>> = {
  message: "a message",
  file: "the file",
  host: "a page of",
  memory: "a memory",
  tool: "a result of",
  model: "words of the model",
  configuration: "the settings",
  skill: "the skill",
};
/** Where content came from, in words: “a page of example.org”. Ids of messages and memories tell a person nothing. */
export const sourceText = ({ kind, ref }: Source): string =>
  kind === "file" || kind === "host" || kind === "tool" || kind === "skill"
    ? `${SOURCE_WORDS[kind]} ${neutralText(ref)}`
    : SOURCE_WORDS[kind];

/** A source as one word, as the gateway takes it: `host:example.org:443`. */
export const sourceWord = ({ kind, ref }: Source): string => `${kind}:${ref}`;

/** A source from its one word, in words for people. */
export const sourceWordText = (word: string): string => {
  const at = word.indexOf(":");
  const kind = word.slice(0, at);
  return Object.hasOwn(SOURCE_WORDS, kind)
    ? sourceText({ kind: kind as Source["kind"], ref: word.slice(at + 1) }) // just found there
    : neutralText(word);
};

export const QUOTE_WORDS: Readonly<Record<Extract<MessagePart, { type: "quote" }>["kind"], string>> = {
  pasted: "Pasted text",
  quoted: "Quoted text",
  forwarded: "Forwarded text",
  attached: "Attached text",
};

/** How long a text is: “14 lines” or “one line”. */
export const linesText = (text: string): string => {
  const lines = text.split("\n").length;
  return lines === 1 ? "one line" : `${lines} lines`;
};

/** A number of things: “1 grant”, “2 grants”. */
export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** How a question ended, from the point of view of `me`; `elsewhere`: this page saw it wait, and the answer was not given here. */
export const endText = (approval: Approval, me: string | null, elsewhere = false): string => {
  const mine = approval.answeredBy === null || approval.answeredBy === me;
  const who = mine ? "You" : "Somebody else";
  const where = elsewhere && mine ? " on another screen" : "";
  switch (approval.state) {
    case "pending":
      return "Waiting for your answer";
    case "allowed":
    case "consumed":
      return `${who} allowed this ${SCOPE_WORDS[approval.scope ?? "once"]}${approval.edited === null ? "" : ", with changes"}${where}`;
    case "denied":
      return `${who} denied this${where}${approval.reason === null ? "" : `: “${neutralText(approval.reason)}”`}`;
    case "expired":
      return "Nobody answered in time, so it was denied";
    case "cancelled":
      return "The question was withdrawn";
    case "superseded":
      return "The call changed, so it is asked again";
  }
};

/** How long a question still waits, in words. */
export const countdownText = (expiresAt: string, now: number): string => {
  const seconds = Math.floor((Date.parse(expiresAt) - now) / 1000);
  if (seconds <= 0) return "Time is up: no answer means no.";
  const left =
    seconds < 60
      ? "in less than a minute"
      : seconds < 5400
        ? `in ${countText(Math.floor(seconds / 60), "minute")}`
        : seconds < 129_600
          ? `in ${countText(Math.round(seconds / 3600), "hour")}`
          : `in ${countText(Math.round(seconds / 86_400), "day")}`;
  return `Ends ${left}: no answer means no.`;
};

const time = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

/** The time of day, with the day when it is not today. */
export const momentText = (instant: string, now: number): string => {
  const at = new Date(instant);
  return at.toDateString() === new Date(now).toDateString() ? time.format(at) : `${day.format(at)}, ${time.format(at)}`;
};

/** The text parts of a message, joined. */
export const textOf = (parts: readonly MessagePart[]): string =>
  parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
