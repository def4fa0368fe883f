/** What is open around the place that is read: the keys of an object so far, or nothing for a list. */
type Level = Set<string> | null;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the string that opens at `start` ends, its closing quote included. */
const endOfString = (text: string, start: number): number => {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
};

/**
 * The first key that stands twice in one object of a valid JSON text (RFC 8259, section 4), however it is escaped; undefined when
 * there is none. Two readers of such a text may see two different requests: the one that was looked at and the one that is done.
 */
export const repeatedKey = (text: string): string | undefined => {
  const open: Level[] = [];
  /** Whether the next string is a key: after the brace or comma of an object. */
  let atKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (atKey && keys instanceof Set) {
        const written = text.slice(at + 1, end - 1);
        const key = written.includes("\\") ? String(JSON.parse(text.slice(at, end))) : written;
        if (keys.has(key)) return key;
        keys.add(key);
      }
      atKey = false;
      at = end - 1;
      continue;
    }
    switch (text[at]) {
      case "{":
        open.push(new Set());
        atKey = true;
        break;
      case "[":
        open.push(null);
        break;
      case "}":
      case "]":
        open.pop();
        atKey = false;
        break;
      case ",":
        atKey = open.at(-1) instanceof Set;
        break;
      default:
    }
  }
  return undefined;
};
