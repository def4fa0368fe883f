import type { Contact } from "../contact.ts";
import type { AgentId, CallId, ConversationId, Digest, Instant, PrincipalId, SecretId } from "../ids.ts";
import type { Label, Readers } from "../label.ts";
import type { Preview, ResolvedResource, ToolCall, ToolManifest, ToolOutcome } from "../tool.ts";
import type { Permit } from "../verdict.ts";
import type { SkillName } from "../skill.ts";
import type { Memory, Reminder } from "../reminder.ts";
import type { AccessScope } from "../principal.ts";
import type { Result } from "../result.ts";

/** The tools, behind one door. */
export interface ToolExecutor {
  catalog(): readonly ToolManifest[];
  /**
   * What the call's arguments really point at; changes nothing and dials nobody. Without the scope of the call's person nothing is
   * looked up that is kept for them, such as where a file's content came from.
   */
  resolve(call: ToolCall, scope?: AccessScope): Promise<Result<readonly ResolvedResource[]>>;
  /** One sentence of consequence for people, such as "Sets a reminder: “stretch” in 10 minutes." */
  describe(call: ToolCall): string;
  /** The message or change itself as a person should see it; null when the arguments say it all. Changes nothing; `scope` as for `resolve`. */
  preview(call: ToolCall, scope?: AccessScope): Promise<Preview | null>;
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

/** A skill that an agent was given, as the person sees it for whom its turn runs. */
export interface SkillOnShelf {
  readonly name: SkillName;
  /** One line, in the words of whoever signed it. */
  readonly description: string;
  /** Whether its words are that person's own: of their own key, signed as theirs. */
  readonly trusted: boolean;
  /** What the house calls the key that signed it. */
  readonly signer: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/** The skills that were given to an agent, as tools may read them; bound by the gateway. Nothing of them is ever run. */
export interface SkillLibraryPort {
  /** In the order of their names; none for whoever did not give this agent any. */
  of(scope: AccessScope, agentId: AgentId): Promise<Result<readonly SkillOnShelf[]>>;
  /** The bytes of one file as they were signed; NOT_FOUND for a skill that is not on this shelf, and for a path that is not in it. */
  file(scope: AccessScope, agentId: AgentId, skill: string, path: string): Promise<Result<Uint8Array>>;
}

/** Labels of files, kept by their content; bound by the gateway. */
export interface FileLabelPort {
  /** Keeps the label of a file's whole content. */
  keep(scope: AccessScope, content: Uint8Array, label: Label): Promise<Result<void>>;
  /** The label kept for exactly this content; null: nobody here wrote it, so it is untrusted. */
  of(scope: AccessScope, content: Uint8Array): Promise<Result<Label | null>>;
}

/** What stood at a path before a call changed it, and what the call left there; null: nothing. */
export interface FileChange {
  /** Relative to the workspace. */
  readonly path: string;
  readonly before: { readonly content: Uint8Array; readonly mode: number } | null;
  /** The SHA-256 of what the call left. */
  readonly after: Digest | null;
}

/** What one call changed, under the call's own id; or what a person's undo changed, under the id of that. */
export interface UndoEntry {
  readonly callId: CallId;
  readonly agentId: AgentId;
  /** Where the call was made; null for a person's undo. */
  readonly conversationId: ConversationId | null;
  readonly tool: string;
  readonly at: Instant;
  /** What a person's undo took back; null for a call. */
  readonly undoes: CallId | null;
  readonly changes: readonly FileChange[];
}

/** The same without the contents: how much stood there before, and its SHA-256. */
export interface UndoSummary extends Omit<UndoEntry, "changes"> {
  readonly changes: readonly (Omit<FileChange, "before"> & {
    readonly before: { readonly bytes: number; readonly hash: Digest } | null;
  })[];
}

/** What stood where tools changed files, kept out of their reach for a while; bound by the gateway. */
export interface UndoPort {
  readonly hash: (content: Uint8Array) => Digest;
  /** Durable when it returns. What was kept first under an id stands: a call that runs again keeps nothing new. */
  keep(scope: AccessScope, entry: UndoEntry): Promise<Result<void>>;
  /** NOT_FOUND for what was never kept, belongs to somebody else or went with time; CONTENT_UNREADABLE for what was tampered with. */
  find(scope: AccessScope, id: CallId): Promise<Result<UndoEntry>>;
  /** The newest of one's own first, at most `limit`; what was tampered with is left out. */
  list(scope: AccessScope, limit: number): Promise<Result<readonly UndoSummary[]>>;
}

/** What is done with a lent secret; `header` is the one in which alone it may be sent, where it is bound to one. */
export type UseOfLoan<T> = (secret: string, header?: string) => Promise<T>;

/**
 * Lends a secret to the egress boundary: the text exists only inside `use`, for a host it is bound to. `header` is where it is to
 * stand: SECRET_HEADER_FIXED where it is bound to another.
 */
export interface SecretLender {
  /** Those of the house alone, by name: no person's own stands in for one. SECRET_NOT_FOUND, SECRET_NOT_BOUND or VAULT_LOCKED; otherwise the result of `use`. */
  lend<T>(name: string, host: string, use: UseOfLoan<T>, header?: string): Promise<Result<T>>;
}

/** Lends what a person keeps in the vault for themselves, to them and to whom they share it with. */
export interface PersonalSecretLender {
  /** SECRET_NOT_FOUND also for what the person may not use: nobody can tell which; otherwise as `lend`. */
  lendTo<T>(person: PrincipalId, id: SecretId, host: string, use: UseOfLoan<T>, header?: string): Promise<Result<T>>;
}

/** Lends every kept secret, whoever's it is, to the check of what leaves. */
export interface SecretWatch {
  /** The texts exist only inside `use`, and its answer may hold none of them. VAULT_LOCKED; otherwise the result of `use`. */
  lendAll<T>(use: (secrets: readonly string[]) => T): Result<T>;
}
