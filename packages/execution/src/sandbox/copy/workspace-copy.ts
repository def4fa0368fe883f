import type { Result } from "@moltbot/contracts";

/** A workspace and the folder of its copy, both absolute. */
export interface CopyPlace {
  readonly workspace: string;
  readonly copy: string;
}

/** A plain file of the copy that is not as it came from the workspace. */
export interface CopyChange {
  /** Relative to the workspace, parts joined with `/`. */
  readonly path: string;
  readonly kind: "added" | "changed" | "removed";
  readonly bytes: number;
  readonly executable: boolean;
  /** The SHA-256 of what stands in the copy, in lower-case hexadecimal; null where it was removed. */
  readonly digest: string | null;
}

/** How a copy differs from what came into it; `complete` is false where more differs than is listed. */
export interface CopyDifference {
  readonly changes: readonly CopyChange[];
  /**
   * Links, devices, sockets, files with a second name, files too large, names that no tool takes: named on one line each, and never
   * brought back.
   */
  readonly passedOver: readonly string[];
  readonly complete: boolean;
}

/** Copies of workspaces, on which programs run. What changes in them stays there until somebody brings it back. */
export interface WorkspaceCopy {
  /**
   * Brings what changed in the workspace since the last time. A file that changed on both sides stays as it is in the copy and is named
   * among the conflicts. WORKSPACE_TOO_LARGE; PATH_OUTSIDE_WORKSPACE for a place that is not a folder of its own.
   */
  refresh(place: CopyPlace, signal: AbortSignal): Promise<Result<{ readonly conflicts: readonly string[] }>>;
  /** What of a copy is not as it came; of these paths and what is below them, or of all. None where there is no copy. */
  difference(place: CopyPlace, paths?: readonly string[]): Promise<Result<CopyDifference>>;
  /** A plain file of the copy as it is now; FILE_NOT_FOUND for anything else, FILE_TOO_LARGE. */
  content(
    place: CopyPlace,
    path: string,
  ): Promise<Result<{ readonly content: Uint8Array; readonly executable: boolean }>>;
  /** These stand in the workspace as in the copy now: they differ no more. */
  settle(place: CopyPlace, paths: readonly string[]): Promise<Result<void>>;
  /** Removes a copy and all that is known of it; leaves alone what is no copy. Rejects where the system does not let it. */
  remove(copy: string): Promise<void>;
}
