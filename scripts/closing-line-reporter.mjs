// A vitest reporter. Its closing line, `N passed, N failed, N skipped`, is the last line of the output, whatever else
// is printed. A file that could not be loaded and an error outside every test each count as a failure.
import { writeSync } from "node:fs";
import { reasonToSkip } from "./test-requirements.mjs";

function write(text) {
  try {
    writeSync(1, `${text}\n`);
  } catch {
    // The reader of our output has gone; the exit code still tells the truth.
  }
}

export default class ClosingLineReporter {
  #line = "0 passed, 0 failed, 0 skipped";

  onInit(vitest) {
    if (!vitest.config.watch) process.once("exit", () => write(this.#line));
  }

  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: 0, skipped: 0 };
    const reasons = new Map();
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "passed") count.passed += 1;
        else if (state === "failed") failedHere += 1;
        else {
          count.skipped += 1;
          const reason = reasonToSkip(module.moduleId);
          if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      }
      if (failedHere === 0 && module.state() === "failed") failedHere = 1;
      count.failed += failedHere;
    }
    count.failed += unhandledErrors.length;
    for (const [reason, tests] of reasons) write(`skipped ${tests}: ${reason}`);
    this.#line = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
  }
}
