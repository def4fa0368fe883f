/** Splits bytes into lines of at most `limit` bytes and hands them out in order; a longer line is an attack or a fault and ends the reading. */
export interface LineReader extends AsyncIterable<string> {
  push(bytes: Uint8Array): void;
  /** No more bytes come; a last line without an end is dropped: it was cut. */
  end(): void;
}

/** Makes a reader. `onOverflow` is called once when a line, or what nobody has read yet, grows past `limit` bytes. */
export const createLineReader = (limit: number, onOverflow: () => void): LineReader => {
  const decoder = new TextDecoder();
  const ready: string[] = [];
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let readyBytes = 0;
  let ended = false;
  let wake: (() => void) | null = null;

  const notify = (): void => {
    const waiting = wake;
    wake = null;
    waiting?.();
  };
  const overflow = (): void => {
    ended = true;
    rest = [];
    notify();
    onOverflow();
  };
  const take = (bytes: Uint8Array): void => {
    const line = decoder.decode(rest.length === 0 ? bytes : Buffer.concat([...rest, bytes]));
    rest = [];
    restBytes = 0;
    ready.push(line);
    readyBytes += line.length;
  };

  return {
    push(bytes) {
      if (ended) return;
      let from = 0;
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
        if (restBytes + at - from > limit || readyBytes > limit * 16) return overflow();
        take(bytes.subarray(from, at));
        from = at + 1;
      }
      if (from < bytes.length) {
        rest.push(bytes.slice(from));
        restBytes += bytes.length - from;
        if (restBytes > limit) return overflow();
      }
      notify();
    },
    end() {
      ended = true;
      notify();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const line = ready.shift();
        if (line !== undefined) {
          readyBytes -= line.length;
          yield line;
        } else if (ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
};
