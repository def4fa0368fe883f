import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openAuditLog } from "./index.ts";
import { QUERY_FIELDS, wordsFor } from "./query-fields.ts";
import { must, testOptions } from "./testing/open-test-log.ts";

const packages = fileURLToPath(new URL("../../../", import.meta.url));

const sourcesOf = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name === "testing") return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesOf(path);
    return entry.name.endsWith(".ts") && !/\.(test|d)\.ts$/.test(entry.name) ? [path] : [];
  });

/** What stands between the brace at `from` and the one that closes it. */
const objectAt = (text: string, from: number): string => {
  let depth = 0;
  for (let place = from; place < text.length; place += 1) {
    if (text[place] === "{") depth += 1;
    if (text[place] === "}") depth -= 1;
    if (depth === 0) return text.slice(from + 1, place);
  }
  return text.slice(from + 1);
};

/** The names of fields that this program's own text puts into records: literals called `fields`, and functions that make them. */
const recordedNames = (text: string): string[] =>
  [...text.matchAll(/\bfields(?::| =|: AuditFields =) \{|: AuditFields => \(\{/g)].flatMap((match) => {
    const object = objectAt(text, match.index + match[0].lastIndexOf("{"));
    return [...object.matchAll(/(?:^|[\s{,])(\w+)(?=\s*[:,}\n]|\s*$)/g)].map(([, name = ""]) => name);
  });

const isId = (name: string): boolean => name.endsWith("Id");

describe("the fields of what is recorded", () => {
  const names = [
    ...new Set(
      readdirSync(packages).flatMap((name) =>
        sourcesOf(join(packages, name, "src")).flatMap((path) => {
          const text = readFileSync(path, "utf8");
          return /event: "[a-z-]+:[a-z-]+"|AuditFields/.test(text) ? recordedNames(text) : [];
        }),
      ),
    ),
  ];

  it("are found in the program's text, so that the next test means something", () => {
    for (const known of ["callId", "approvalId", "agentId", "authority", "tool", "capabilityId", "turnId", "tokenId"]) {
      expect(names).toContain(known);
    }
  });

  it("can all be asked for when they are ids, and every other word of the table is found by its own word", async () => {
    const wanted = [...new Set([...names.filter(isId), ...Object.values(QUERY_FIELDS).flat(), "newKindId"])];
    const log = must(await openAuditLog(testOptions()));
    for (const [at, name] of wanted.entries()) {
      must(await log.record({ event: "a:b", actor: "system", fields: { [name]: `value-${String(at)}` } }));
    }
    for (const [at, name] of wanted.entries()) {
      const words = wordsFor(name);
      expect(words, name).not.toEqual([]);
      for (const word of words) {
        const found = must(await log.query({ [word]: `value-${String(at)}` }, 5));
        expect(
          found.map(({ sequence }) => sequence),
          `${word} ${name}`,
        ).toEqual([at]);
      }
    }
    await log.close();
  });
});
