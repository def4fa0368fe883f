import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { jsonOf } from "../json-of.ts";

const Entry = z.union([
  z.string(),
  z.looseObject({
    path: z.string(),
    id: z.union([z.string().min(1), z.number()]).exactOptional(),
    list: z.string().exactOptional(),
  }),
]);

/** A path that must never leave the workspace; `{FILE}` in it stands for what it is after. */
export interface PathCase {
  readonly id: string;
  readonly path: string;
}

const wrong = (problem: string): Result<never> => err(moltbotError("USAGE", { problem }));

/** The cases of a corpus `{ "paths": [{ "path", "id"?, "list"? }, "path", …] }`; USAGE says what is none, and why. */
export const readPathCorpus = (text: string): Result<readonly PathCase[]> => {
  const given = jsonOf(text);
  if (given === undefined) return wrong("This is no JSON.");
  const listed = z.looseObject({ paths: z.array(z.unknown()) }).safeParse(given);
  if (!listed.success) return wrong("This is no corpus of the kind “paths”: it has no list “paths”.");
  const cases: PathCase[] = [];
  for (const [at, one] of listed.data.paths.entries()) {
    const entry = Entry.safeParse(one);
    if (!entry.success)
      return wrong(`Entry ${String(at + 1)} of “paths” is neither a path nor an object with a “path”.`);
    const { path, id, list = "path" } = typeof entry.data === "string" ? { path: entry.data } : entry.data;
    cases.push({ id: String(id ?? `${list}-${String(at + 1)}`), path });
  }
  return cases.length === 0 ? wrong("This corpus of the kind “paths” holds no path.") : ok(cases);
};
