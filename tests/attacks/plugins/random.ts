/** Numbers from a seed (mulberry32): the same seed gives the same attacks. */
export interface Dice {
  below(most: number): number;
  oneOf<T>(these: readonly [T, ...T[]]): T;
}

export const diceOf = (seed: number): Dice => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (most: number): number => Math.floor(next() * most);
  return { below, oneOf: (these) => these[below(these.length)] ?? these[0] };
};
