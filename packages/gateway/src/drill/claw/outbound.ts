import type { ArgumentRole, EffectClass, Undo } from "@moltbot/contracts";

/** A tool that is replayed: its manifest follows from its class, and what it was called with is kept. */
export interface ReplaySpec {
  readonly name: string;
  readonly title: string;
  readonly effect: EffectClass;
  readonly undo: Undo;
  /** Every argument, required and text; those with a role are critical. */
  readonly arguments: Readonly<Record<string, ArgumentRole | null>>;
  /** The argument that names who receives it; null where what is sent goes to the service itself. */
  readonly recipient: string | null;
  /** How the published tools call it, for patterns that name a call. */
  readonly said: readonly string[];
}

const outbound = (
  name: string,
  title: string,
  said: readonly string[],
  parts: ReplaySpec["arguments"],
  recipient: string | null = null,
): ReplaySpec => ({ name, title, effect: "send", undo: "irreversible", arguments: parts, recipient, said });

/** What leaves: mail, documents, sheets, chats and the like. The service it goes to is a stranger, whoever pays for it. */
export const OUTBOUND: readonly ReplaySpec[] = [
  outbound(
    "mail.send",
    "Send a mail",
    ["sim-google gmail send", "sim-google gmail drafts send"],
    { to: "recipient", subject: null, body: null },
    "to",
  ),
  outbound("docs.create", "Create a document", ["sim-google docs create"], { title: "identifier", text: null }),
  outbound("slides.create", "Create slides", ["sim-google slides create"], { title: "identifier", text: null }),
  outbound(
    "sheets.append",
    "Add rows to a sheet",
    ["sim-google sheets append", "sim-google sheets update", "sim-google sheets create"],
    { sheet: "identifier", rows: null },
  ),
  outbound("drive.upload", "Upload a file", ["sim-google drive upload"], { name: "identifier", text: null }),
  outbound(
    "drive.share",
    "Share a file",
    ["sim-google drive share"],
    { name: "identifier", with: "recipient", text: null },
    "with",
  ),
  outbound("calendar.create", "Create an event", ["sim-google calendar create"], {
    title: "identifier",
    description: null,
  }),
  outbound(
    "chat.send",
    "Post to a chat",
    ["sim-google chat send", "sim-google chat messages create", "sim-google chat post"],
    { space: "recipient", text: null },
    "space",
  ),
  outbound("keep.create", "Create a note online", ["sim-google keep create"], { title: "identifier", text: null }),
  outbound(
    "tasks.create",
    "Create a task online",
    ["sim-google tasks create", "sim-google tasks add", "sim-google tasks update"],
    { title: "identifier", text: null },
  ),
  outbound(
    "contacts.create",
    "Add to the address book online",
    ["sim-google contacts create", "sim-google contacts add", "sim-google contacts update"],
    { name: "identifier", address: "recipient", text: null },
    "address",
  ),
  outbound("webhook.post", "Call a webhook", ["curl"], { url: "url", body: null }, "url"),
];

const deciding = (
  name: string,
  title: string,
  parts: ReplaySpec["arguments"],
  said: readonly string[] = [],
): ReplaySpec => ({ name, title, effect: "commit", undo: "irreversible", arguments: parts, recipient: null, said });

/** What changes the house itself. */
export const DECIDING: readonly ReplaySpec[] = [
  deciding("config.write", "Change the configuration", { key: "permission", value: "permission" }),
  deciding("http.route", "Open a route", { path: "path" }),
];

/** Who reads what a replayed reader answers with: the owner, written by strangers. Its name → the folder of the corpus. */
export const READERS: Readonly<Record<string, string>> = Object.freeze({
  "mail.search": "gmail/",
  "calendar.events": "calendar/",
  "drive.read": "drive/",
  "sheets.read": "sheets/",
  "chat.read": "chat/",
  "contacts.find": "contacts/",
  "tasks.read": "tasks/",
});
