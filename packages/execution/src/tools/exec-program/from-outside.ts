import { appendFile, readFile } from "node:fs/promises";
import { done, err, label, moltbotError, SOMEBODY, Source, speakersOf } from "@moltbot/contracts";
import type { Label, Result, ToolCall } from "@moltbot/contracts";
import type { CopyPlace } from "../../sandbox/index.ts";

type Place = Pick<CopyPlace, "copy">;

/** Beside the copy, where no program reaches; goes with it. Who had a part in what lies there, one in a line. */
const markOf = ({ copy }: Place): string => `${copy}.outside`;

const UNKNOWN: readonly Source[] = [SOMEBODY];

const sourceIn = (line: string): readonly Source[] => {
  try {
    return [Source.parse(JSON.parse(line))];
  } catch {
    return UNKNOWN;
  }
};

/**
 * Who from outside had a part in what lies in this copy, as far as they have a name; null where programs have had nothing from outside
 * there. What lies in it may be of their making ever after.
 */
export const outsideIn = async (place: Place): Promise<readonly Source[] | null> => {
  try {
    const lines = (await readFile(markOf(place), "utf8")).split("\n").filter((line) => line !== "");
    return lines.flatMap(sourceIn);
  } catch (cause) {
    // What cannot be told is taken to be so.
    return cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? null : UNKNOWN;
  }
};

/** The label of what programs made in a copy, by who had a part in it. */
export const outsideLabel = async (place: Place): Promise<Label> =>
  label("authority", "public", (await outsideIn(place)) ?? []);

/** Whom a call brings to a program from outside: what it was chosen with in view, and the hosts that it is let out to; null for nobody. */
export const broughtBy = (
  call: Pick<ToolCall, "label" | "values">,
  hosts: readonly string[],
): readonly Source[] | null => {
  const from = [call.label, ...Object.values(call.values ?? {})].filter(({ integrity }) => integrity !== "authority");
  if (from.length === 0 && hosts.length === 0) return null;
  return [
    ...speakersOf(from.flatMap(({ sources }) => sources)),
    ...hosts.map((ref) => ({ kind: "host", ref }) as const),
  ];
};

/** Keeps that a copy may hold something from outside, and from whom; what cannot be kept does not run. */
export const noteOutside = async (place: Place, brought: readonly Source[] | null): Promise<Result<void>> => {
  if (brought === null) return done;
  try {
    const known = new Set(((await outsideIn(place)) ?? []).map(({ kind, ref }) => JSON.stringify({ kind, ref })));
    const fresh = new Set(
      brought.map(({ kind, ref }) => JSON.stringify({ kind, ref })).filter((line) => !known.has(line)),
    );
    // A line that a crash left unfinished ends here, and spoils none of these.
    const lines = ["", ...fresh, ""].join("\n");
    await appendFile(markOf(place), fresh.size === 0 ? "" : lines, { mode: 0o600, flush: true });
    return done;
  } catch {
    return err(
      moltbotError("TOOL_FAILED", { tool: "exec.run", problem: "its copy of the workspace cannot be marked" }),
    );
  }
};
