import type { Signal } from "@moltbot/contracts";
import { canariesIn } from "./canaries.ts";
import { hiddenTextIn } from "./hidden-text.ts";
import { injectionPhrasesIn } from "./injection-phrases.ts";

/** What only the caller knows. */
export interface SignalFacts {
  /** Whether a text of a canary's form is one that this home laid out. */
  readonly isCanary: (text: string) => boolean;
}

/** "212 characters that cannot be seen (tags)"; one is told in the singular. */
const counted = (count: number, what: string): string =>
  count === 1 ? `one ${what.replace(/s(?= )/, "")}` : `${count} ${what}`;

const times = (count: number, one: string, many: string): string => (count === 1 ? `one ${one}` : `${count} ${many}`);

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

/** Every kind of hidden text, with how much of it there is in all of them. */
const hiddenIn = (texts: readonly string[]): ReadonlyMap<string, number> => {
  const all = new Map<string, number>();
  for (const [what, count] of texts.flatMap((text) => [...hiddenTextIn(text)]))
    all.set(what, (all.get(what) ?? 0) + count);
  return all;
};

/** All that is noticed in a text, in words that hold nothing of it. */
export const signalsIn = (text: string, facts: SignalFacts): readonly Signal[] => signalsInAll([text], facts);

/** The same of several texts, each read by itself and counted together. */
export const signalsInAll = (texts: readonly string[], { isCanary }: SignalFacts): readonly Signal[] => {
  const hidden = [...hiddenIn(texts)].map(([what, count]): Signal => ({
    kind: "hidden-text",
    says: counted(count, what),
    count,
  }));
  const phrases = sum(texts.map(injectionPhrasesIn));
  const canaries = texts.flatMap(canariesIn).filter(isCanary).length;
  return [
    ...hidden,
    ...(phrases === 0
      ? []
      : [
          {
            kind: "injection-phrase" as const,
            says: times(
              phrases,
              "phrase that gives orders to an assistant",
              "phrases that give orders to an assistant",
            ),
            count: phrases,
          },
        ]),
    ...(canaries === 0
      ? []
      : [{ kind: "canary" as const, says: times(canaries, "of your canaries", "of your canaries"), count: canaries }]),
  ];
};
