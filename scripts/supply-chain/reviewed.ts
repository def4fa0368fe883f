// deps/reviewed.json: what people decided about dependencies and a program cannot know.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Reasons = z.record(z.string(), z.string().min(10));
const Reviewed = z.strictObject({
  allowedLicences: z.array(z.string()),
  installScripts: Reasons,
  withoutIntegrity: Reasons,
  /** Program → package that it loads by a path or a computed name, which no bundler sees → why. */
  loadsByPath: z.record(z.string(), Reasons),
});

export type Reviewed = Readonly<z.infer<typeof Reviewed>>;

export const readReviewed = (root: string): Reviewed =>
  Reviewed.parse(JSON.parse(readFileSync(join(root, "deps", "reviewed.json"), "utf8")));
