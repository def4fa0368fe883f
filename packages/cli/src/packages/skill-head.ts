import { packingProblem } from "./problem.ts";

/** What the head of a SKILL.md says (agentskills.io, specification). */
export interface SkillHead {
  readonly name: unknown;
  readonly description: unknown;
  readonly licence: unknown;
  readonly compatibility: unknown;
  readonly tools: readonly string[];
  /** `metadata.version`, as it stands; undefined where there is none. */
  readonly version: string | undefined;
}

const MOST_HEAD = 16_384;
const HEAD = /^\uFEFF?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)/s;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The field's text in one line: YAML folds long descriptions over several. */
const lineOf = (value: unknown): unknown => (typeof value === "string" ? value.replace(/\s+/g, " ").trim() : value);

/** `allowed-tools` is words with spaces between them, or a list; a space inside brackets belongs to the word. */
const toolsOf = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === "string" ? (value.match(/[^\s,(]+(?:\([^)]*\))?/g) ?? []) : [];
};

/** YAML without its powers: no aliases that multiply, no tags that make other things than data, no name twice. */
const parseHead = async (text: string, file: string): Promise<unknown> => {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, {
    schema: "core",
    uniqueKeys: true,
    merge: false,
    customTags: [],
    logLevel: "silent",
  });
  const [problem] = document.errors;
  const line = problem?.linePos?.[0].line;
  if (problem !== undefined)
    throw packingProblem(
      file,
      `its head is no YAML${line === undefined ? "" : `, line ${String(line + 1)}`} (${problem.code})`,
      "Put a text that holds a colon or begins with a sign into quotes.",
    );
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw packingProblem(file, "its head uses aliases", "Write each value out where it stands.");
  }
};

/** Reads the head of a SKILL.md; whatever else stands in it is left out. */
export const readSkillHead = async (text: string, file: string): Promise<SkillHead> => {
  const head = HEAD.exec(text.slice(0, MOST_HEAD))?.[1];
  if (head === undefined)
    throw packingProblem(
      file,
      `it has no head, or one of more than ${String(MOST_HEAD)} characters`,
      "Begin it with a line `---`, then `name:` and `description:`, then a line `---`.",
    );
  const read = await parseHead(head, file);
  if (!isRecord(read))
    throw packingProblem(
      file,
      "its head is no list of names and values",
      "Write `name: …` and `description: …` there.",
    );
  const metadata = isRecord(read["metadata"]) ? read["metadata"] : {};
  const version = metadata["version"] ?? read["version"];
  return {
    name: read["name"],
    description: lineOf(read["description"]),
    licence: lineOf(read["license"]),
    compatibility: lineOf(read["compatibility"]),
    tools: toolsOf(read["allowed-tools"]),
    version: typeof version === "string" || typeof version === "number" ? String(version) : undefined,
  };
};
