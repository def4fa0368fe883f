/** What the pages about data and keys say. */
import type { BackupInfo, Firing, InventoryEntry, SecretInfo, VaultStatus } from "@moltbot/contracts";
import { neutralText } from "./text/neutralise.ts";
import { countText } from "./words.ts";

const UNITS = ["bytes", "KB", "MB", "GB"] as const;

/** A size in words: “1.2 MB”. */
export const sizeText = (bytes: number): string => {
  const step = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${UNITS[step] ?? ""}`;
};

const DAY = 86_400_000;
/** How long ago something was: “today”, “12 days ago”. */
export const agoText = (instant: string, now: number): string => {
  const days = Math.floor((now - Date.parse(instant)) / DAY);
  return days < 1 ? "today" : days === 1 ? "yesterday" : `${days} days ago`;
};

/** Words in a row: “a, b and c”. */
export const listText = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;

const KEY_WORDS: Readonly<Record<string, string>> = {
  conversation: "its conversation’s key",
  person: "your key",
  "its author": "its author’s key",
  memory: "a key of its own",
  attachment: "a key of its own",
  system: "the house’s key",
};
/** Whose keys seal something: “its conversation’s key and your key”. */
export const sealedText = ({ sealedBy }: Pick<InventoryEntry, "sealedBy">): string =>
  sealedBy.length === 0
    ? "no key of its own: nothing of it is content"
    : listText(sealedBy.map((key) => KEY_WORDS[key] ?? neutralText(key)));

/** What is kept, without its details: “Messages” of “messages: text, calls, results”. */
export const shortText = ({ holds }: Pick<InventoryEntry, "holds">): string => {
  const short = neutralText(/^[^:;,(]+/.exec(holds)?.[0]?.trim() ?? holds);
  return `${short.charAt(0).toUpperCase()}${short.slice(1)}`;
};

/** The settings' numbers of days, by name; 0: for ever. */
export type Days = Readonly<Record<string, number>>;

/** How long something is kept, with the days that are set; a name that is not among them stays a name. */
export const keptText = ({ kept }: Pick<InventoryEntry, "kept">, days: Days): string =>
  neutralText(
    kept.replace(
      /(, or |; |^)(?:the days of )?retention\.(\w+)([^,;]*)/,
      (whole, before: string, name: string, after: string) => {
        const count = days[name];
        if (count === undefined) return whole;
        if (count === 0) return before === "" ? "for ever" : "";
        return `${before}${before === "; " ? "" : "for "}${countText(count, "day")}${after}`;
      },
    ),
  );

const OPENER_WORDS: Readonly<Record<VaultStatus["openers"][number], string>> = {
  passphrase: "your passphrase",
  "key-file": "a key file on its machine",
  keychain: "the keychain of its machine",
  "recovery-code": "a recovery code",
};
/** What opens the vault, in words. */
export const openersText = ({ openers }: Pick<VaultStatus, "openers">): string =>
  listText(openers.map((opener) => OPENER_WORDS[opener]));

export const BACKUP_WORDS: Readonly<Record<BackupInfo["kind"], string>> = {
  backup: "Backup",
  keyring: "Copy of the keyring",
};

export const SECRET_KIND_WORDS: Readonly<Record<SecretInfo["kind"], string>> = {
  "api-key": "API key",
  token: "Token",
  password: "Password",
  certificate: "Certificate",
  other: "Other",
};

/** How a time that a schedule named went, and whether somebody should look. */
export const FIRING_WORDS: Readonly<Record<Firing["state"], { readonly name: string; readonly look: boolean }>> = {
  queued: { name: "under way", look: false },
  done: { name: "done", look: false },
  failed: { name: "failed", look: true },
  missed: { name: "missed", look: true },
  skipped: { name: "skipped", look: false },
  unknown: { name: "unknown", look: true },
};

/** What a table of a certificate is called: “12 messages”. */
export const rowsText = (rows: Readonly<Record<string, number>>): string =>
  Object.entries(rows)
    .filter(([, count]) => count > 0)
    .map(([table, count]) => `${neutralText(table.replaceAll("_", " "))} ${count}`)
    .join(", ");

/** How many records went, over all tables. */
export const rowsTotal = (rows: Readonly<Record<string, number>>): string =>
  countText(
    Object.values(rows).reduce((sum, count) => sum + count, 0),
    "record",
  );
