/** Lets work under one name wait for the work before it; what has different names goes on at once. */
export type OneAfterAnother = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** A new set of queues; one is forgotten when nothing waits in it. */
export const oneAfterAnother = (): OneAfterAnother => {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const before = last.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
};
