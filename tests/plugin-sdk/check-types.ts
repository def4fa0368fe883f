/** Asks the compiler about a plugin's main.js, with no more in the world than an isolate has: no browser, no Node. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const OPTIONS =
  "--ignoreConfig --noEmit --strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --module nodenext --target es2024 " +
  "--lib esnext --allowJs --checkJs --allowImportingTsExtensions --skipLibCheck";

/** What it says; an empty text: nothing. */
export const problemsOfTypes = (file: string): string => {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  try {
    return execFileSync(process.execPath, [tsc, ...OPTIONS.replace("", "").split(" "), file], {
      cwd: root,
      encoding: "utf8",
    });
  } catch (thrown) {
    return String((thrown as { stdout: unknown }).stdout); // execFileSync throws what holds it
  }
};
