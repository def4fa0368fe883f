/** Where a program behind the gate wants to go, as far as it has said so. `greeted`: it waits for `reply` before it says more. */
export type Asked =
  | { readonly kind: "more" }
  | { readonly kind: "greeted"; readonly reply: Buffer; readonly used: number }
  | { readonly kind: "asked"; readonly place: string; readonly speaks: "http" | "socks"; readonly used: number }
  | { readonly kind: "refused"; readonly reply: Buffer };

const MOST_HEAD = 8_192;

/** Answers, by what the program speaks. */
export const REPLIES = Object.freeze({
  http: Object.freeze({
    open: Buffer.from("HTTP/1.1 200 OK\r\n\r\n"),
    refused: Buffer.from("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
  }),
  socks: Object.freeze({
    open: Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    refused: Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]),
  }),
});

const readConnect = (bytes: Buffer): Asked => {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return bytes.length > MOST_HEAD ? { kind: "refused", reply: REPLIES.http.refused } : { kind: "more" };
  const place = /^CONNECT ([^\s/?#@]{1,300}:\d{1,5}) HTTP\/1\.[01]\r\n/.exec(
    bytes.subarray(0, end + 2).toString("latin1"),
  );
  return place?.[1] === undefined || end > MOST_HEAD
    ? { kind: "refused", reply: REPLIES.http.refused }
    : { kind: "asked", place: place[1], speaks: "http", used: end + 4 };
};

const addressOf = (bytes: Buffer): { readonly host: string; readonly end: number } | "more" | null => {
  const kind = bytes[3];
  const length = kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? bytes.readUInt8(4) : 0;
  const start = kind === 3 ? 5 : 4;
  if (length === 0) return null;
  if (bytes.length < start + length + 2) return "more";
  const address = bytes.subarray(start, start + length);
  const host =
    kind === 1
      ? address.join(".")
      : kind === 4
        ? `[${address.toString("hex").replace(/.{4}(?!$)/g, "$&:")}]`
        : address.toString("latin1");
  return /[^A-Za-z0-9._:[\]-]/.test(host) ? null : { host, end: start + length };
};

/** A SOCKS5 request (RFC 1928): CONNECT alone, without a name of its own. */
const readSocks = (bytes: Buffer, isGreeted: boolean): Asked => {
  if (!isGreeted) {
    const methods = bytes[1];
    if (methods === undefined || bytes.length < 2 + methods) return { kind: "more" };
    if (!bytes.subarray(2, 2 + methods).includes(0)) return { kind: "refused", reply: Buffer.from([5, 255]) };
    return { kind: "greeted", reply: Buffer.from([5, 0]), used: 2 + methods };
  }
  if (bytes.length < 5) return { kind: "more" };
  const address = bytes[1] === 1 && bytes[2] === 0 ? addressOf(bytes) : null;
  if (address === "more") return { kind: "more" };
  if (address === null) return { kind: "refused", reply: REPLIES.socks.refused };
  const place = `${address.host}:${String(bytes.readUInt16BE(address.end))}`;
  return { kind: "asked", place, speaks: "socks", used: address.end + 2 };
};

/** Reads what a program asks of the gate; `isGreeted` says that the SOCKS greeting was answered. */
export const readRequest = (bytes: Buffer, isGreeted: boolean): Asked => {
  if (bytes.length === 0) return { kind: "more" };
  return bytes[0] === 5 ? readSocks(bytes, isGreeted) : readConnect(bytes);
};
