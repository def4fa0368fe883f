import { closeSync } from "node:fs";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { holdCopy, holdOrMakeCopy, holdWorkspace, locatePlace } from "./copy-place.ts";
import type { HeldCopy } from "./copy-place.ts";
import { isExecutable, withCopied } from "./copy-side.ts";
import type { CopySide } from "./copy-side.ts";
import { differenceOf } from "./difference-of.ts";
import { readAll } from "./file-content.ts";
import { codeOf } from "./held-folder.ts";
import { knowledgeOf, manifestOf, stampTouched } from "./knowledge.ts";
import type { Knowledge } from "./knowledge.ts";
import { NOTHING_KNOWN, writeManifest } from "./manifest.ts";
import { COPY_GROUND, COPY_LIMITS } from "./means.ts";
import type { CopyGround, CopyLimits, CopyMeans } from "./means.ts";
import { createPace } from "./pace.ts";
import type { Pace } from "./pace.ts";
import { plainParts } from "./plain-path.ts";
import { refreshCopy } from "./refresh-copy.ts";
import { removeCopy } from "./remove-copy.ts";
import { settleCopy } from "./settle-copy.ts";
import { withStaging } from "./staging.ts";
import { EMPTY_WORKSPACE, surveyWorkspace } from "./survey-workspace.ts";
import type { CopyDifference, CopyPlace, WorkspaceCopy } from "./workspace-copy.ts";

export interface CopyOptions {
  /** SHA-256 as lower-case hexadecimal. */
  readonly hash: CopyMeans["hash"];
  readonly limits?: Partial<CopyLimits>;
  /** Whether what is copied is given to the spare id, under which a gateway that is root runs programs. */
  readonly isRoot?: boolean;
}

/** A held copy about to change, and the modes of the folders that may be made in it. */
interface Changing {
  readonly copy: string;
  readonly held: HeldCopy;
  readonly modes: ReadonlyMap<string, number>;
  readonly means: CopyMeans;
  readonly pace: Pace;
}

const NO_DIFFERENCE: CopyDifference = Object.freeze({ changes: [], passedOver: [], complete: true });

const FULL: readonly string[] = ["ENOSPC", "EDQUOT"];

const failed = (thrown: unknown): Result<never> => {
  const problem = FULL.includes(codeOf(thrown))
    ? "the disk is full"
    : "the operating system does not let it use the copy of the workspace";
  return err(moltbotError("TOOL_FAILED", { tool: "sandbox", problem }));
};

/** What the system refuses becomes an error with a name; anything else is a mistake of ours and goes on. */
const guarded = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
  if (process.platform !== "linux")
    return err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "copies of a workspace need Linux" }));
  try {
    return await work();
  } catch (thrown) {
    if (codeOf(thrown) === "") throw thrown;
    return failed(thrown);
  }
};

/** Works on a held copy by way of its staging folder, and keeps what is known of it then. */
const changing = <T>(
  { copy, held, modes, means, pace }: Changing,
  work: (side: CopySide, knowledge: Knowledge) => Promise<T>,
): Promise<T> =>
  withStaging(copy, means, pace, async (staging) => {
    const side = { folder: held.folder, staging, means, modes };
    const knowledge = knowledgeOf(held, staging, means);
    const worked = await work(side, knowledge);
    await stampTouched(side, knowledge, pace);
    if (knowledge.isNew) await writeManifest(copy, manifestOf(held.manifest.folder, knowledge), means);
    return worked;
  });

const closing = async <T>(descriptor: number | null, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

/** Hands the held workspace to `work`; null where there is none yet. */
const onWorkspace = async <T>(
  { workspace }: CopyPlace,
  means: CopyMeans,
  work: (workspace: number | null) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const held = holdWorkspace(workspace, means);
  return held.ok ? closing(held.value, () => work(held.value)) : held;
};

/** Hands the held copy to `work`; `otherwise` where there is none. */
const onCopy = async <T>(
  place: CopyPlace,
  means: CopyMeans,
  otherwise: Result<T>,
  work: (held: HeldCopy, place: CopyPlace) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const real = locatePlace(place);
  if (!real.ok) return real;
  const held = holdCopy(real.value.copy, means);
  if (!held.ok) return held;
  const { value } = held;
  return value === null ? otherwise : closing(value.folder, () => work(value, real.value));
};

const refresh = async (
  place: CopyPlace,
  means: CopyMeans,
  signal: AbortSignal,
): Promise<Result<{ readonly conflicts: readonly string[] }>> => {
  const pace = createPace();
  const real = locatePlace(place);
  if (!real.ok) return real;
  const { copy } = real.value;
  return onWorkspace(real.value, means, async (workspace) => {
    const survey =
      workspace === null ? ok(EMPTY_WORKSPACE) : await surveyWorkspace(workspace, real.value.workspace, means, pace);
    if (!survey.ok) return survey;
    if (signal.aborted) return err(moltbotError("TURN_STOPPED"));
    const held = await holdOrMakeCopy(copy, means, () => writeManifest(copy, NOTHING_KNOWN, means));
    if (!held.ok) return held;
    return closing(held.value.folder, () =>
      changing({ copy, held: held.value, modes: survey.value.folders, means, pace }, (side, knowledge) =>
        refreshCopy({ workspace, survey: survey.value, side, knowledge, signal, pace }),
      ),
    );
  });
};

const settle = (place: CopyPlace, means: CopyMeans, paths: readonly string[]): Promise<Result<void>> =>
  onCopy(place, means, done, (held, real) =>
    onWorkspace(real, means, async (workspace) => {
      const pace = createPace();
      await changing({ copy: real.copy, held, modes: new Map(), means, pace }, (side, knowledge) =>
        settleCopy(workspace, side, knowledge, paths, pace),
      );
      return done;
    }),
  );

const content: (
  place: CopyPlace,
  means: CopyMeans,
  path: string,
) => Promise<Result<{ readonly content: Uint8Array; readonly executable: boolean }>> = (place, means, path) => {
  const { ground, limits } = means;
  const missing = err(moltbotError("FILE_NOT_FOUND"));
  return onCopy(place, means, missing, async ({ folder }) => {
    if (plainParts(path) === null) return missing;
    const read = await withCopied({ folder, means }, path, async (file) => {
      if (file.stat.nlink > ground.mostNames) return missing;
      const bytes = await readAll(file, limits.contentBytes);
      return bytes === null
        ? err(moltbotError("FILE_TOO_LARGE", { limit: limits.contentBytes }))
        : ok({ content: bytes, executable: isExecutable(file) });
    });
    return read ?? missing;
  });
};

/**
 * Copies of workspaces on Linux; elsewhere there is no wall, and every call is refused (SANDBOX_UNAVAILABLE). One call at a time on one
 * copy: the caller sees to that. `ground` is replaced only by tests.
 */
export const createWorkspaceCopy = (options: CopyOptions, ground: CopyGround = COPY_GROUND): WorkspaceCopy => {
  const means: CopyMeans = {
    hash: options.hash,
    limits: { ...COPY_LIMITS, ...options.limits },
    isRoot: options.isRoot ?? process.geteuid?.() === 0,
    ground,
  };
  return {
    refresh: (place, signal) => guarded(() => refresh(place, means, signal)),
    difference: (place, paths) =>
      guarded(() =>
        onCopy(place, means, ok(NO_DIFFERENCE), async ({ folder, manifest }) =>
          ok(
            await differenceOf({ folder, means }, manifest, paths === undefined ? null : new Set(paths), createPace()),
          ),
        ),
      ),
    content: (place, path) => guarded(() => content(place, means, path)),
    settle: (place, paths) => guarded(() => settle(place, means, paths)),
    remove: (copy) => removeCopy(copy, means, createPace()),
  };
};
