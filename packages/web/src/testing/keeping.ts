/** Small valid values for tests of the pages about data and keys, and a gateway that answers from a table. */
import { BackupId, ErasureId, instantOf, JobId, moltbotError, ScheduleId, SecretId } from "@moltbot/contracts";
import type {
  BackupInfo,
  Conversation,
  ErasureCertificate,
  ErrorCode,
  Firing,
  InventoryEntry,
  OperationName,
  Result,
  Schedule,
  SecretInfo,
  VaultStatus,
} from "@moltbot/contracts";
import type { Client } from "@moltbot/client";
import type { LitElement } from "lit";
import { vi } from "vitest";
import { AGENT, HERE, ME } from "./samples.ts";

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const DAY = 86_400_000;

export const refused = (code: ErrorCode, context: Readonly<Record<string, string | number>> = {}): Result<never> => ({
  ok: false,
  error: moltbotError(code, context),
});

/** Answers each operation with what the table holds for it, a refusal where it holds one; tells what was asked. */
export const gatewayOf = (table: { readonly [N in OperationName]?: unknown }) => {
  const asked: { readonly name: OperationName; readonly input: unknown }[] = [];
  const answers: { [N in OperationName]?: unknown } = { ...table };
  const call = ((name: OperationName, input: unknown) => {
    asked.push({ name, input });
    const answer = answers[name];
    const failed = typeof answer === "object" && answer !== null && "ok" in answer && "error" in answer;
    return Promise.resolve(failed ? answer : { ok: true, value: answer });
  }) as Client["call"]; // a hand-written port: the table stands for the typed overloads
  return { call, asked, answers };
};

/** Lets everything settle that was begun. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** What an element needs of the page: fields are found nowhere, the focus is written down. */
export const standIn = (element: object, done: string[] = []): string[] => {
  Object.defineProperty(element, "updateComplete", { value: Promise.resolve(true) });
  Object.assign(element, {
    querySelector: (selector: string) => ({
      showModal: () => done.push(`open ${selector}`),
      close: () => done.push(`close ${selector}`),
      focus: () => done.push(`focus ${selector}`),
      forget: () => done.push(`forget ${selector}`),
      reset: () => done.push(`reset ${selector}`),
      show: (what: { readonly id: string }) => done.push(`show ${selector} ${what.id}`),
      click: () => done.push(`click ${selector}`),
    }),
  });
  return done;
};

/** A form whose fields hold these texts, for listeners that read it. */
export class FakeForm {
  fields: Readonly<Record<string, string>>;
  readonly value = { value: "typed" };
  constructor(fields: Readonly<Record<string, string>>) {
    this.fields = fields;
  }
  reset(): void {
    this.fields = {};
  }
  querySelector(): { value: string } {
    return this.value;
  }
}
/** Stands in for the page's FormData. */
class FakeFormData {
  readonly #fields: Readonly<Record<string, string>>;
  constructor(form: FakeForm) {
    this.#fields = form.fields;
  }
  get(name: string): string | null {
    return this.#fields[name] ?? null;
  }
}

/** Puts both in the page's place, until globals are unstubbed. */
export const stubForms = (): void => {
  vi.stubGlobal("HTMLFormElement", FakeForm);
  vi.stubGlobal("FormData", FakeFormData);
};

/** All that an element keeps in its properties, as text. */
export const propertiesOf = (element: LitElement): string => {
  const { elementProperties } = element.constructor as typeof LitElement; // an instance's own class
  return JSON.stringify(
    [...elementProperties.keys()].map((key) => (element as unknown as Record<PropertyKey, unknown>)[key]), // by Lit's own names
  );
};

export const chat = (title: string, wish: Partial<Conversation> = {}): Conversation => ({
  id: HERE,
  agentId: AGENT,
  ownerId: ME.id,
  audience: [ME.id],
  title,
  heads: { main: null },
  activeHead: "main",
  createdAt: instantOf(0),
  updatedAt: instantOf(0),
  ...wish,
});

export const kept = (wish: Partial<InventoryEntry> = {}): InventoryEntry => ({
  place: "messages",
  holds: "messages: text, calls",
  personal: true,
  sealedBy: ["conversation", "its author"],
  clear: ["id"],
  kept: "as long as its conversation",
  erased: "its rows go",
  ...wish,
});

export const CERTIFICATE: ErasureCertificate = {
  id: ErasureId.parse(id(800)),
  subject: { kind: "conversation", id: HERE },
  at: instantOf(0),
  keys: 3,
  rows: { messages: 12, plans: 0 },
  files: 1,
  keyring: { from: 3, to: 4 },
  outOfReach: [{ what: "a copy of the keyring", where: "/media/st\u200Bick", why: "destroy it" }],
  audit: { size: 43, root: "0".repeat(64) },
  publicKey: "k",
  signature: "s",
};

export const copy = (kind: BackupInfo["kind"], wish: Partial<BackupInfo> = {}): BackupInfo => ({
  id: BackupId.parse(id(810)),
  kind,
  file: `/copies/${kind}.mbk`,
  at: instantOf(0),
  bytes: 2048,
  rows: kind === "backup" ? 12 : 0,
  generation: 3,
  present: true,
  ...wish,
});

export const secret = (name: string, wish: Partial<SecretInfo> = {}): SecretInfo => ({
  // Names of one test differ in their first two letters.
  id: SecretId.parse(id(840 + name.charCodeAt(0) * 100 + name.charCodeAt(1))),
  name,
  kind: "api-key",
  hosts: ["api.example.org"],
  ownerId: ME.id,
  createdAt: instantOf(0),
  rotatedAt: instantOf(0),
  expiresAt: null,
  rotateEveryDays: null,
  lastUsedAt: null,
  rotationDue: false,
  ...wish,
});

export const VAULT: VaultStatus = {
  sealedBy: "passphrase (Argon2id)",
  openers: ["passphrase"],
  argon2: { passes: 3, parallelism: 1, memoryKib: 65_536 },
  keyring: { generation: 3, epoch: 1, keys: 41 },
  autoLockMinutes: 30,
  unlockedAt: instantOf(0),
};

export const schedule = (wish: Partial<Schedule> = {}): Schedule => ({
  id: ScheduleId.parse(id(820)),
  tenantId: ME.tenantId,
  ownerId: ME.id,
  name: "backup",
  cron: "30 3 * * *",
  timeZone: "Europe/Berlin",
  kind: "backup:create",
  payload: {},
  missed: "run-once",
  active: true,
  nextAt: instantOf(DAY),
  createdAt: instantOf(0),
  ...wish,
});

export const firing = (state: Firing["state"], wish: Partial<Firing> = {}): Firing => ({
  scheduleId: ScheduleId.parse(id(820)),
  at: instantOf(0),
  state,
  jobId: state === "done" ? JobId.parse(id(830)) : null,
  settledAt: null,
  problem: null,
  ...wish,
});
