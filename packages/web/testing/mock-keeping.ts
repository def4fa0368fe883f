/** The mock gateway's vault, secrets, copies, files and erasures: the same shapes, kept in memory. */
import { SecretId, AttachmentId, BackupId, ErasureId, instantOf, JobId, label, ScheduleId } from "@moltbot/contracts";
import type {
  Attachment,
  BackupInfo,
  Conversation,
  ErasureCertificate,
  ErrorCode,
  EventName,
  EventPayload,
  Firing,
  InventoryEntry,
  OperationInput,
  OperationName,
  Principal,
  Schedule,
  SecretInfo,
} from "@moltbot/contracts";

export interface KeepingPorts {
  readonly me: Principal;
  readonly conversations: Map<string, Conversation>;
  readonly uuid: () => string;
  readonly publish: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
  readonly refuse: (code: ErrorCode, context?: Readonly<Record<string, string | number>>) => never;
}

const DAY = 86_400_000;
const PASSPHRASE = "violet canary";
const MOST_BYTES = 1_048_576;
const ago = (days: number) => instantOf(Date.now() - days * DAY);
const encoded = (text: string): string => Buffer.from(text).toString("base64");

const entry = (
  place: string,
  holds: string,
  sealedBy: readonly string[],
  kept: string,
  erased: string,
  personal = true,
): InventoryEntry => ({ place, holds, personal, sealedBy, clear: ["id", "created_at"], kept, erased });
const CONVERSATION = ["conversation", "person"];
const WITH = "as long as its conversation";
const GO = "its rows go with the conversation or the person";

/** A part of what the real one lists. */
const INVENTORY: readonly InventoryEntry[] = [
  entry(
    "conversations",
    "conversations: title and branches",
    CONVERSATION,
    "until it is erased, or the days of retention.conversationsDays after its last message",
    GO,
  ),
  entry(
    "messages",
    "messages: text, calls, results, labels, which model wrote it",
    ["conversation", "its author"],
    WITH,
    GO,
  ),
  entry("approvals", "questions and answers: arguments, reasons, edits", CONVERSATION, WITH, GO),
  entry(
    "decisions",
    "what the guard decided and all that it looked at",
    CONVERSATION,
    "the days of retention.decisionsDays",
    GO,
  ),
  entry("plans", "plans as they were committed", CONVERSATION, WITH, GO),
  entry("reminders", "reminders: text and label", CONVERSATION, WITH, `${GO}, also those that came of it`),
  entry(
    "attachments",
    "files of conversations: name, media type, label; the bytes lie in the folder attachments",
    ["attachment", ...CONVERSATION],
    WITH,
    GO,
  ),
  entry(
    "principals",
    "accounts of persons",
    ["person"],
    "until the person is erased",
    "the name goes; a nameless row stays",
  ),
  entry(
    "memories",
    "memories: text and label",
    ["memory", "person"],
    "until it is removed",
    "those that came of the conversation go with it, in chains; all with the person",
  ),
  entry(
    "contacts",
    "the directory of confirmed addresses: names and addresses, and a keyed MAC of each address",
    ["person"],
    "until it is removed",
    "its rows go with the person; no contact belongs to a conversation",
  ),
  entry(
    "capabilities",
    "standing grants: constraints and reasons",
    ["person"],
    "until the person is erased, also when revoked or expired",
    "those that hold in the conversation alone go with it, all with the person",
  ),
  entry(
    "sessions",
    "sessions of the web app: a keyed verifier of each",
    [],
    "the days of retention.workDays after its end",
    "its rows go with the person",
  ),
  entry(
    "audit/",
    "the log of everything that was decided and done, as canonical JSON Lines with signed heads",
    [],
    "for ever, or the days of retention.auditDays and after that its hashes",
    "records stay, with ids alone; their details cannot be opened any more",
  ),
  entry("epochs", "how often everything was stopped", [], "for ever", "nothing: it is about no person", false),
];

/** What these operations answer; `lock` is told when the vault is to close. */
export const keepingHandlers = ({ me, conversations, uuid, publish, refuse }: KeepingPorts, lock: () => void) => {
  let generation = 3;
  let dataEpoch = 0;
  let passphrase = PASSPHRASE;
  let recovery = false;
  const attachments = new Map<string, { readonly attachment: Attachment; readonly content: string }>();
  const certificates: ErasureCertificate[] = [];
  const secret = (name: string, wish: Partial<SecretInfo>): SecretInfo => ({
    id: SecretId.parse(uuid()),
    name,
    kind: "api-key",
    hosts: ["api.example.org"],
    ownerId: null,
    createdAt: ago(200),
    rotatedAt: ago(12),
    expiresAt: null,
    rotateEveryDays: null,
    lastUsedAt: ago(0),
    rotationDue: false,
    ...wish,
  });
  const secrets = new Map<string, SecretInfo>([
    ["weather-api", secret("weather-api", { hosts: ["api.weather.example"] })],
    [
      "mail-password",
      secret("mail-password", {
        kind: "password",
        hosts: ["imap.example.org:993", "smtp.example.org:465"],
        rotatedAt: ago(124),
        rotateEveryDays: 90,
        rotationDue: true,
      }),
    ],
  ]);
  const copy = (kind: BackupInfo["kind"], days: number, wish: Partial<BackupInfo> = {}): BackupInfo => ({
    id: BackupId.parse(uuid()),
    kind,
    file: `/home/you/.moltbot/backups/${kind}-${ago(days).slice(0, 10)}.mbk`,
    at: ago(days),
    bytes: kind === "backup" ? 4_831_238 : 18_220,
    rows: kind === "backup" ? 6021 : 0,
    generation,
    present: true,
    ...wish,
  });
  const copies: BackupInfo[] = [
    copy("backup", 0.3),
    copy("backup", 1.3),
    copy("keyring", 20, { file: "/media/stick/keyring-2026-11-02.mbk", generation: 2 }),
  ];
  const schedule = (name: string, cron: string, kind: string, hours: number): Schedule => ({
    id: ScheduleId.parse(uuid()),
    tenantId: me.tenantId,
    ownerId: me.id,
    name,
    cron,
    timeZone: "Europe/Berlin",
    kind,
    payload: {},
    missed: "run-once",
    active: true,
    nextAt: instantOf(Date.now() + hours * 3_600_000),
    createdAt: ago(90),
  });
  const schedules: readonly Schedule[] = [
    schedule("audit head", "0 * * * *", "audit:head", 1),
    schedule("retention", "10 4 * * *", "retention:run", 9),
    schedule("backup", "30 3 * * *", "backup:create", 8),
  ];
  const STATES: readonly (readonly Firing["state"][])[] = [
    ["done", "done", "done"],
    ["done", "missed", "done"],
    ["done", "skipped", "unknown"],
  ];

  const vaultStatus = () => ({
    sealedBy: "passphrase (Argon2id)",
    openers: recovery ? (["passphrase", "recovery-code"] as const) : (["passphrase"] as const),
    argon2: { passes: 3, parallelism: 1, memoryKib: 65_536 },
    keyring: { generation, epoch: dataEpoch, keys: 41 },
    autoLockMinutes: 30,
    unlockedAt: ago(0.1),
  });
  const opened = (current: string | null): void => {
    if (current !== passphrase) refuse("VAULT_PASSPHRASE_WRONG");
  };
  const findConversation = (id: string): Conversation =>
    conversations.get(id) ?? refuse("NOT_FOUND", { kind: "conversation" });
  const findFile = (id: string) => attachments.get(id) ?? refuse("NOT_FOUND", { kind: "attachment" });

  const handlers: { readonly [N in OperationName]?: (input: OperationInput<N>) => unknown } = {
    "config.list": () =>
      Object.entries({ conversationsDays: 0, decisionsDays: 365, workDays: 30, auditDays: 0 }).map(([name, value]) => ({
        key: `retention.${name}`,
        value,
        default: value,
        level: "advanced",
        says: "Days.",
        from: "default",
        restart: false,
      })),
    "vault.status": vaultStatus,
    "vault.lock": () => {
      publish("vault:locked", { reason: "person" });
      lock();
      return {};
    },
    "vault.passphrase": ({ current, next }) => {
      opened(current);
      passphrase = next ?? passphrase;
      generation += 1;
      return vaultStatus();
    },
    "vault.recovery": ({ current }) => {
      opened(current);
      recovery = true;
      return { code: "MB1-7KQ2-XW4D-93TP-HVRA-6ZJN-5CFE" };
    },
    "vault.rotate": ({ keys, current }) => {
      opened(current);
      if (keys === "data") dataEpoch += 1;
      else generation += 1;
      return vaultStatus();
    },
    "secrets.list": () => [...secrets.values()],
    "secrets.set": ({ name, hosts, kind, rotateEveryDays }) => {
      if (hosts.some((host) => !host.includes(".")))
        refuse("REQUEST_INVALID", { path: "hosts", problem: "a host has a name such as api.example.org" });
      const kept = secret(name, {
        hosts,
        kind: kind ?? "other",
        rotateEveryDays: rotateEveryDays ?? null,
        rotatedAt: ago(0),
        lastUsedAt: null,
      });
      secrets.set(name, kept);
      return kept;
    },
    "secrets.remove": ({ name }) => {
      if (!secrets.delete(name)) refuse("SECRET_NOT_FOUND", { name });
      return {};
    },
    "backups.list": () => copies.toSorted((a, b) => (a.at < b.at ? 1 : -1)),
    "backups.create": ({ kind }) => {
      const made = copy(kind, 0);
      copies.push(made);
      return made;
    },
    "schedules.list": () => schedules,
    "schedules.firings": ({ scheduleId }) => {
      const at = schedules.findIndex(({ id }) => id === scheduleId);
      return (STATES[at] ?? []).map((state, index) => ({
        scheduleId,
        at: ago((at === 0 ? 1 / 24 : 1) * (index + 0.2)),
        state,
        jobId: state === "done" ? JobId.parse(uuid()) : null,
        settledAt: state === "done" ? ago(index) : null,
        problem: null,
      }));
    },
    "attachments.create": ({ conversationId, name, mediaType, content }) => {
      findConversation(conversationId);
      const bytes = Buffer.from(content, "base64").byteLength;
      if (bytes > MOST_BYTES) refuse("ATTACHMENT_TOO_LARGE", { bytes, most: MOST_BYTES });
      const attachment: Attachment = {
        id: AttachmentId.parse(uuid()),
        ownerId: me.id,
        conversationId,
        name,
        mediaType,
        bytes,
        label: label("untrusted", [me.id], [{ kind: "file", ref: name }]),
        createdAt: ago(0),
      };
      attachments.set(attachment.id, { attachment, content });
      return attachment;
    },
    "attachments.list": ({ conversationId }) =>
      [...attachments.values()]
        .map(({ attachment }) => attachment)
        .filter((attachment) => attachment.conversationId === conversationId),
    "attachments.get": ({ attachmentId }) => {
      const { attachment, content } = findFile(attachmentId);
      return { name: attachment.name, mediaType: attachment.mediaType, content };
    },
    "attachments.remove": ({ attachmentId }) => {
      findFile(attachmentId);
      attachments.delete(attachmentId);
      return {};
    },
    "privacy.inventory": () => INVENTORY,
    "privacy.export": ({ subject }) => ({
      name: `moltbot-${subject.kind}-${subject.id.slice(-6)}.zip`,
      mediaType: "application/zip",
      content: encoded(`PK of ${subject.id}`),
    }),
    "privacy.erase": ({ subject, confirm }) => {
      if (confirm !== subject.id) refuse("ERASURE_NOT_CONFIRMED");
      const files = [...attachments.values()].filter(({ attachment }) => attachment.conversationId === subject.id);
      for (const { attachment } of files) attachments.delete(attachment.id);
      conversations.delete(subject.id);
      const certificate: ErasureCertificate = {
        id: ErasureId.parse(uuid()),
        subject,
        at: ago(0),
        keys: 1 + files.length,
        rows: { conversations: 1, messages: 12, approvals: 2, decisions: 4, attachments: files.length },
        files: files.length,
        keyring: { from: generation, to: generation + 1 },
        outOfReach: [
          {
            what: "a copy of the keyring of 2026-11-02",
            where: "/media/stick/keyring-2026-11-02.mbk",
            why: "it still holds the destroyed keys, and with a backup of that time it opens what was erased: destroy it",
          },
          {
            what: "content that was sent to a model",
            where: "claude-sonnet",
            why: "its provider was sent what it answered to; ask the provider to delete it",
          },
        ],
        audit: { size: 43, root: "0".repeat(64) },
        publicKey: "k".repeat(43),
        signature: "s".repeat(86),
      };
      generation += 1;
      certificates.unshift(certificate);
      publish("subject:erased", { kind: subject.kind, id: subject.id });
      return certificate;
    },
    "privacy.certificates": () => certificates,
  };
  return { handlers, opens: (word: string): boolean => word === passphrase };
};
