import { visibleText } from "@moltbot/contracts";
import type { Conversation, Message, MessagePart, PrivacySubject } from "@moltbot/contracts";

const DEVICE_NAMES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const LONGEST_NAME = 120;
/** File systems count bytes, and most end at 255. */
const MOST_NAME_BYTES = 200;

const cutName = (name: string): string => {
  let cut = "";
  let bytes = 0;
  for (const letter of Array.from(name).slice(0, LONGEST_NAME)) {
    bytes += Buffer.byteLength(letter);
    if (bytes > MOST_NAME_BYTES) break;
    cut += letter;
  }
  return cut;
};

/** A file name that leads nowhere: no folder, no dots in front, nothing that a system takes for more than a name. */
export const safeName = (name: string): string => {
  const kept = visibleText(name)
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{N}\p{M} ._-]/gu, "_")
    .replace(/^[. ]+/u, "_");
  const cut = cutName(kept).replace(/[. ]+$/u, "");
  return cut === "" || DEVICE_NAMES.test(cut) ? `_${cut}` : cut;
};

/** A text inside Markdown: as a quotation, so that nothing of it becomes structure of the archive. */
const quoted = (text: string): string =>
  text
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");

const json = (value: unknown): string => JSON.stringify(value, null, 2);

const partText = (part: MessagePart): string => {
  switch (part.type) {
    case "text":
      return quoted(part.text);
    case "quote":
      return `${part.kind}${part.from === null ? "" : `, from ${visibleText(part.from)}`}:\n\n${quoted(part.text)}`;
    case "call":
      return `call of ${part.tool}:\n\n${quoted(json(part.arguments))}`;
    case "plan":
      return `plan:\n\n${quoted(json({ goal: part.plan.goal, steps: part.plan.steps }))}`;
    case "result":
      return `${part.tool} answered (${part.status}):\n\n${quoted(part.text)}`;
    case "reminder":
      return `reminder for ${part.dueAt}:\n\n${quoted(part.text)}`;
  }
};

/** A conversation for people. Branches stand one after the other; a message names the one that it follows. */
export const conversationText = ({ id, title, createdAt }: Conversation, messages: readonly Message[]): string =>
  [
    `# ${visibleText(title).replaceAll("\n", " ")}`,
    `Conversation ${id}, begun ${createdAt}.`,
    ...messages.map((message) =>
      [
        `## ${message.role}, ${message.createdAt}`,
        `Message ${message.id}${message.parentId === null ? "" : `, after ${message.parentId}`}${message.state === "complete" ? "" : ` (${message.state})`}.`,
        ...message.parts.map(partText),
      ].join("\n\n"),
    ),
    "",
  ].join("\n\n");

/** What whoever opens the archive reads first; `unreadable` counts the files that are missing. */
export const readmeText = (subject: PrivacySubject, at: string, unreadable: number): string =>
  [
    `# What Moltbot keeps of the ${subject.kind} ${subject.id}`,
    `Made ${at}. Everything here is readable by whoever has this file: keep it as you keep what it holds.`,
    [
      "- conversations/: each as Markdown for people and as JSON for programs, with every branch",
      "- memories.json, reminders.json, approvals.json, decisions.json, capabilities.json",
      ...(subject.kind === "person"
        ? [
            "- contacts.json: the directory of confirmed addresses",
            "- teams.json: the teams that the person is in; shares.json: what the person shares, and with whom",
            "- devices.json, sessions.json, tokens.json: by what the person comes in; nothing in them lets anybody in",
            "- usage.json: what the person, their agents, tokens and devices used of the budgets, by the day; money in millionths",
            "- plugin-items.json: what plugins keep for the person, and for whose eyes",
            "- prompts.json: texts that the person keeps; secrets.json: what is known of their own secrets, never a value",
          ]
        : []),
      "- attachments/: files under their own names; attachments.json says which is which",
      "- audit.json: records of the log that name it, with their details opened",
    ].join("\n"),
    ...(unreadable === 0 ? [] : [`${String(unreadable)} files could not be read and are missing: they are damaged.`]),
    "Not in it: values of secrets, which are never shown; files of workspaces, which are yours already; texts of other people's conversations.",
    "",
  ].join("\n\n");
