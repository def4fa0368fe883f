import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/gateway-process.ts";

/** Builds the web app into a folder, whose content it replaces. */
export const buildWebApp = (folder: string): void => {
  if (!existsSync(join(PROJECT, "packages/design/dist/tokens.css"))) {
    spawnSync(process.execPath, [join(PROJECT, "packages/design/build.mjs")], { stdio: "inherit" });
  }
  // Built as it ships: a test run's NODE_ENV would choose the libraries' development builds.
  const built = spawnSync(
    process.execPath,
    [
      join(PROJECT, "node_modules/vite/bin/vite.js"),
      "build",
      join(PROJECT, "packages/web"),
      "--outDir",
      folder,
      "--emptyOutDir",
      "--logLevel",
      "error",
    ],
    { encoding: "utf8", env: { ...process.env, NODE_ENV: "production" } },
  );
  if (built.status !== 0) throw new Error(built.stderr);
};
