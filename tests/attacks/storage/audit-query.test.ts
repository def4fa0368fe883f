import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const WORDS = ["", ":", "\n", '"', "\\", "{", "}", "\ud800", "\u0000", " ", '"}', "a".repeat(64)] as const;
const QUERIES: readonly Readonly<Record<string, string>>[] = [
  { tool: "calc" },
  ...["tool", "person", "trace", "decision", "agent", "event"].flatMap((name) =>
    WORDS.map((word) => ({ [name]: word })),
  ),
  { tool: "", person: "", from: "2026-01-01T00:00:00.000Z" },
  { from: "", to: "" },
];

/** In a process of its own: one that never came back would take the test with it. One line for each query that ends. */
const ask = (queries: readonly object[]): { readonly status: number | null; readonly found: readonly string[] } => {
  const audit = fileURLToPath(new URL("../../../packages/storage/src/audit", import.meta.url));
  const script = `
    const { queryLog } = await import(${JSON.stringify(`${audit}/query-log.ts`)});
    const { recordLine } = await import(${JSON.stringify(`${audit}/log-line.ts`)});
    const lines = Array.from({ length: 50 }, (_, sequence) =>
      recordLine({ sequence, at: "2026-01-02T03:04:05.678Z", event: "tool:intended", actor: "a", fields: { tool: "calc" }, commitments: {} }).line);
    const bytes = Buffer.from(lines.join("\\n") + "\\n");
    const file = { read: async (from, length) => bytes.subarray(from, from + length), size: async () => bytes.length };
    for (const query of ${JSON.stringify(queries)}) {
      const found = await queryLog(file, bytes.length, query, 100);
      process.stdout.write((found.ok ? String(found.value.length) : found.error.code) + "\\n");
    }`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 8_000 });
  return { status, found: stdout.toString().trimEnd().split("\n") };
};

describe("a query of the audit log", { timeout: 30_000 }, () => {
  it("ends, whatever it looks for, and finds only what was asked for", () => {
    const { status, found } = ask(QUERIES);
    expect(QUERIES[found.length], "the query that did not end").toBeUndefined();
    expect(status).toBe(0);
    expect(found).toEqual(QUERIES.map(({ tool }) => (tool === "calc" ? "50" : "0")));
  });
});
