/** The model's control tokens. Its tokeniser cannot be told to read them as plain text, so they must not stand in any. */
export const CONTROL_TOKENS = ["<|user|>", "<|bot|>", "<|tool|>", "</s>", "<s>", "<unk>"] as const;

/**
 * A stranger's text as one line in which no control token can stand. Threat: a literal `<|bot|>` in a message or a fetched
 * page would end the person's words and let the rest speak as the model. A space after the `<` that would begin such a
 * token takes each of them apart and leaves every other text as it was.
 */
export const harmless = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .replaceAll(/<(?=\||\/?s>|unk>)/g, "< ");
