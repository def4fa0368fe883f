import type { Contact } from "../contact.ts";
import type { PrincipalId, SecretId } from "../ids.ts";
import type { Label, Readers } from "../label.ts";
import type { Preview, ResolvedResource, ToolCall, ToolManifest, ToolOutcome } from "../tool.ts";
import type { Permit } from "../verdict.ts";
import type { Memory, Reminder } from "../reminder.ts";
import type { AccessScope } from "../principal.ts";
import type { Result } from "../result.ts";

/** The tools, behind one door. */
export interface ToolExecutor {
  catalog(): readonly ToolManifest[];
  /** What the call's arguments really point at; changes nothing and dials nobody. */
  resolve(call: ToolCall): Promise<Result<readonly ResolvedResource[]>>;
  /** One sentence of consequence for people, such as "Sets a reminder: “stretch” in 10 minutes." */
  describe(call: ToolCall): string;
  /** The message or change itself as a person should see it; null when the arguments say it all. Changes nothing. */
  preview(call: ToolCall): Promise<Preview | null>;
  /** Redeems the permit, then acts. Without a good permit nothing happens. */
  run(permit: Permit, call: ToolCall, scope: AccessScope, signal: AbortSignal): Promise<Result<ToolOutcome>>;
}

/** Reminders, as tools may use them; bound by the gateway. */
export interface ReminderPort {
  create(
    scope: AccessScope,
    reminder: Omit<Reminder, "id" | "state" | "createdAt" | "firedAt">,
  ): Promise<Result<Reminder>>;
  list(scope: AccessScope): Promise<Result<readonly Reminder[]>>;
}

/** Memory, as tools may use it; bound by the gateway. */
export interface MemoryPort {
  save(scope: AccessScope, memory: Omit<Memory, "id" | "createdAt">): Promise<Result<Memory>>;
  /** Only what everybody in `audience` may know: one private memory must not mute a group. */
  search(scope: AccessScope, query: string, limit: number, audience: Readers): Promise<Result<readonly Memory[]>>;
}

/** The authority's directory, as tools may use it; bound by the gateway. */
export interface ContactPort {
  confirm(scope: AccessScope, wish: Pick<Contact, "kind" | "name" | "address">): Promise<Result<Contact>>;
  search(scope: AccessScope, query: string, limit: number): Promise<Result<readonly Contact[]>>;
}

/** Labels of files, kept by their content; bound by the gateway. */
export interface FileLabelPort {
  /** Keeps the label of a file's whole content. */
  keep(scope: AccessScope, content: Uint8Array, label: Label): Promise<Result<void>>;
  /** The label kept for exactly this content; null: nobody here wrote it, so it is untrusted. */
  of(scope: AccessScope, content: Uint8Array): Promise<Result<Label | null>>;
}

/** Lends a secret to the egress boundary: the text exists only inside `use`, for a host it is bound to. */
export interface SecretLender {
  /** Those of the house alone, by name: no person's own stands in for one. SECRET_NOT_FOUND, SECRET_NOT_BOUND or VAULT_LOCKED; otherwise the result of `use`. */
  lend<T>(name: string, host: string, use: (secret: string) => Promise<T>): Promise<Result<T>>;
}

/** Lends what a person keeps in the vault for themselves, to them and to whom they share it with. */
export interface PersonalSecretLender {
  /** SECRET_NOT_FOUND also for what the person may not use: nobody can tell which; otherwise as `lend`. */
  lendTo<T>(person: PrincipalId, id: SecretId, host: string, use: (secret: string) => Promise<T>): Promise<Result<T>>;
}
