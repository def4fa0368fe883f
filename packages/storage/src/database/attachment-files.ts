import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { newId, sha256Hex } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { FRAMING, SEALED_FRAME, openFile, sealFile, unreadable } from "./attachment-format.ts";
import type { Framing } from "./attachment-format.ts";
import { ofConversation } from "./subjects.ts";
import type { AttachmentOwner } from "./subjects.ts";
import { syncFolder } from "../audit/index.ts";

/** The bytes of attachments, encrypted, each where the MAC of its content says. */
export interface AttachmentFiles {
  /** Where this content of this conversation lies or would lie. Nobody without its keys can tell that two contents are equal. */
  addressOf(owner: Omit<AttachmentOwner, "id">, content: Uint8Array): Result<string>;
  /** Durable when it returns. What lies there is replaced as a whole. */
  write(address: string, owner: AttachmentOwner, content: Uint8Array): Promise<Result<void>>;
  /** The very bytes that were written for this attachment; CONTENT_UNREADABLE for a file that is missing, cut, changed or another's. */
  read(address: string, owner: AttachmentOwner): Promise<Result<Uint8Array>>;
  /** Overwrites and unlinks; false when nothing lay there. */
  remove(address: string): Promise<Result<boolean>>;
  /** Removes what lies at none of the known addresses: what a crash left between file and row. Returns how many went. */
  sweep(known: ReadonlySet<string>): Promise<Result<number>>;
  /** Where everything lies that is whole. */
  addresses(): Promise<Result<readonly string[]>>;
}

/** How many zeros are written at once. */
const ZEROS = 1_048_576;
const PURPOSE = "attachment content";
const ADDRESS = /^[0-9a-f]{64}$/;
const TEMPORARY = ".new-";

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
const diskFault = (thrown: unknown): Result<never> => {
  const code = codeOf(thrown);
  if (!/^E[A-Z]+$/.test(code)) throw thrown;
  return err(moltbotError("DATABASE_UNAVAILABLE", { problem: `the folder of attachments (${code})` }));
};

const writeAll = async (file: FileHandle, pieces: Iterable<Uint8Array>): Promise<void> => {
  for (const piece of pieces)
    for (let written = 0; written < piece.length;)
      written += (await file.write(piece, written, piece.length - written)).bytesWritten;
};

const readFile = async (path: string): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of createReadStream(path, { highWaterMark: SEALED_FRAME })) pieces.push(piece as Buffer); // no encoding is set
  return Buffer.concat(pieces);
};

/** Overwrites what a name stands for before the name goes: a disk that writes in place keeps nothing of it. */
const overwrite = async (path: string): Promise<void> => {
  const { size } = await stat(path);
  const file = await open(path, "r+");
  try {
    const zeros = Buffer.alloc(Math.min(size, ZEROS));
    for (let at = 0; at < size; at += zeros.length) await file.write(zeros, 0, Math.min(zeros.length, size - at), at);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** The attachments of a home, with what the tests replace. */
export const attachmentFilesWith = (
  { folder, sealer }: { readonly folder: string; readonly sealer: ContentSealer },
  framing: Framing,
): AttachmentFiles => {
  const pathOf = (address: string): string => {
    // An address comes from a row; one that is none must never become a path.
    if (!ADDRESS.test(address)) throw new TypeError("not an address of an attachment");
    return join(folder, address.slice(0, 2), address.slice(2));
  };

  const addresses = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const first of await readdir(folder).catch((thrown: unknown) => {
      if (codeOf(thrown) === "ENOENT") return [];
      throw thrown;
    })) {
      if (!/^[0-9a-f]{2}$/.test(first)) continue;
      for (const rest of await readdir(join(folder, first))) found.push(`${first}${rest}`);
    }
    return found;
  };

  const erase = async (path: string): Promise<boolean> => {
    try {
      await overwrite(path);
    } catch (thrown) {
      if (codeOf(thrown) === "ENOENT") return false;
      throw thrown;
    }
    await rm(path, { force: true });
    await syncFolder(dirname(path));
    return true;
  };

  const guarded = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    try {
      return await work();
    } catch (thrown) {
      return diskFault(thrown);
    }
  };

  return {
    addressOf: ({ conversationId, ownerId }, content) =>
      sealer.mac(ofConversation(conversationId, ownerId), PURPOSE, sha256Hex(content)),
    write: (address, owner, content) =>
      guarded(async () => {
        const sealed = sealFile(sealer, framing, owner, content);
        if (!sealed.ok) return sealed;
        const path = pathOf(address);
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        const temporary = join(dirname(path), `${TEMPORARY}${newId()}`);
        try {
          const file = await open(temporary, "wx", 0o600);
          try {
            await writeAll(file, sealed.value.pieces);
            await file.sync();
          } finally {
            await file.close();
          }
          await rename(temporary, path);
        } catch (thrown) {
          await rm(temporary, { force: true });
          throw thrown;
        } finally {
          sealed.value.forget();
        }
        await syncFolder(dirname(path));
        await syncFolder(folder);
        return done;
      }),
    read: (address, owner) =>
      guarded(async () => {
        try {
          return openFile(sealer, framing, owner, await readFile(pathOf(address)));
        } catch (thrown) {
          if (codeOf(thrown) === "ENOENT") return unreadable();
          throw thrown;
        }
      }),
    remove: (address) => guarded(async () => ok(await erase(pathOf(address)))),
    sweep: (known) =>
      guarded(async () => {
        let gone = 0;
        for (const address of await addresses()) {
          if (known.has(address)) continue;
          // Whatever lies here was ours: a name that is no address is a write that a crash cut off.
          if (await erase(join(folder, address.slice(0, 2), address.slice(2)))) gone += 1;
        }
        return ok(gone);
      }),
    addresses: () => guarded(async () => ok((await addresses()).filter((address) => ADDRESS.test(address)))),
  };
};

/**
 * Opens the folder of a home's attachments; it is made with the first of them. Each file has a key of its own, sealed under the
 * attachment, its conversation and its owner, and its content in frames of 1 MiB (AES-256-GCM).
 */
export const openAttachmentFiles = (place: {
  readonly folder: string;
  readonly sealer: ContentSealer;
}): AttachmentFiles => attachmentFilesWith(place, FRAMING);
