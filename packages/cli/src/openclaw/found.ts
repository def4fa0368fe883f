import type { ImportBatch } from "@moltbot/contracts";
import type { NamedKind } from "../secret-sources/secret-names.ts";
import type { Skipped } from "./folder.ts";

export type FoundAgent = ImportBatch["agents"][number];
export type FoundMemory = ImportBatch["memories"][number];

/** A session with what could not be taken of it. */
export interface FoundSession {
  readonly path: string;
  readonly conversation: ImportBatch["conversations"][number];
  /** Lines that are damaged, cut off or too long, by their number. */
  readonly damaged: readonly number[];
  readonly aside: number;
  readonly cut: number;
}

/** A credential, and what is to become of it. */
export interface FoundSecret {
  /** What it is called in the vault. */
  readonly name: string;
  readonly value: string;
  readonly kind: NamedKind;
  readonly provider: string | null;
  /** Exact hosts it is for; empty when nobody knows. */
  readonly hosts: readonly string[];
  readonly expiresAt: string | null;
  /** Where it stands in plain text: a file, and the place in it. */
  readonly at: readonly { readonly path: string; readonly where: string }[];
  /** Set: it is not taken, and why. */
  readonly left: string | null;
}

/** A file that holds something in plain text, and what. */
export interface PlainFile {
  readonly path: string;
  readonly holds: string;
}

/** All that a folder held. */
export interface FoundState {
  readonly root: string;
  /** Which of the assistant's generations wrote it, in words. */
  readonly generation: string;
  readonly agents: readonly FoundAgent[];
  readonly sessions: readonly FoundSession[];
  readonly memories: readonly FoundMemory[];
  readonly secrets: readonly FoundSecret[];
  readonly plain: readonly PlainFile[];
  readonly skipped: readonly Skipped[];
}
