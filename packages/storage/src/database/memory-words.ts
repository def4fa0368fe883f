/** The virtual table of SQLite's index; what it is for, its dialect says. */
export const CREATE_MEMORY_WORDS =
  "CREATE VIRTUAL TABLE memory_words USING fts5(words, content='', contentless_delete=1, tokenize='ascii')";

/** The same for messages; words of texts that can be long, so places of words are not kept. */
export const CREATE_MESSAGE_WORDS =
  "CREATE VIRTUAL TABLE message_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii')";

const WORD = /[\p{L}\p{N}]+/gu;
const MOST_WORDS = 32;

/** The words of a text, in lower case and without marks; what is left of each is letters and digits, one token for the index. */
export const foldedWords = (text: string): readonly string[] =>
  text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").match(WORD) ?? [];

/** The different words of a query, at most 32; everything else is dropped, so no character of it can be search syntax. */
export const wordsOf = (query: string): readonly string[] => [...new Set(foldedWords(query))].slice(0, MOST_WORDS);

const SENTENCE_MARKS = /^[.,;:!?"“”'’()[\]{}…]+|[.,;:!?"“”'’()[\]{}…]+$/gu;
/** Parts of a query that the tokenizer would take apart, such as `C++`, `a_b` or `#42`; marks of the sentence around them are not theirs. */
export const codeLike = (query: string): readonly string[] =>
  [...new Set(query.split(/\s+/u).map((part) => part.replace(SENTENCE_MARKS, "")))]
    .filter((part) => /[^\p{L}\p{N}\p{M}'’-]/u.test(part))
    .slice(0, MOST_WORDS);
