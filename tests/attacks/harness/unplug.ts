import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Control } from "./controls.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

const urlOf = (path: string): string => {
  const [file = "", query] = path.split("?");
  const url = pathToFileURL(join(ROOT, file));
  if (query !== undefined) url.search = query;
  return url.href;
};

/** The plugs whose files or doubles are not there: an unplugged control that is still in place would prove nothing. */
export const missingIn = ({ plugs }: Control): readonly string[] =>
  plugs
    .flatMap(({ file, double }) => [file, double.split("?")[0] ?? ""])
    .filter((path) => !existsSync(join(ROOT, path)));

/**
 * From here on every module that asks for one of the control's files gets its double; the double alone gets the file itself. Gives a
 * function that says which of the files nobody asked for.
 */
export const unplug = (control: Control): (() => readonly string[]) => {
  const missing = missingIn(control);
  if (missing.length > 0) throw new Error(`${control.name} cannot be unplugged: ${missing.join(", ")} is not there`);
  const doubles = new Map(control.plugs.map(({ file, double }) => [urlOf(file), urlOf(double)]));
  const loaded = new Set<string>();
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      const double = doubles.get(found.url);
      if (double === undefined || context.parentURL === double) return found;
      loaded.add(found.url);
      return { ...found, url: double };
    },
  });
  return () => control.plugs.map(({ file }) => file).filter((file) => !loaded.has(urlOf(file)));
};
