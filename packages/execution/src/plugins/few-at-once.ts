/** Does work that belongs to a key: at most `most` of one key at once, the others in the order in which they came. */
export const createFewAtOnce = (most: number): ((key: string, work: () => Promise<void>) => Promise<void>) => {
  const places = new Map<string, { taken: number; readonly waiting: (() => void)[] }>();
  return async (key, work) => {
    const place = places.get(key) ?? { taken: 0, waiting: [] };
    places.set(key, place);
    if (place.taken >= most) await new Promise<void>((resolve) => place.waiting.push(resolve));
    else place.taken += 1;
    try {
      await work();
    } finally {
      const next = place.waiting.shift();
      // Who waits takes the place over.
      if (next === undefined) place.taken -= 1;
      else next();
      if (place.taken === 0) places.delete(key);
    }
  };
};
