import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
// Built into the program. Threat: pins that are read beside the files would be changed together with them.
import pins from "./pins.json" with { type: "json" };

const FOLDER = "tiny-router";
/** The files that native code parses. Threat: a swapped one is code of the one who swapped it. */
const MODEL_FILE = "tiny-router.gguf";
const GRAMMAR_FILE = "router.gbnf";
const { [MODEL_FILE]: MODEL_PIN, [GRAMMAR_FILE]: GRAMMAR_PIN } = pins[FOLDER].files;
/** Prompt and answer together, in tokens; it was trained on no more. */
export const CONTEXT_TOKENS = 144;

export interface PinnedModel {
  readonly file: string;
  readonly grammar: string;
}

/** The embedded model's file and its grammar, each checked against its pin just before it is used. MODEL_FILE_INVALID when one is another or missing. */
export const openPinnedModel = async (
  modelsDirectory: string,
  hash: (bytes: Uint8Array) => string,
): Promise<Result<PinnedModel>> => {
  const file = join(modelsDirectory, FOLDER, MODEL_FILE);
  try {
    const [model, grammar] = await Promise.all([readFile(file), readFile(join(modelsDirectory, FOLDER, GRAMMAR_FILE))]);
    if (hash(model) !== MODEL_PIN.sha256)
      return err(moltbotError("MODEL_FILE_INVALID", { file: `${FOLDER}/${MODEL_FILE}` }));
    if (hash(grammar) === GRAMMAR_PIN.sha256) return ok({ file, grammar: grammar.toString("utf8") });
    return err(moltbotError("MODEL_FILE_INVALID", { file: `${FOLDER}/${GRAMMAR_FILE}` }));
  } catch {
    // missing or unreadable: as little ours as a changed one
    return err(moltbotError("MODEL_FILE_INVALID", { file: `${FOLDER}/${MODEL_FILE}` }));
  }
};
