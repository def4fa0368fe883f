// Runs inside the test process. Tests that need more than npm (a browser, a machine that may be killed at) are
// collected and then reported as skipped with their reason, so that they never vanish from the count.
import { TestRunner } from "vitest";
import { reasonToSkip } from "./test-requirements.mjs";

function skipTree(task) {
  task.mode = "skip";
  for (const child of task.tasks ?? []) skipTree(child);
}

export default class MoltbotTestRunner extends TestRunner {
  onCollected(files) {
    for (const file of files) if (reasonToSkip(file.filepath) !== undefined) skipTree(file);
    return super.onCollected?.(files);
  }
}
