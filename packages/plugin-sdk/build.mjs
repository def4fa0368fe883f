// Builds the package as authors get it: `node packages/plugin-sdk/build.mjs [FOLDER]`, otherwise dist/plugin-sdk. Inside this repository
// its sources are read as they are; Node strips no types below node_modules, so what is published is JavaScript with declarations.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "rolldown";

const here = import.meta.dirname;
const root = join(here, "..", "..");
const out = resolve(process.argv[2] ?? join(root, "dist", "plugin-sdk"));

/** What stands behind each door: the name of its file without an ending. */
const doorsOf = (exports) =>
  Object.fromEntries(
    Object.entries(exports).map(([door, source]) => [door, source.replace(/^\.\/src\//, "").replace(/\.ts$/, "")]),
  );

const { private: _, exports, ...manifest } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const doors = doorsOf(exports);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  input: Object.fromEntries(Object.values(doors).map((name) => [name, join(here, "src", `${name}.ts`)])),
  platform: "neutral",
  logLevel: "warn",
  output: { dir: out, format: "esm", entryFileNames: "[name].js", chunkFileNames: "shared/[name].js" },
});
const DECLARATIONS =
  "--ignoreConfig --declaration --emitDeclarationOnly --allowImportingTsExtensions --target es2024 --lib esnext,dom " +
  "--module nodenext --strict --skipLibCheck --types node";
execFileSync(
  process.execPath,
  [
    join(root, "node_modules", "typescript", "bin", "tsc"),
    ...Object.values(doors).map((name) => join(here, "src", `${name}.ts`)),
    ...DECLARATIONS.split(" "),
    "--rootDir",
    join(here, "src"),
    "--outDir",
    out,
  ],
  { cwd: root },
);
// Declarations keep the endings of their sources, and of those none is published.
for (const path of readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".d.ts"))) {
  const text = readFileSync(join(out, path), "utf8");
  writeFileSync(join(out, path), text.replace(/ from "(\.[^"]*)\.ts";/g, ' from "$1.js";'));
}
writeFileSync(
  join(out, "package.json"),
  `${JSON.stringify(
    {
      ...manifest,
      exports: Object.fromEntries(
        Object.entries(doors).map(([door, name]) => [door, { types: `./${name}.d.ts`, default: `./${name}.js` }]),
      ),
    },
    null,
    2,
  )}\n`,
);
copyFileSync(join(here, "README.md"), join(out, "README.md"));
copyFileSync(join(root, "LICENSE"), join(out, "LICENSE"));
