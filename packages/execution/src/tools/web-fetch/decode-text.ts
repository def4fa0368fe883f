const LOOKED_AT = 1024;
const MARKS: readonly (readonly [readonly number[], string])[] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];

/** A decoder for a name of the Encoding standard; null for a name that it does not know. */
const decoderOf = (name: string | undefined): TextDecoder | null => {
  if (name === undefined || name === "") return null;
  try {
    return new TextDecoder(name);
  } catch {
    return null;
  }
};

/** What a page or a feed says of itself in its first bytes; one that says UTF-16 there cannot be it. */
const declared = (body: Uint8Array): string | undefined => {
  const head = new TextDecoder("latin1").decode(body.subarray(0, LOOKED_AT));
  const said =
    /^\s{0,9}<\?xml[^>]{0,200}encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})/i.exec(head)?.[1] ??
    /<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})/i.exec(head)?.[1];
  return said !== undefined && /^utf-?16/i.test(said) ? "utf-8" : said;
};

/** A body as text, by its byte order mark, the header's charset, what it says of itself, or else UTF-8, or what old pages are in. */
export const decodeText = (body: Uint8Array, charset: string | undefined, saysItself: boolean): string => {
  const mark = MARKS.find(([bytes]) => bytes.every((byte, at) => body[at] === byte))?.[1];
  const decoder = decoderOf(mark) ?? decoderOf(charset) ?? (saysItself ? decoderOf(declared(body)) : null);
  if (decoder !== null) return decoder.decode(body);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return new TextDecoder("windows-1252").decode(body);
  }
};
