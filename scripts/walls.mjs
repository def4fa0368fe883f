// The first reader of the walls: dependency-cruiser with the rules of .dependency-cruiser.cjs.
// dependency-cruiser reads TypeScript up to 6 and we build with 7, so it gets skeletons: for each source file a module
// that holds the file's imports and nothing else, types included, in the same tree. Names of our packages become the
// file their `exports` points to; a path that no `exports` names stays unresolvable, and that is reported.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { parseSync } from "rolldown/utils";
import { root } from "./runtime.mjs";

const slashes = (path) => path.replaceAll("\\", "/");

/** Every TypeScript file of the packages as [path from the root, its text]. */
export function readSources(base = root) {
  return readdirSync(join(base, "packages"), { recursive: true })
    .map((path) => `packages/${slashes(String(path))}`)
    .filter((path) => /\/src\/.*(?<!\.d)\.ts$/.test(path) && !/\/(node_modules|dist|generated)\//.test(path))
    .sort()
    .map((path) => [path, readFileSync(join(base, path), "utf8")]);
}

/** `@moltbot/core/guard` → `packages/core/src/guard/index.ts`, for every door that a package opens. */
export function readDoors(base = root) {
  const doors = new Map();
  for (const name of readdirSync(join(base, "packages"))) {
    const manifest = JSON.parse(readFileSync(join(base, "packages", name, "package.json"), "utf8"));
    for (const [door, target] of Object.entries(manifest.exports ?? {})) {
      if (typeof target === "string")
        doors.set(`${manifest.name}${door.slice(1)}`, `packages/${name}/${target.slice(2)}`);
    }
  }
  return doors;
}

const skeletonName = (path) => path.replace(/\.ts$/, ".mjs");

function skeleton(path, text, doors) {
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const specifiers = new Map(); // specifier → true when every import of it is type-only
  const add = (specifier, typeOnly) => specifiers.set(specifier, (specifiers.get(specifier) ?? true) && typeOnly);
  for (const { moduleRequest, entries } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every((entry) => entry.isType));
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) if (moduleRequest) add(moduleRequest.value, isType);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const written = text.slice(moduleRequest.start, moduleRequest.end);
    const literal = /^(["'`])([^"'`$]*)\1$/.exec(written);
    add(literal ? literal[2] : `computed import: ${written}`, false);
  }
  const lines = [];
  for (const [specifier, typeOnly] of specifiers) {
    let target = specifier;
    const door = doors.get(specifier);
    if (door !== undefined) target = slashes(relative(dirname(path), door));
    if (!target.startsWith(".") && door !== undefined) target = `./${target}`;
    if (/^\.{1,2}\//.test(target) && target.endsWith(".ts")) target = skeletonName(target);
    // Assets (a stylesheet) are no code of ours to judge.
    if (/\.(css|svg|html|json)(\?.*)?$/.test(target)) continue;
    lines.push(`import ${JSON.stringify(target)};${typeOnly ? " // type-only" : ""}`);
  }
  return lines;
}

/**
 * Judges [path, text] pairs by the rules and returns the violations as { rule, from, to, comment }.
 * Type-only imports are judged too, except where a rule says that a type carries no power.
 */
export async function judge(sources, base = root) {
  if (sources.length === 0) throw new Error("no source files were found; a wall without a house proves nothing");
  const { cruise } = await import("dependency-cruiser");
  const config = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs"));
  const doors = readDoors(base);
  mkdirSync(join(root, "dist"), { recursive: true });
  const mirror = mkdtempSync(join(root, "dist", ".walls-"));
  try {
    const typeOnly = new Set();
    for (const [path, text] of sources) {
      const file = join(mirror, skeletonName(path));
      mkdirSync(dirname(file), { recursive: true });
      const lines = skeleton(path, text, doors);
      writeFileSync(file, `${lines.join("\n")}\n`);
      for (const line of lines) {
        if (line.endsWith("// type-only"))
          typeOnly.add(`${skeletonName(path)} ${JSON.parse(/import (".*");/.exec(line)[1])}`);
      }
    }
    // Doors into what is built (design tokens) lead to a file that holds no code of ours.
    for (const target of doors.values()) {
      if (!target.includes("/dist/") || !target.endsWith(".ts")) continue;
      mkdirSync(dirname(join(mirror, target)), { recursive: true });
      writeFileSync(join(mirror, skeletonName(target)), "");
    }
    const rules = config.forbidden.map((rule) => {
      const { dependencyTypesNot: _, ...to } = rule.to;
      return { ...rule, to };
    });
    const sparesTypes = new Set(config.forbidden.filter((rule) => rule.to.dependencyTypesNot).map((rule) => rule.name));
    const { output } = await cruise(["packages"], {
      ...config.options,
      baseDir: mirror,
      validate: true,
      ruleSet: { forbidden: rules },
      outputType: "json",
    });
    const result = typeof output === "string" ? JSON.parse(output) : output;
    const specifierOf = new Map();
    for (const module of result.modules) {
      for (const edge of module.dependencies) specifierOf.set(`${module.source} ${edge.resolved}`, edge.module);
    }
    const comment = new Map(config.forbidden.map((rule) => [rule.name, rule.comment]));
    return result.summary.violations
      .filter(({ rule, from, to, cycle }) => {
        if (!sparesTypes.has(rule.name)) return true;
        const steps = cycle ? [from, ...cycle.map((step) => step.name ?? step)] : [from, to];
        const carriesPower = (step, i) => !typeOnly.has(`${steps[i]} ${specifierOf.get(`${steps[i]} ${step}`)}`);
        return steps.slice(1).every(carriesPower);
      })
      .map(({ rule, from, to, cycle }) => ({
        rule: rule.name,
        from: from.replace(/\.mjs$/, ".ts"),
        to: cycle
          ? cycle.map((step) => (step.name ?? step).replace(/\.mjs$/, ".ts")).join(" → ")
          : to.replace(/\.mjs$/, ".ts"),
        comment: comment.get(rule.name),
      }));
  } finally {
    rmSync(mirror, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const sources = readSources();
  const violations = await judge(sources);
  for (const { rule, from, to, comment } of violations) {
    process.stdout.write(`${rule}\n  ${from} imports ${to}\n  ${comment}\n`);
  }
  process.stdout.write(`${sources.length} files read, ${violations.length} walls broken\n`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
