import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { openBytes, randomBytes, sealBytes } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { ofAttachment } from "./subjects.ts";
import type { AttachmentOwner } from "./subjects.ts";

/** What the tests replace; the program never does. */
export interface Framing {
  /** What a frame is bound to, beside its key. */
  readonly bind: (id: string, index: number, frames: number) => string;
}

const FRAME = 1_048_576;
export const SEALED_FRAME = FRAME + 29;
const MAGIC = Buffer.from("MBA1");
const LENGTH_BYTES = 4;
const LONGEST_HEADER = 4_096;

/** The frames cannot be cut, swapped, repeated or taken from another file: each is bound to its place among all of them. */
export const FRAMING: Framing = {
  bind: (id, index, frames) => `moltbot:attachment-frame:v1\n${id}\n${String(index)}\n${String(frames)}`,
};

interface Header {
  readonly key: string;
  readonly frames: number;
  readonly bytes: number;
}

export const unreadable = (): Result<never> => err(moltbotError("CONTENT_UNREADABLE"));

const framesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / FRAME));

/** The header's text as it stands sealed in the file, and where the frames begin. */
const splitFile = (file: Buffer): { readonly header: Buffer; readonly rest: Buffer } | null => {
  const begin = MAGIC.length + LENGTH_BYTES;
  if (file.length < begin || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const length = file.readUInt32BE(MAGIC.length);
  if (length > LONGEST_HEADER || file.length < begin + length) return null;
  return { header: file.subarray(begin, begin + length), rest: file.subarray(begin + length) };
};

const isHeader = (value: unknown): value is Header =>
  typeof value === "object" &&
  value !== null &&
  "key" in value &&
  typeof value.key === "string" &&
  "frames" in value &&
  Number.isSafeInteger(value.frames) &&
  "bytes" in value &&
  Number.isSafeInteger(value.bytes);

/** A file that is being made. */
export interface SealedFile {
  /** From its beginning to its end, sealed as they are asked for. */
  readonly pieces: Iterable<Uint8Array>;
  /** Overwrites the key that its frames are sealed with. */
  forget(): void;
}

/** How the file of an attachment is written: a key of its own, sealed with its owner's, and the content in frames under it. */
export const sealFile = (
  sealer: ContentSealer,
  framing: Framing,
  owner: AttachmentOwner,
  content: Uint8Array,
): Result<SealedFile> => {
  const key = randomBytes(32);
  const frames = framesOf(content.length);
  const header: Header = { key: Buffer.from(key).toString("base64url"), frames, bytes: content.length };
  const sealed = sealer.seal(ofAttachment(owner), `${owner.id}/file`, JSON.stringify(header));
  if (!sealed.ok) return sealed;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(sealed.value.length);
  const pieces = function* (): Generator<Uint8Array> {
    yield* [MAGIC, length, sealed.value];
    for (let index = 0; index < frames; index += 1)
      yield sealBytes(key, content.subarray(index * FRAME, (index + 1) * FRAME), framing.bind(owner.id, index, frames));
  };
  return ok({ pieces: pieces(), forget: () => void key.fill(0) });
};

/** The very bytes that were sealed for this attachment; CONTENT_UNREADABLE for a file that is cut, changed or another's. */
export const openFile = (
  sealer: ContentSealer,
  framing: Framing,
  owner: AttachmentOwner,
  file: Buffer,
): Result<Uint8Array> => {
  const split = splitFile(file);
  if (split === null) return unreadable();
  const text = sealer.open(ofAttachment(owner), `${owner.id}/file`, split.header);
  if (!text.ok) return text;
  const header: unknown = JSON.parse(text.value); // authenticated: `sealFile` made it
  if (!isHeader(header)) return unreadable();
  const key = Buffer.from(header.key, "base64url");
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < header.frames; index += 1) {
    const sealed = split.rest.subarray(index * SEALED_FRAME, (index + 1) * SEALED_FRAME);
    const piece = openBytes(key, sealed, framing.bind(owner.id, index, header.frames));
    if (!piece.ok) return piece;
    pieces.push(piece.value);
  }
  const content = Buffer.concat(pieces);
  const appended = split.rest.length > header.bytes + header.frames * (SEALED_FRAME - FRAME);
  return content.length !== header.bytes || appended ? unreadable() : ok(content);
};
