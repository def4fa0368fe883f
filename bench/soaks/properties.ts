import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../tests/support/gateway-process.ts";

/** Far from the seed of CI, and another one each round. */
const FIRST_SEED = 1_000;

const filesWithProperties = (): readonly string[] =>
  globSync(["packages/*/src/**/*.test.ts", "tests/**/*.test.ts"], { cwd: PROJECT }).filter((path) =>
    readFileSync(join(PROJECT, path), "utf8").includes('from "fast-check"'),
  );

/** Every test file that has properties, once, with cases that no round before it drew; what fails is printed with its seed. */
export const runPropertyRound = async (
  at: number,
): Promise<{ readonly held: boolean; readonly facts: Readonly<Record<string, number>> }> => {
  const files = filesWithProperties();
  const vitest = join(PROJECT, "node_modules", "vitest", "vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", ...files], {
    cwd: PROJECT,
    env: { ...process.env, MOLTBOT_SEED: String(FIRST_SEED + at), NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const [, passed = "0", failed = "0"] = /(\d+) passed, (\d+) failed, \d+ skipped\s*$/.exec(said) ?? [];
  if (code !== 0) process.stderr.write(said.slice(Math.max(0, said.indexOf("Failed Tests"))));
  return { held: code === 0, facts: { files: files.length, passed: Number(passed), failed: Number(failed) } };
};
