import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { SPENDER, openUsage } from "./operations/testing/kept-usage.ts";

const PROGRAM = fileURLToPath(new URL("./operations/testing/spend-until-killed.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "moltbot-spent-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LANES = 3;

interface Delivered {
  readonly tokens: number;
  readonly money: number;
}

interface Heard {
  readonly finished: readonly Delivered[];
  /** Answers of which words were delivered, and no end. */
  readonly open: number;
}

/** Lets it spend until it said so many lines, kills it at once, and returns all that it said. */
const killAfter = async (file: string, lines: number): Promise<Heard> => {
  const child = spawn(process.execPath, [PROGRAM, file], { stdio: ["ignore", "pipe", "inherit"] });
  const finished: Delivered[] = [];
  let begun = 0;
  let said = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [tokens, money] = line.split(" ").map(Number);
    if (line === "words") begun += 1;
    else if (tokens !== undefined && money !== undefined) finished.push({ tokens, money });
    if ((said += 1) === lines) child.kill("SIGKILL");
  }
  return { finished, open: begun - finished.length };
};
const sumOf = (said: readonly Delivered[], of: keyof Delivered): number => said.reduce((sum, one) => sum + one[of], 0);

describe("a process killed while models answer", () => {
  it("has counted all that it delivered, half answers as whole ones, and at most one answer more of each turn", async () => {
    const file = join(folder, "moltbot.db");
    const said: Delivered[] = [];
    let open = 0;
    let most = 0;
    for (const lines of [1, 2, 15, 80, 240]) {
      const heard = await killAfter(file, lines);
      expect(heard.open).toBeLessThanOrEqual(LANES);
      said.push(...heard.finished);
      open += heard.open;
      // The next answers of each turn, which may have been counted and not delivered any more.
      most += LANES * (Math.max(0, ...heard.finished.map(({ tokens }) => tokens)) + 101 + SPENDER.most);
      const database = await openUsage(file);
      const recovered = await database.usage.recover();
      expect(recovered.ok && recovered.value <= LANES).toBe(true);
      expect(await database.usage.recover()).toEqual({ ok: true, value: 0 });
      const subjects = [
        { kind: "house", id: SPENDER.tenantId },
        { kind: "person", id: SPENDER.person },
        { kind: "agent", id: SPENDER.agent },
        { kind: "model", id: "m" },
      ] as const;
      const used = await database.usage.used(SPENDER.tenantId, SPENDER.day, subjects);
      await database.close();
      if (!used.ok) throw new Error(used.error.message);
      const amounts = (unit: "tokens" | "money") =>
        used.value.filter((row) => row.unit === unit).map(({ amount }) => amount);
      const [counted = 0] = amounts("tokens");
      // A broken-off answer may have been counted by what it took, which was less than the most.
      expect(counted).toBeGreaterThanOrEqual(sumOf(said, "tokens") + 2 * open);
      expect(counted).toBeLessThanOrEqual(sumOf(said, "tokens") + most);
      expect(amounts("money")[0]).toBeGreaterThanOrEqual(sumOf(said, "money"));
      // All of an answer or nothing: every account says the same.
      expect(amounts("tokens")).toEqual(Array(subjects.length).fill(counted));
      expect(new Set(amounts("money")).size).toBe(1);
    }
    expect(said.length).toBeGreaterThan(100);
  });
});
