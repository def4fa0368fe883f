import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";

/** The worker as a build makes it: one file. Whoever asks removes it. */
export const buildWorker = async (source: string): Promise<{ readonly path: string; remove(): void }> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-worker-"));
  await build({
    input: { "plugin-worker": source },
    platform: "node",
    tsconfig: false,
    logLevel: "silent",
    output: { dir: folder, format: "cjs", codeSplitting: false, entryFileNames: "[name].cjs" },
  });
  return {
    path: join(folder, "plugin-worker.cjs"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
