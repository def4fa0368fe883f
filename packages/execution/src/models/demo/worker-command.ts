import { existsSync, realpathSync } from "node:fs";
import { dirname, join, parse, sep } from "node:path";

const real = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

/** Where npm may have put the native library: beside the worker or in any folder above it. */
const libraryFolders = (workerPath: string): readonly string[] => {
  const found: string[] = [];
  const top = parse(workerPath).root;
  for (let folder = dirname(workerPath); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "@fugood");
    if (existsSync(candidate)) found.push(real(candidate));
    if (folder === top) return found;
  }
};

/**
 * The worker's command line. Node's permission model takes away network, children, writing and every file but the worker's
 * code, the native library and the model's folder: a second wall, since native code can step over it.
 */
export const workerCommand = (nodePath: string, workerPath: string, modelFile: string): readonly string[] => {
  const worker = real(workerPath);
  const readable = [dirname(worker), ...libraryFolders(worker), dirname(modelFile)];
  return [
    nodePath,
    "--permission",
    ...readable.map((folder) => `--allow-fs-read=${folder}${sep}`),
    "--allow-addons",
    "--max-old-space-size=64",
    "--disable-warning=SecurityWarning",
    worker,
  ];
};
