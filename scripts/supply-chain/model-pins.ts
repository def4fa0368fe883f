// pins.json, in the room that opens the models, says which files they consist of, to the byte. The gateway carries it
// inside its program, so a file and its pin cannot be changed together on disk; here the whole folder is held against it.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const PINS = "packages/execution/src/models/demo/pins.json";

const ModelPins = z.record(
  z.string().regex(/^[a-z0-9-]+$/),
  z.strictObject({
    version: z.string(),
    licence: z.string(),
    source: z.string(),
    /** The one file that native code reads as the model. */
    weights: z.string(),
    files: z.record(
      z.string(),
      z.strictObject({ bytes: z.int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    ),
  }),
);

export type ModelPins = Readonly<z.infer<typeof ModelPins>>;

export const readModelPins = (root: string): ModelPins =>
  ModelPins.parse(JSON.parse(readFileSync(join(root, PINS), "utf8")));

/** Where the folder of models is not what its pins say, in sentences. */
export function judgeModels(root: string, pins: ModelPins, allowedLicences: readonly string[]): readonly string[] {
  const folder = join(root, "models");
  const said: string[] = [];
  const pinned = new Set<string>();
  for (const [name, { licence, weights, files }] of Object.entries(pins)) {
    if (!allowedLicences.includes(licence))
      said.push(`models/${name} is under ${licence}, which is not an allowed licence`);
    if (files[weights] === undefined) said.push(`models/${name} has no pin for its weights ${weights}`);
    for (const [file, pin] of Object.entries(files)) {
      const path = join(folder, name, file);
      pinned.add(`${name}/${file}`);
      const bytes = existsSync(path) ? readFileSync(path) : null;
      if (bytes === null) said.push(`models/${name}/${file} is pinned and missing`);
      else if (bytes.length !== pin.bytes)
        said.push(`models/${name}/${file} has ${bytes.length} bytes, its pin says ${pin.bytes}`);
      else if (createHash("sha256").update(bytes).digest("hex") !== pin.sha256) {
        said.push(`models/${name}/${file} is not what was pinned (SHA-256 differs)`);
      }
    }
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll("\\", "/");
    if (!entry.isDirectory() && !pinned.has(path)) said.push(`models/${path} has no pin in ${PINS}`);
  }
  return said;
}
