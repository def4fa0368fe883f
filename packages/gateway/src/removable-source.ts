import { err, moltbotError, ok, parseSource } from "@moltbot/contracts";
import type { Result, Source } from "@moltbot/contracts";

/** What may not be removed: it is no stranger's content, or too much would go with it. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["configuration", "your configuration is not content from outside; `./moltbot config` changes it"],
  ["model", "a model is where answers are made, not where content comes from"],
]);

/** The source that a word names, if it may be removed; REQUEST_INVALID says why not. */
export const removableSource = (word: string, builtIn: ReadonlySet<string>): Result<Source> => {
  const source = parseSource(word);
  const problem =
    source === null
      ? "that names no source; one looks like host:example.org:443, message:ID or file:notes.txt, and `./moltbot provenance show ID` lists those of a thing"
      : (REFUSED.get(source.kind) ??
        (source.kind === "tool" && builtIn.has(source.ref)
          ? `${source.ref} is one of Moltbot's own tools, through which everything of its kind came; name the host, message or file instead`
          : null));
  if (source === null || problem !== null)
    return err(moltbotError("REQUEST_INVALID", { problem: problem ?? "", path: "source" }));
  return ok(source);
};
