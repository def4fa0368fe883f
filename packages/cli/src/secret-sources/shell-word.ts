/** A text as one word of a POSIX shell, in which nothing is expanded or run: a person may paste it. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
