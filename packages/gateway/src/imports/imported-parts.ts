import { SOMEBODY, label } from "@moltbot/contracts";
import type { ImportBatch, Label, Message, MessagePart, PrincipalId } from "@moltbot/contracts";

type Imported = ImportBatch["conversations"][number]["messages"][number];

/** Stands for letters that a reference cannot show as they are. */
const plain = (key: string): string => key.replaceAll(/[^A-Za-z0-9._:@+-]/g, "_");

/** The label of what is imported; replaced only by tests that show what it is for. */
export type ImportLabel = (owner: PrincipalId, from: ImportBatch["from"], key: string) => Label;

/**
 * Nobody's word, for the owner alone, and it names the import twice: as a whole, so that `provenance remove` can take all of it
 * back, and by its part.
 */
export const importLabel: ImportLabel = (owner, from, key) =>
  label(
    "untrusted",
    [owner],
    [
      { kind: "file", ref: `import/${from}` },
      { kind: "file", ref: `import/${from}/${plain(key)}` },
      // Whoever wrote to another assistant may have been anybody.
      SOMEBODY,
    ],
  );

const SPEAKERS: Readonly<Record<ImportBatch["from"], string>> = { openclaw: "OpenClaw" };

/**
 * What a message was, as words of somebody else. A "user" of another assistant may have been anybody who could write to it, so
 * its text is a quote with an untrusted label and never the text of whoever imports it.
 */
export const importedParts = (from: ImportBatch["from"], message: Imported, of: Label): readonly MessagePart[] => {
  const { role, text } = message;
  const speaker = SPEAKERS[from];
  switch (role) {
    case "assistant":
      return [{ type: "text", text }];
    case "user":
      return [{ type: "quote", kind: "forwarded", from: `${speaker}, from whoever wrote to it`, text, label: of }];
    case "tool":
      return [{ type: "quote", kind: "attached", from: `${speaker}, what a tool gave`, text, label: of }];
  }
};

/** How an imported message is kept: in no turn, so that none of it is ever a word of a turn's authority. */
export const importedMessage = (
  known: Pick<Message, "id" | "conversationId" | "author" | "parts" | "label">,
  message: Imported,
): Message => ({
  ...known,
  parentId: null,
  role: message.role,
  turnId: null,
  state: "complete",
  model: null,
  createdAt: message.at,
});
