// A program in a folder of its own with the libraries that a test plants in it, bundled by the real bundler.
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { listLines } from "../../scripts/supply-chain/list-text.ts";
import type { Loads } from "../../scripts/supply-chain/loads.ts";
import { parseLock } from "../../scripts/supply-chain/lockfile.ts";
import { recordLoads } from "../../scripts/supply-chain/record-loads.ts";
import { traceOutside } from "../../scripts/supply-chain/trace-outside.ts";

export type Library = {
  readonly version?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly locked?: Readonly<Record<string, unknown>>;
};

export type PlantedProgram = {
  /** The lines that its list would hold. */
  readonly lines: readonly string[];
  /** The bundled program. */
  readonly file: string;
};

/** Bundles `main` with `libraries` under node_modules; names in `outside` stay where they lie. */
export async function plantProgram(
  main: string,
  libraries: Readonly<Record<string, Library>>,
  outside: readonly string[] = [],
): Promise<PlantedProgram> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "planted-")));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put("package.json", JSON.stringify({ name: "planted", version: "1.0.0", type: "module" }));
  put("main.js", main);
  const packages: Record<string, unknown> = {};
  for (const [name, { version = "1.0.0", files, locked = {} }] of Object.entries(libraries)) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version, main: "index.js" }));
    for (const [file, text] of Object.entries(files)) put(`node_modules/${name}/${file}`, text);
    packages[`node_modules/${name}`] = { version, ...locked };
  }
  const lock = parseLock(JSON.stringify({ name: "planted", version: "1.0.0", lockfileVersion: 3, packages }));
  let loads: Loads = { packages: [], builtIns: {}, outside: {} };
  const bundle = await rolldown({
    input: { main: join(root, "main.js") },
    cwd: root,
    platform: "node",
    external: [...outside],
    tsconfig: false,
    logLevel: "silent",
    plugins: [recordLoads(root, (seen) => (loads = seen))],
  });
  await bundle.write({ dir: join(root, "out"), format: "esm", entryFileNames: "main.mjs" });
  await bundle.close();
  return {
    lines: listLines(loads, await traceOutside(root, lock, loads.outside), new Set()),
    file: join(root, "out", "main.mjs"),
  };
}
