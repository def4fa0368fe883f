/** The sentences that more than one screen says. */
import type { Approval, Constraint, EffectClass, MessagePart, QuestionArgument, Scope, Undo } from "@moltbot/contracts";
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
  execute: { name: "Runs a program", says: "Runs code.", grave: true },
  commit: { name: "Commits", says: "Makes something happen in your name.", grave: true },
};

export const ORIGIN_WORDS: Readonly<Record<QuestionArgument["origin"], string>> = {
  stated: "in your words",
  granted: "fixed by your earlier permission",
  model: "chosen by the model",
  untrusted: "chosen with untrusted content in view",
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

/** A constraint as a clause: “to is exactly “anna””. */
export const constraintText = (constraint: Constraint): string => {
  const name = neutralText(constraint.argument);
  switch (constraint.kind) {
    case "equals":
      return `${name} is exactly ${quoted(constraint.value)}`;
    case "one-of":
      return `${name} is one of ${constraint.values.map(quoted).join(", ")}`;
    case "at-most":
      return `${name} is at most ${constraint.limit}`;
    case "host-in":
      return `${name} leads to ${constraint.hosts.map(quoted).join(" or ")}`;
    case "path-within":
      return constraint.root === "" ? `${name} lies in the workspace` : `${name} lies in ${quoted(constraint.root)}`;
  }
};

/** What a lasting answer to this question would fix: its critical arguments, exactly as they are. */
export const lastingLimits = (approval: Approval): readonly string[] =>
  approval.question.arguments
    .filter((argument) => argument.critical)
    .map((argument) => constraintText({ kind: "equals", argument: argument.name, value: argument.value }));

/** How a question ended, from the point of view of `me`. */
export const endText = (approval: Approval, me: string | null): string => {
  const who = approval.answeredBy === null || approval.answeredBy === me ? "You" : "Somebody else";
  switch (approval.state) {
    case "pending":
      return "Waiting for your answer";
    case "allowed":
    case "consumed":
      return `${who} allowed this ${SCOPE_WORDS[approval.scope ?? "once"]}`;
    case "denied":
      return approval.reason === null ? `${who} denied this` : `${who} denied this: “${neutralText(approval.reason)}”`;
    case "expired":
      return "Nobody answered in time, so it was denied";
    case "cancelled":
      return "The question was withdrawn";
    case "superseded":
      return "The call changed, so it is asked again";
  }
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
