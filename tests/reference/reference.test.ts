import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import { referenceFiles } from "../../scripts/generate-reference.ts";

const folder = join(import.meta.dirname, "..", "..", "docs", "reference");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

describe("docs/reference", () => {
  it("is exactly what the sources give (node scripts/generate-reference.ts writes it)", async () => {
    const made = await referenceFiles();
    // The page of licences is written and judged by tests/supply-chain.
    expect(readdirSync(folder).toSorted()).toEqual([...Object.keys(made), "licences.md"].toSorted());
    for (const [name, text] of Object.entries(made)) expect(read(name)).toBe(text);
  });

  it("documents every code, and no code that does not exist", () => {
    const written = [...read("errors.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => String(code));
    expect(written.toSorted()).toEqual([...ERROR_CODES].toSorted());
  });

  it("documents every operation with its request, and no other", () => {
    const written = [...read("api.md").matchAll(/^\| `([a-z]+\.[a-z]+)` \| `([A-Z]+ [^`]+)` \|/gm)].map(
      ([, name, request]) => `${name} ${request}`,
    );
    expect(written.toSorted()).toEqual(
      OPERATION_NAMES.map((name) => `${name} ${OPERATIONS[name].method} ${OPERATIONS[name].path}`).toSorted(),
    );
  });
});
