// Runs inside the test process. Tests that need more than npm (a browser, a machine that may be killed at) are
// collected and then reported as skipped with their reason, so that they never vanish from the count. Properties draw
// other cases on each run, or those of MOLTBOT_SEED where it is set: CI judges a change by cases that can be drawn again.
import { readFileSync } from "node:fs";
import { TestRunner } from "vitest";
import { reasonToSkip } from "./test-requirements.mjs";

const seed = Number.parseInt(process.env["MOLTBOT_SEED"] ?? "", 10);

function skipTree(task) {
  task.mode = "skip";
  for (const child of task.tasks ?? []) skipTree(child);
}

async function drawFrom(seedOfAll) {
  const { default: check } = await import("fast-check");
  check.configureGlobal({ ...check.readConfigureGlobal(), seed: seedOfAll });
}

export default class MoltbotTestRunner extends TestRunner {
  async onCollected(files) {
    for (const file of files) if (reasonToSkip(file.filepath) !== undefined) skipTree(file);
    const hasProperties = files.some((file) => readFileSync(file.filepath, "utf8").includes('from "fast-check"'));
    if (hasProperties && Number.isSafeInteger(seed)) await drawFrom(seed);
    return super.onCollected?.(files);
  }
}
