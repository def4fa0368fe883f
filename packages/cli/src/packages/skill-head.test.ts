import { describe, expect, it } from "vitest";
import { CommandFailure } from "../context.ts";
import { readSkillHead } from "./skill-head.ts";

const headed = (head: string): string => `---\n${head}\n---\n# Body\n`;
const read = (head: string) => readSkillHead(headed(head), "SKILL.md");
const refusal = async (text: string): Promise<string> => {
  try {
    await readSkillHead(text, "SKILL.md");
  } catch (cause) {
    if (cause instanceof CommandFailure) return `${cause.failure.message} ${cause.failure.next}`;
    throw cause;
  }
  return "taken";
};

describe("the head of a SKILL.md", () => {
  it("is read as the format writes it", async () => {
    const head = await read(
      [
        "name: write-minutes",
        "description: >",
        "  Writes minutes of meetings.",
        "  Use it when somebody asks for minutes.",
        "license: Apache-2.0",
        'compatibility: "Needs git: any version"',
        "allowed-tools: Bash(git:*) Bash(jq *) Read",
        "metadata:",
        "  author: example-org",
        '  version: "1.4"',
      ].join("\n"),
    );
    expect(head).toEqual({
      name: "write-minutes",
      description: "Writes minutes of meetings. Use it when somebody asks for minutes.",
      licence: "Apache-2.0",
      compatibility: "Needs git: any version",
      tools: ["Bash(git:*)", "Bash(jq *)", "Read"],
      version: "1.4",
    });
  });

  it("is read with the line ends and the byte order mark of Windows, and with tools as a list", async () => {
    const text = "\uFEFF---\r\nname: a\r\ndescription: b\r\nallowed-tools: [Read, Write]\r\n---\r\nbody";
    expect(await readSkillHead(text, "SKILL.md")).toMatchObject({
      name: "a",
      description: "b",
      tools: ["Read", "Write"],
    });
  });

  it("gives what it does not say as undefined, so that the manifest's schema refuses it", async () => {
    expect(await read("name: a")).toMatchObject({ description: undefined, licence: undefined, version: undefined });
  });

  it.each([
    ["no head", "# A skill\n", "it has no head"],
    ["an open head", "---\nname: a\n", "it has no head"],
    ["a head that never ends", `---\n${"a: 1\n".repeat(4_000)}---\n`, "more than 16384 characters"],
    ["no YAML", headed("name: a: b"), "no YAML, line 2"],
    ["a name twice", headed("name: a\nname: b"), "no YAML, line 3 (DUPLICATE_KEY)"],
    ["a list", headed("- a\n- b"), "no list of names and values"],
    ["a text", headed("just words"), "no list of names and values"],
  ])("is refused with %s", async (_says, text, problem) => {
    expect(await refusal(text)).toContain(problem);
  });

  it("is refused with aliases: a few lines of them would grow to gigabytes", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    const laughs = names.map((name, at) => {
      const inside = at === 0 ? "x" : `*${names[at - 1] ?? ""}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => inside).join(",")}]`;
    });
    const began = performance.now();
    expect(await refusal(headed(laughs.join("\n")))).toContain("uses aliases");
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("makes data alone of tags, and puts nothing on a prototype", async () => {
    const head = await read(
      ["name: !!js/function 'function(){}'", "description: b", "__proto__:", "  version: 9.9.9"].join("\n"),
    ).catch((cause: unknown) => cause);
    if (head instanceof CommandFailure) expect(head.failure.message).toContain("no YAML");
    else expect(head).toMatchObject({ name: "function(){}", version: undefined });
    expect(({} as { version?: string }).version).toBeUndefined();
  });
});
