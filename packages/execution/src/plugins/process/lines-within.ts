const NEWLINE = 10;

/** Splits what arrives into lines. */
export interface Lines {
  push(bytes: Uint8Array): void;
}

/** Hands out each line at once; one of more than `mostBytes` is called out instead, once, and nothing is kept or read after it. */
export const linesWithin = (mostBytes: number, take: (line: string) => void, tooLong: () => void): Lines => {
  let [rest, restBytes, isOver]: [Uint8Array[], number, boolean] = [[], 0, false];
  const fits = (more: number): boolean => {
    if (restBytes + more <= mostBytes) return true;
    [rest, isOver] = [[], true];
    tooLong();
    return false;
  };
  return {
    push: (bytes) => {
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at !== -1 && !isOver; at = bytes.indexOf(NEWLINE, from)) {
        if (!fits(at - from)) return;
        const line = Buffer.concat([...rest, bytes.subarray(from, at)]).toString("utf8");
        [rest, restBytes, from] = [[], 0, at + 1];
        take(line);
      }
      if (isOver || from === bytes.length || !fits(bytes.length - from)) return;
      rest.push(bytes.slice(from));
      restBytes += bytes.length - from;
    },
  };
};
