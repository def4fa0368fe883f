import { joinAll } from "@moltbot/contracts";
import type {
  DecisionRecord,
  KeptItem,
  Label,
  Memory,
  Message,
  MessagePart,
  PastEffect,
  Reminder,
  Source,
} from "@moltbot/contracts";
import { visibleLine } from "./visible-line.ts";

const BEGINNING = 80;
const MOST_PLACES = 5;

const WHOSE: Readonly<Record<Message["role"], string>> = {
  user: "A person wrote",
  assistant: "The assistant wrote",
  tool: "A tool answered",
  notice: "A notice",
};

/** Whether the label names exactly this source. */
export const namesSource = ({ sources }: Label, { kind, ref }: Source): boolean =>
  sources.some((source) => source.kind === kind && source.ref === ref);

const labelsOfPart = (part: MessagePart): readonly Label[] => {
  switch (part.type) {
    case "quote":
      return [part.label];
    case "call":
      return [...Object.values(part.values ?? {}), ...(part.planned?.from ?? []).map(({ label }) => label)];
    case "plan":
      return [part.plan.label];
    case "result":
      return part.reader === undefined ? [] : [part.reader.label];
    case "text":
    case "reminder":
      return [];
  }
};

const wordsOf = (part: MessagePart): string => {
  switch (part.type) {
    case "text":
    case "quote":
    case "reminder":
      return part.text;
    case "result":
      return `${part.tool}: ${part.text}`;
    case "call":
      return `a call of ${part.tool}`;
    case "plan":
      return part.plan.goal === "" ? "a plan" : part.plan.goal;
  }
};

const said = (whose: string, text: string): string => `${whose}: “${visibleLine(text, BEGINNING)}”`;

/** A message as something kept; its label is the join of its own and of those that its parts carry. */
export const keptMessage = (message: Message): KeptItem => ({
  kind: "message",
  id: message.id,
  says: said(WHOSE[message.role], message.parts.map(wordsOf).find((words) => words.trim() !== "") ?? ""),
  label: joinAll([message.label, ...message.parts.flatMap(labelsOfPart)]),
  at: message.createdAt,
});

/** A memory as something kept. */
export const keptMemory = (memory: Memory): KeptItem => ({
  kind: "memory",
  id: memory.id,
  says: said("A memory", memory.text),
  label: memory.label,
  at: memory.createdAt,
});

/** A reminder as something kept. */
export const keptReminder = (reminder: Reminder): KeptItem => ({
  kind: "reminder",
  id: reminder.id,
  says: said(`A reminder for ${reminder.dueAt}`, reminder.text),
  label: reminder.label,
  at: reminder.createdAt,
});

/** Where a call went, in words; what it set, where it went nowhere. */
const placesOf = ({ input: { resources } }: DecisionRecord): string => {
  const places = resources.filter(({ kind }) => kind !== "value").map(({ value }) => value);
  const words = places.length > 0 ? places : resources.map(({ argument, value }) => `${argument}: ${value}`);
  if (words.length === 0) return "no place named";
  const shown = [...new Set(words)].slice(0, MOST_PLACES).map((word) => visibleLine(word, 2 * BEGINNING));
  const more = new Set(words).size - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${String(more)} more` : shown.join(", ");
};

/** Whether anything that a call was chosen from, or that it carried, came from the source. */
const cameFrom = ({ input: { call } }: DecisionRecord, source: Source): boolean =>
  [call.label, ...Object.values(call.values ?? {}), ...(call.planned?.from ?? []).map(({ label }) => label)].some(
    (label) => namesSource(label, source),
  );

const LEAVES: ReadonlySet<string> = new Set(["send", "fetch", "execute", "commit"]);

/** An allowed call as a past effect under the influence of the source; null when it was none. */
export const effectFrom = (decision: DecisionRecord, source: Source): PastEffect | null => {
  const { manifest, call } = decision.input;
  if (manifest === undefined || !LEAVES.has(manifest.effect) || !cameFrom(decision, source)) return null;
  return {
    callId: decision.callId,
    tool: call.tool,
    effect: manifest.effect,
    at: decision.at,
    to: placesOf(decision),
  };
};
