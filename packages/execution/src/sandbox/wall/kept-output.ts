/** Keeps the beginning and the end of what it is given. */
export interface EndsOf {
  push(bytes: Uint8Array): void;
  /** What was kept; where something was left out, a line in its middle says how much. */
  whole(): Uint8Array;
  dropped(): number;
}

/** The newest bytes of a stream, at most `limit` of them; what is older is dropped and counted. */
export interface NewestOf {
  push(bytes: Uint8Array): void;
  /** Takes what is there away. */
  take(): { readonly bytes: Uint8Array; readonly dropped: number };
}

/** Makes a keeper of at most `limit` bytes. Pieces are held until they are worth a copy, so that many small ones cost little. */
export const keepNewest = (limit: number): NewestOf => {
  let pieces: Uint8Array[] = [];
  let [held, dropped] = [0, 0];
  const trim = (): void => {
    const all = Buffer.concat(pieces);
    dropped += Math.max(0, held - limit);
    const kept = held > limit ? Buffer.from(all.subarray(held - limit)) : all;
    pieces = [kept];
    held = kept.length;
  };
  return {
    push(bytes) {
      pieces.push(bytes);
      held += bytes.length;
      if (held > limit * 2 || pieces.length > 1_024) trim();
    },
    take() {
      trim();
      const taken = { bytes: pieces[0] ?? new Uint8Array(), dropped };
      [pieces, held, dropped] = [[], 0, 0];
      return taken;
    },
  };
};

/** Makes a keeper of at most `limit` bytes, half of them from the beginning. */
export const keepEnds = (limit: number): EndsOf => {
  const most = Math.ceil(limit / 2);
  const first: Uint8Array[] = [];
  let begun = 0;
  const last = keepNewest(limit - most);
  let rest: ReturnType<NewestOf["take"]> | null = null;
  const ended = (): ReturnType<NewestOf["take"]> => (rest ??= last.take());
  return {
    push(bytes) {
      const head = bytes.subarray(0, most - begun);
      if (head.length > 0) first.push(head);
      begun += head.length;
      if (head.length < bytes.length) last.push(bytes.subarray(head.length));
    },
    whole() {
      const { bytes, dropped } = ended();
      const gap = dropped === 0 ? "" : `\n[… ${String(dropped)} bytes left out …]\n`;
      return Buffer.concat([...first, Buffer.from(gap), bytes]);
    },
    dropped: () => ended().dropped,
  };
};
