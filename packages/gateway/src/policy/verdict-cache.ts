/** Answers by question, at most `most` of them; the one that was not asked for longest goes first. */
export interface VerdictCache {
  get(question: string): readonly string[] | undefined;
  put(question: string, answer: readonly string[]): void;
}

/** A longer question is not worth its memory. */
const LONGEST_QUESTION = 8 * 1024;

/** Makes an empty one. */
export const createVerdictCache = (most: number): VerdictCache => {
  const answers = new Map<string, readonly string[]>();
  return {
    get: (question) => {
      const known = answers.get(question);
      if (known === undefined) return undefined;
      answers.delete(question);
      answers.set(question, known);
      return known;
    },
    put: (question, answer) => {
      if (question.length > LONGEST_QUESTION) return;
      answers.set(question, answer);
      const [oldest] = answers.keys();
      if (answers.size > most && oldest !== undefined) answers.delete(oldest);
    },
  };
};
