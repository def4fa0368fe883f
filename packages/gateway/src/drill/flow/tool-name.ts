import { ToolName } from "@moltbot/contracts";
import { BUILT_IN_TOOLS } from "@moltbot/execution/tools";

/** Words that a built-in tool begins with mean something here: `file.*` starts with grants inside the workspace. */
const TAKEN: ReadonlySet<string> = new Set(
  BUILT_IN_TOOLS.map(({ manifest }): string => manifest.name.split(".")[0] ?? ""),
);

const LONGEST = 64;

const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "")
    .map((word) => (/^[a-z]/.test(word) ? word : `n${word}`));

/** The names of recorded tools in the house's form: `search_emails` → `search.emails`; none is a built-in tool's, none stands twice. */
export const toolNames = (names: readonly string[]): ReadonlyMap<string, ToolName> => {
  const given = new Map<string, ToolName>();
  const used = new Set<string>();
  for (const name of names) {
    const words = wordsOf(name);
    const safe = words.length === 0 || TAKEN.has(words[0] ?? "") ? ["corpus", ...words] : words;
    const base = safe
      .join(".")
      .slice(0, LONGEST - 4)
      .replace(/\.$/, "");
    let made = base;
    for (let number = 2; used.has(made); number += 1) made = `${base}${String(number)}`;
    used.add(made);
    given.set(name, ToolName.parse(made));
  }
  return given;
};
