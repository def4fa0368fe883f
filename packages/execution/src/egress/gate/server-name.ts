const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ENCRYPTED_HELLO = 0xfe0d;
const MOST_BYTES = 65_536;

/** What the first bytes of a client say. `more`: not all of it has come; `name` is null where none is named. */
export type Hello =
  | { readonly kind: "more" }
  | { readonly kind: "hello"; readonly name: string | null }
  | { readonly kind: "refused"; readonly problem: string };

const refused = (problem: string): Hello => ({ kind: "refused", problem });

/** Reads bytes one after the other; past the end it throws, which the caller takes as damage. */
const reader = (bytes: Buffer) => {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError("cut off");
    return bytes.subarray(at, (at += length));
  };
  return {
    take,
    number: (length: 1 | 2 | 3): number => take(length).readUIntBE(0, length),
    left: (): number => bytes.length - at,
  };
};

/** The handshake's own bytes out of its records; null while some are missing. */
const messageOf = (bytes: Buffer): Buffer | "no TLS" | null => {
  const pieces: Buffer[] = [];
  let rest = bytes;
  for (;;) {
    if ((rest.length > 0 && rest[0] !== HANDSHAKE) || (rest.length > 1 && rest[1] !== 3)) return "no TLS";
    if (rest.length < 5) return null;
    const length = rest.readUInt16BE(3);
    if (length === 0 || length > 16_384) return "no TLS";
    if (rest.length < 5 + length) return null;
    pieces.push(rest.subarray(5, 5 + length));
    const message = Buffer.concat(pieces);
    if (message[0] !== CLIENT_HELLO) return "no TLS";
    if (message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3))
      return message.subarray(4, 4 + message.readUIntBE(1, 3));
    rest = rest.subarray(5 + length);
  }
};

const nameIn = (extension: Buffer): string => {
  const list = reader(extension);
  const names = reader(list.take(list.number(2)));
  if (list.left() !== 0 || names.number(1) !== 0) throw new RangeError("no list of names");
  const name = names.take(names.number(2)).toString("latin1").toLowerCase();
  if (names.left() !== 0) throw new RangeError("two names");
  return name;
};

const namesOf = (message: Buffer): Hello => {
  const hello = reader(message);
  hello.take(2 + 32);
  hello.take(hello.number(1));
  hello.take(hello.number(2));
  hello.take(hello.number(1));
  if (hello.left() === 0) return { kind: "hello", name: null };
  const extensions = reader(hello.take(hello.number(2)));
  let name: string | null = null;
  while (extensions.left() > 0) {
    const kind = extensions.number(2);
    const content = extensions.take(extensions.number(2));
    // What it really asks for would stand in there, unread.
    if (kind === ENCRYPTED_HELLO) return refused("its hello is encrypted");
    if (kind !== SERVER_NAME) continue;
    if (name !== null) return refused("it names two servers");
    name = nameIn(content);
  }
  return { kind: "hello", name };
};

/** The server that a client asks for in its TLS hello (RFC 6066, 3; RFC 8446, 4.1.2). Whatever is not plainly one hello is refused. */
export const serverNameOf = (bytes: Buffer): Hello => {
  const message = messageOf(bytes);
  if (message === "no TLS") return refused("it does not speak TLS");
  if (message === null) return bytes.length > MOST_BYTES ? refused("its hello is too long") : { kind: "more" };
  try {
    return namesOf(message);
  } catch {
    return refused("its hello is damaged");
  }
};
