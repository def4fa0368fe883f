import { generatedFrom } from "./grammar.ts";
import { HOSTILE } from "./hostile/index.ts";
import { openPluginHouse } from "./plugin-house.ts";

/** How many of the grammar one round plays, beside all that were written by hand in the first. */
const OF_THE_GRAMMAR = 250;

/** One round of hostile plugins in a gateway of its own: how many were played, how many of them ran, and what was gained. */
export const runPluginRound = async (
  at: number,
): Promise<{ readonly played: number; readonly ran: number; readonly harm: readonly string[] }> => {
  const house = await openPluginHouse();
  try {
    const these = [...(at === 0 ? HOSTILE : []), ...generatedFrom(1_000_000 + at * OF_THE_GRAMMAR, OF_THE_GRAMMAR)];
    const { played, harm } = await house.play(these);
    const ran = played.filter(({ calls }) => calls.some(({ status }) => status === "ok")).length;
    return { played: played.length, ran, harm: harm.map(({ ids, how }) => `${ids.join()}: ${how}`) };
  } finally {
    await house.close();
  }
};
