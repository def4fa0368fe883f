/** A name: at most three words of letters and digits, each of at most twenty. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}'’._-]{0,19}( [\p{L}\p{N}][\p{L}\p{N}'’._-]{0,19}){0,2}$/u;

/**
 * The name of an imported agent. A name opens the prompt of every turn, outside all that is marked as somebody else's words: what
 * is longer than a name is a sentence, and a sentence from a folder is nobody's instruction.
 */
export const nameAgent = (wanted: string, id: string): string => {
  const name = wanted.normalize("NFC").trim();
  return NAME.test(name) ? name : `Imported ${id.slice(-4)}`;
};
