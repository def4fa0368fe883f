// Is dist/ older than its sources? The same question is asked by ./moltbot with find(1); keep the two alike.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./runtime.mjs";

const SOURCE = /\.(ts|css|html|json|svg|mjs)$/;
const SKIPPED = new Set(["node_modules", "dist", "generated"]);

function newerIn(folder, than) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name) && newerIn(path, than)) return true;
    } else if (SOURCE.test(entry.name) && !entry.name.endsWith(".test.ts")) {
      if (statSync(path).mtimeMs > than) return true;
    }
  }
  return false;
}

/** True when nothing was built yet or a source is newer than the last build. */
export function isStale() {
  const stamp = statSync(join(root, "dist", ".stamp"), { throwIfNoEntry: false });
  if (stamp === undefined) return true;
  for (const file of ["package-lock.json", "scripts/build.mjs"]) {
    if ((statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0) > stamp.mtimeMs) return true;
  }
  return newerIn(join(root, "packages"), stamp.mtimeMs);
}
