import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

const FOLDER = "tiny-router";
const FILE = "tiny-router.gguf";
/** SHA-256 of the model file. Threat: a model file is parsed by native code, so a swapped one is code of the one who swapped it. */
export const MODEL_SHA256 = "daeb794f9f4fcd7142929076d76a20f30a857720d3dc2b27c3230696feb3bb58";
/** Prompt and answer together, in tokens; it was trained on no more. */
export const CONTEXT_TOKENS = 144;

export interface PinnedModel {
  readonly file: string;
  readonly grammar: string;
}

/** The embedded model's file, checked against its pin just before it is used, and its grammar. MODEL_FILE_INVALID when it is another one or missing. */
export const openPinnedModel = async (
  modelsDirectory: string,
  hash: (bytes: Uint8Array) => string,
): Promise<Result<PinnedModel>> => {
  const file = join(modelsDirectory, FOLDER, FILE);
  try {
    const [bytes, grammar] = await Promise.all([
      readFile(file),
      readFile(join(modelsDirectory, FOLDER, "router.gbnf"), "utf8"),
    ]);
    if (hash(bytes) === MODEL_SHA256) return ok({ file, grammar });
  } catch {
    // missing or unreadable: as little ours as a changed one
  }
  return err(moltbotError("MODEL_FILE_INVALID", { file: `${FOLDER}/${FILE}` }));
};
