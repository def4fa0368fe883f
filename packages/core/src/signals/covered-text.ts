/** Texts of a page that its reader does not see. The runs between their marks cannot hold the marks, so each is read once. */
const COVERED: readonly RegExp[] = [
  /<!--([^<>]{20,8000})-->/g,
  /\]\([^()\s]{1,500} ["']([^"\n]{40,4000})["']\)/g,
  /\s(?:alt|title|aria-label|aria-description|data-[a-z-]{1,40}|content|placeholder|summary)=(?:"([^"<>]{40,4000})"|'([^'<>]{40,4000})')/gi,
];
/** Comments of a language that has none: nobody writes sentences there but for a machine. */
const COMMENTS_OF_MARKDOWN: readonly RegExp[] = [
  /^[ \t]{0,3}\[(?:\/\/|comment|_metadata_:[\w-]{0,40}|#)\]: ?(?:#|<>) ?["(']([^\n]{20,4000})/gim,
  /(?<=[^\n\S])\[\/\/\]: ?# ?["(']([^\n]{20,4000})/g,
];
const STYLED_AWAY =
  /<[a-z][a-z0-9-]{0,20}\s[^<>]{0,400}?(?:display\s?:\s?none|visibility\s?:\s?hidden|font-size\s?:\s?[01](?:px|pt|em|rem|%)?\s?[;"']|opacity\s?:\s?0(?:\.0+)?\s?[;"']|(?:left|top|text-indent|margin-left)\s?:\s?-\d{3,5}|clip\s?:\s?rect|(?:max-)?height\s?:\s?0|width\s?:\s?0|\shidden(?=[\s>=])|color\s?:\s?(?:#fff(?:fff)?|white|transparent))[^<>]{0,400}>([^<]{12,8000})/gi;

const WORDS = /\p{L}{2,}[^\p{L}]{1,4}\p{L}+[^\p{L}]{1,4}\p{L}{2,}[^\p{L}]{1,4}\p{L}+/u;
/** Words that ask somebody to do something. */
const ASKS =
  /(?<!\p{L})(?:please|ignore|disregard|forget|send|e-?mail|forward|transfer|pay|delete|remove|share|invite|create|schedule|reserve|book|buy|post|visit|open|click|fetch|upload|download|reply|tell|say|give|make|update|change|add|read|write|execute|run|you must|you should|assistant|bitte|sende|lösche|überweise|envoie|envoyez|supprime|envía|elimina|invia|отправь|удали|请|发送|送って|してください)(?!\p{L})/iu;

const hasWords = (text: string): boolean => WORDS.test(text);
const asks = (text: string): boolean => hasWords(text) && ASKS.test(text);

const countOf = (text: string, patterns: readonly RegExp[], counts: (words: string) => boolean): number =>
  patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .filter(([, ...groups]) => groups.some((group: string | undefined) => group !== undefined && counts(group))).length;

/** Passages that a page hides from its reader and that ask for something; a comment that only explains is none. */
export const coveredTextIn = (text: string): ReadonlyMap<string, number> => {
  if (!/[<\]]/.test(text)) return new Map();
  const covered = countOf(text, COVERED, asks) + countOf(text, COMMENTS_OF_MARKDOWN, hasWords);
  const styled = countOf(text, [STYLED_AWAY], hasWords);
  return new Map(
    (
      [
        ["passages that a page does not show", covered],
        ["passages that a page makes too small, too pale or too far away to read", styled],
      ] as const
    ).filter(([, count]) => count > 0),
  );
};
