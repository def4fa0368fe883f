/** Tries to start programs when this process has no descriptor left, and says how each try ended. Run it with a low limit of them. */
import { openSync } from "node:fs";
import type { Result } from "@moltbot/contracts";
import { createSandbox } from "../../start-process.ts";
import { WALL_PARTS } from "../begin-behind-wall.ts";
import { startBy } from "../start-behind-wall.ts";
import { smallJob } from "./small-job.ts";

const useAll = (): void => {
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {
    // that was the last
  }
};
const codeOf = (result: Result<unknown>): string => (result.ok ? "started" : result.error.code);
const start = startBy("/bin/true", { ...WALL_PARTS, openGroup: () => null });
const sandbox = createSandbox();
const job = smallJob("/");
process.stdout.write("begins ");
useAll();
const codes = [
  codeOf(start(job)),
  codeOf(sandbox.start({ argv: ["/bin/true"], cwd: "/", env: {}, limits: { memoryBytes: 1_000_000 } })),
];
process.stdout.write(codes.join(" "));
