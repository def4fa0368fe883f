/**
 * What may be noticed in a text from outside: words that cannot be seen, phrases that give orders to a model, canaries. Pure
 * and linear in the text. Signals mark and alarm: nothing here may ever allow anything, and no decision may rest on a text in
 * which nothing was noticed. The gateway asks for what tools return and for what people paste.
 */
export { canariesIn } from "./canaries.ts";
export { hiddenTextIn } from "./hidden-text.ts";
export { injectionPhrasesIn } from "./injection-phrases.ts";
export { signalsIn, signalsInAll } from "./signals-in.ts";
export type { SignalFacts } from "./signals-in.ts";
