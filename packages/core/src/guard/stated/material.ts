import { bareWords } from "./token.ts";

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Who reports, translates, quotes, supposes or forbids shows a text: nobody can tell which sentences of the message are it. */
const SHOWING = set(
  "said says saying wrote writes told tells asked asks claims claimed wants wanted demands demanded mentioned mentions " +
    "replied suggests suggested insists begs urges reads mean means meaning translate translation proofread paraphrase rephrase " +
    "quote quotation phrase following below above imagine suppose supposing assume pretend hypothetically example e.g forbidden " +
    "prohibited illegal subject sagt sagte schrieb schreibt fragt fragte bittet bat will heißt bedeutet bedeutung übersetze " +
    "übersetzung folgende folgendes folgenden folgender unten oben beispiel angenommen verboten dit écrit demande signifie " +
    "traduis traduction suivant suivante ci-dessous ci-dessus exemple supposons interdit dice dijo escribió significa traduce " +
    "traducción siguiente abajo arriba ejemplo supongamos prohibido",
);

/** Behind "this" and "here is" begins what is shown. */
const POINTING =
  /(?:^|[\s(])(?:this|these|here(?:\s+(?:is|are)|['’]s)|hier\s+(?:ist|sind|kommt)|dies(?:e[mnrs]?)?|ce|cet|cette|ceci|voici|este|esta|esto|aquí)(?=$|[\s.,;!?)])/iu;

const SIGN_OFF = set(
  "thanks thank thx cheers regards best kind sincerely yours love danke viele liebe grüße gruß mit mfg lg merci cordialement " +
    "bien gracias saludos",
);
const LONGEST_SIGN_OFF = 5;
const CAPITAL = /^\p{Lu}/u;
/** A line of dashes, or a dash and a name; whatever follows the name on its line, the letter above it stays a letter. */
const SEPARATOR = /^(?:--+\s*$|[-–—]+\s?\p{Lu})/u;

/** A line that ends a letter, with a name behind it or below: the message may be the letter. */
const isSignOff = (line: string, next: string): boolean => {
  if (SEPARATOR.test(line)) return true;
  const words = line.split(/\s+/u);
  if (!SIGN_OFF.has(bareWords(words[0] ?? "")[0] ?? "")) return false;
  return (
    words.slice(1, LONGEST_SIGN_OFF).some((word) => CAPITAL.test(word)) || (next.length <= 60 && CAPITAL.test(next))
  );
};

const isSigned = (text: string): boolean => {
  const lines = text
    .split(/[\n\r\v\f\u2028\u2029]/u)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.some((line, at) => isSignOff(line, lines[at + 1] ?? ""));
};

/** Where in a message somebody else's text may begin. */
export interface Material {
  /** Whether all of the message may be it. */
  readonly everywhere: boolean;
  /** The first colon that announces something; the text's length when there is none. */
  readonly colon: number;
  /** The first word that points at something; what stands in a later sentence may be that. */
  readonly pointing: number;
}

const orEnd = (at: number, text: string): number => (at === -1 ? text.length : at);

/** Finds what may be shown rather than said. */
export const materialOf = (text: string): Material => ({
  everywhere: bareWords(text).some((word) => SHOWING.has(word)) || isSigned(text),
  colon: orEnd(text.search(/[:：](?!\/\/|\d)/u), text),
  pointing: orEnd(text.search(POINTING), text),
});
