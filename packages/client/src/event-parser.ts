/** One server-sent event: `event` is "message" when it had no name, `id` the last id seen on the stream ("" when none). */
export interface ParsedEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/**
 * Parses an event stream (HTML standard, server-sent events) from text that arrives in pieces of any size. Comments and unfinished
 * events are dropped; CR, LF and CRLF end lines, also when a piece ends between the two.
 */
export const createEventParser = (onEvent: (event: ParsedEvent) => void): { push(text: string): void } => {
  let rest = "";
  let started = false;
  let afterReturn = false;
  let name = "";
  let id = "";
  let data: string[] = [];

  const dispatch = (): void => {
    if (data.length > 0) onEvent({ event: name === "" ? "message" : name, data: data.join("\n"), id });
    name = "";
    data = [];
  };

  const field = (line: string): void => {
    const colon = line.indexOf(":");
    const key = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (key === "data") data.push(value);
    else if (key === "event") name = value;
    else if (key === "id" && !value.includes("\0")) id = value;
  };

  return {
    push(text) {
      let piece = text;
      if (!started && piece !== "") {
        started = true;
        if (piece.startsWith("\uFEFF")) piece = piece.slice(1);
      }
      if (afterReturn && piece !== "") {
        afterReturn = false;
        if (piece.startsWith("\n")) piece = piece.slice(1);
      }
      // Only the new piece is searched: an event of many pieces costs its length, not its square.
      const endings = /\r\n|\r|\n/g;
      let from = 0;
      for (let match = endings.exec(piece); match !== null; match = endings.exec(piece)) {
        const line = rest + piece.slice(from, match.index);
        rest = "";
        from = endings.lastIndex;
        if (match[0] === "\r" && from === piece.length) afterReturn = true;
        if (line === "") dispatch();
        else field(line);
      }
      rest += piece.slice(from);
    },
  };
};
