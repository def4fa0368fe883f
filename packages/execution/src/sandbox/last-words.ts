/** The last bytes a process wrote to its error output: for a developer with a debugger, never for logs, since libraries print content there. */
export interface LastWords {
  push(bytes: Uint8Array): void;
  text(): string;
}

/** Keeps at most `limit` bytes, the newest. */
export const createLastWords = (limit: number): LastWords => {
  let kept = Buffer.alloc(0);
  return {
    push(bytes) {
      kept = Buffer.concat([kept, bytes.subarray(-limit)]).subarray(-limit);
    },
    text: () => kept.toString("utf8"),
  };
};
