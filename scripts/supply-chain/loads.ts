// What one program loads, as the bundler saw it. The build writes one such record for each program into dist/loads/.
import { z } from "zod";

/** One package whose code stands in the program. `folder` is its key in package-lock.json. */
const LoadedPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  folder: z.string(),
  marks: z.array(z.string()),
  from: z.array(z.string()),
});

export const Loads = z.strictObject({
  packages: z.array(LoadedPackage),
  /** Built-in modules with the packages that import them. */
  builtIns: z.record(z.string(), z.array(z.string())),
  /** What the bundler left outside the program, by the name it is loaded under. */
  outside: z.record(z.string(), z.array(z.string())),
});

export type LoadedPackage = Readonly<z.infer<typeof LoadedPackage>>;
export type Loads = {
  readonly packages: readonly LoadedPackage[];
  readonly builtIns: Readonly<Record<string, readonly string[]>>;
  readonly outside: Readonly<Record<string, readonly string[]>>;
};

/** Is this folder, a key of the lock, one of our own packages and not a stranger's? */
export const isOurs = (folder: string): boolean => !folder.includes("node_modules/");
