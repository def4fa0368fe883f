import { done, err } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import { bytesOf, convertAll, convertRows, jsonOf, textOf } from "../conversion.ts";
import type { ConversionTools, OldRow } from "../conversion.ts";
import type { Migration } from "../migrate.ts";

// Written out here: what a released migration does must not change when the program does.
const ofPerson = (row: OldRow): readonly string[] => [`person:${textOf(row, "owner_id")}`];
const ofConversation = (row: OldRow): readonly string[] => [
  `conversation:${textOf(row, "conversation_id")}`,
  ...ofPerson(row),
];
const ofMessage = (row: OldRow): readonly string[] => [
  `conversation:${textOf(row, "conversation_id")}`,
  `person:${textOf(row, textOf(row, "role") === "user" ? "author" : "owner_id")}`,
];
const ofMemory = (row: OldRow): readonly string[] => [`memory:${textOf(row, "id")}`, ...ofPerson(row)];

const parsed = (text: string): unknown => JSON.parse(text);

/** A vault that refuses a key stops the migration: its transaction is taken back, and nothing was changed. */
class Refused extends Error {
  readonly error: MoltbotError;
  constructor(error: MoltbotError) {
    super(error.message);
    this.error = error;
  }
}
const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Refused(result.error);
  return result.value;
};

const conversion = (tools: ConversionTools) => {
  const { sealer } = tools;
  /** Seals as the repositories do; what belongs to an erased subject is left without content. */
  const seal = (subjects: readonly string[], record: string, value: unknown): Uint8Array => {
    const sealed = sealer.seal(subjects, record, JSON.stringify(value));
    if (!sealed.ok && sealed.error.code === "CONTENT_UNREADABLE") return new Uint8Array(0);
    return must(sealed);
  };
  /** Opens what the row has sealed and seals it anew; what cannot be opened stays as it is, and nobody can open it. */
  const again = (
    old: { readonly subjects: readonly string[]; readonly record: string; readonly sealed: Uint8Array },
    next: { readonly subjects: readonly string[]; readonly record: string },
    value: (text: string) => unknown,
  ): Uint8Array => {
    const text = sealer.open(old.subjects, old.record, old.sealed);
    return text.ok ? seal(next.subjects, next.record, value(text.value)) : old.sealed;
  };
  const mac = (subjects: readonly string[], purpose: string, text: string): string => {
    const ready = sealer.prepare(subjects);
    // Of somebody who was erased: nothing is ever found by it again, and no guess fits it.
    return ready.ok ? must(sealer.mac(subjects, purpose, text)) : "";
  };
  /** One write of the keyring for many keys. */
  const prepare = (subjects: (row: OldRow) => readonly string[]) => (rows: readonly OldRow[]) => {
    const wanted = rows.flatMap(subjects);
    if (wanted.length > 0) sealer.prepare(wanted);
  };
  return { seal, again, mac, prepare };
};

const people = async (tools: ConversionTools): Promise<void> => {
  const { seal, prepare } = conversion(tools);
  await convertRows(
    tools,
    "principals",
    "id",
    (row) => ({
      entry: seal([`person:${textOf(row, "id")}`], `principals/${textOf(row, "id")}`, { name: textOf(row, "name") }),
    }),
    prepare((row) => [`person:${textOf(row, "id")}`]),
  );
  await convertRows(tools, "tokens", "id", (row) => ({
    entry: seal(ofPerson(row), `tokens/${textOf(row, "id")}`, { name: textOf(row, "name") }),
  }));
  await convertRows(tools, "agents", "id", (row) => ({
    entry: seal(ofPerson(row), `agents/${textOf(row, "id")}`, {
      name: textOf(row, "name"),
      model: textOf(row, "model"),
      capabilities: jsonOf(row, "capabilities"),
    }),
  }));
};

const conversations = async (tools: ConversionTools): Promise<void> => {
  const { again, prepare } = conversion(tools);
  await convertRows(tools, "conversations", "id", (row) => {
    const id = textOf(row, "id");
    const subjects = [`conversation:${id}`, ...ofPerson(row)];
    const heads = Object.entries(jsonOf(row, "heads") as Readonly<Record<string, string | null>>); // as every earlier version wrote it
    return {
      entry: again(
        { subjects, record: id, sealed: bytesOf(row, "entry") },
        { subjects, record: `conversations/${id}` },
        (title) => ({ title, branches: heads.map(([name]) => name), activeHead: textOf(row, "active_head") }),
      ),
      heads: JSON.stringify(heads.map(([, head]) => head)),
    };
  });
  await convertRows(
    tools,
    "messages",
    "id",
    (row) => {
      const id = textOf(row, "id");
      return {
        entry: again(
          { subjects: ofConversation(row), record: id, sealed: bytesOf(row, "entry") },
          { subjects: ofMessage(row), record: `messages/${id}` },
          (parts) => ({ parts: parsed(parts), label: jsonOf(row, "label"), model: jsonOf(row, "model") }),
        ),
      };
    },
    prepare(ofMessage),
  );
  await convertRows(tools, "reminders", "id", (row) => {
    const id = textOf(row, "id");
    return {
      entry: again(
        { subjects: ofPerson(row), record: id, sealed: bytesOf(row, "entry") },
        { subjects: ofConversation(row), record: `reminders/${id}` },
        (text) => ({ text, label: jsonOf(row, "label") }),
      ),
    };
  });
};

const memories = async (tools: ConversionTools): Promise<void> => {
  const { again, prepare, seal, mac } = conversion(tools);
  await convertRows(
    tools,
    "memories",
    "id",
    (row) => {
      const id = textOf(row, "id");
      const label = jsonOf(row, "label") as { readonly readers: unknown }; // as every earlier version wrote it
      return {
        entry: again(
          { subjects: ofPerson(row), record: id, sealed: bytesOf(row, "entry") },
          { subjects: ofMemory(row), record: `memories/${id}` },
          (text) => ({ text, label }),
        ),
        readers: JSON.stringify(label.readers),
      };
    },
    prepare(ofMemory),
  );
  await convertAll(tools, "file_labels", ["tenant_id", "owner_id", "content"], (row) => {
    const content = textOf(row, "content");
    const found = mac(ofPerson(row), "file content", content);
    return {
      // Two that nobody can find must not stand in each other's place.
      content: found === "" ? `erased ${content}` : found,
      entry: seal(ofPerson(row), `file_labels/${found}`, { content, label: jsonOf(row, "label") }),
    };
  });
};

const grants = async (tools: ConversionTools): Promise<void> => {
  const { seal } = conversion(tools);
  const amountsOf = (row: OldRow, column: string, record: string): Uint8Array | null => {
    const amounts = jsonOf(row, column) as object; // as every earlier version wrote it
    return Object.keys(amounts).length === 0 ? null : seal(ofPerson(row), record, amounts);
  };
  await convertRows(tools, "capabilities", "id", (row) => {
    const id = textOf(row, "id");
    return {
      entry: seal(ofPerson(row), `capabilities/${id}`, jsonOf(row, "grant_json")),
      used_entry: amountsOf(row, "used_amounts", `capabilities/used/${id}`),
    };
  });
  await convertAll(tools, "capability_uses", ["capability_id", "call_id"], (row) => ({
    entry: amountsOf(row, "amounts", `capability_uses/${textOf(row, "capability_id")}/${textOf(row, "call_id")}`),
  }));
};

const guarded = async (tools: ConversionTools): Promise<void> => {
  const { seal, again } = conversion(tools);
  await convertRows(tools, "calls", "call_id", (row) => ({
    entry: seal(ofConversation(row), `calls/${textOf(row, "call_id")}`, { callDigest: textOf(row, "call_digest") }),
  }));
  await convertRows(tools, "approvals", "id", (row) => {
    const id = textOf(row, "id");
    const old = [`conversation:${textOf(row, "conversation_id")}`];
    const next = ofConversation(row);
    const answer = (column: string, value: (text: string) => unknown): Uint8Array | null =>
      row[column] === null
        ? null
        : again(
            { subjects: old, record: `${id}/${column}`, sealed: bytesOf(row, column) },
            { subjects: next, record: `approvals/${column}/${id}` },
            value,
          );
    return {
      entry: again(
        { subjects: old, record: id, sealed: bytesOf(row, "entry") },
        { subjects: next, record: `approvals/${id}` },
        (question) => ({
          question: parsed(question),
          digest: textOf(row, "digest"),
          label: jsonOf(row, "label"),
        }),
      ),
      reason: answer("reason", (text) => text),
      edited: answer("edited", parsed),
    };
  });
};

const turns = async (tools: ConversionTools): Promise<void> => {
  const { seal, mac } = conversion(tools);
  await convertRows(tools, "turns", "id", (row) => {
    const id = textOf(row, "id");
    const key = row["key_mac"];
    const end = jsonOf(row, "ending");
    const found = key === null ? null : mac(ofPerson(row), "turn key", String(key));
    return {
      entry: seal(ofConversation(row), `turns/${id}`, { label: jsonOf(row, "label") }),
      end_entry: end === null ? null : seal(ofConversation(row), `turns/end/${id}`, end),
      key_mac: found === "" ? null : found,
    };
  });
};

const DROPPED: Readonly<Record<string, readonly string[]>> = {
  principals: ["name"],
  tokens: ["name"],
  agents: ["name", "model", "capabilities"],
  conversations: ["active_head"],
  messages: ["label", "model"],
  reminders: ["label"],
  memories: ["label"],
  file_labels: ["label"],
  capabilities: ["grant_json", "used_amounts"],
  capability_uses: ["amounts"],
  calls: ["call_digest"],
  approvals: ["digest", "label"],
  turns: ["label", "ending"],
};

/** What is content or a name is sealed, whatever engine keeps it; what was clear until now is sealed and then dropped. */
export const sealedColumns: Migration = {
  version: 4,
  name: "sealed columns",
  statements: (types) => [
    ...["principals", "tokens", "agents", "capabilities", "calls", "file_labels", "turns"].map(
      // The conversion fills every row.
      (table) => `ALTER TABLE ${table} ADD COLUMN entry ${types.bytes} NOT NULL DEFAULT ''`,
    ),
    `ALTER TABLE capabilities ADD COLUMN used_entry ${types.bytes}`,
    `ALTER TABLE capability_uses ADD COLUMN entry ${types.bytes}`,
    `ALTER TABLE turns ADD COLUMN end_entry ${types.bytes}`,
    `ALTER TABLE turns RENAME COLUMN idempotency_key TO key_mac`,
    `ALTER TABLE conversations RENAME COLUMN title TO entry`,
    `ALTER TABLE messages RENAME COLUMN parts TO entry`,
    `ALTER TABLE approvals RENAME COLUMN question TO entry`,
    `ALTER TABLE reminders RENAME COLUMN text TO entry`,
    `ALTER TABLE memories RENAME COLUMN text TO entry`,
    // Who may know a memory is asked before one is opened.
    `ALTER TABLE memories ADD COLUMN readers TEXT NOT NULL DEFAULT '[]'`,
  ],
  convert: async (tools) => {
    try {
      for (const part of [people, conversations, memories, grants, guarded, turns]) await part(tools);
      return done;
    } catch (thrown) {
      if (thrown instanceof Refused) return err(thrown.error);
      throw thrown;
    }
  },
  closing: () =>
    Object.entries(DROPPED).flatMap(([table, columns]) =>
      columns.map((column) => `ALTER TABLE ${table} DROP COLUMN ${column}`),
    ),
};
