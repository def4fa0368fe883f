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

/** All that is noticed in a text, in words that hold nothing of it. */
export const signalsIn = (text: string, { isCanary }: SignalFacts): readonly Signal[] => {
  const hidden = [...hiddenTextIn(text)].map(([what, count]): Signal => ({
    kind: "hidden-text",
    says: counted(count, what),
    count,
  }));
  const phrases = injectionPhrasesIn(text);
  const canaries = canariesIn(text).filter(isCanary).length;
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
