import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AttachmentId, ConversationId, PrincipalId } from "@moltbot/contracts";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { attachmentFilesWith, openAttachmentFiles } from "./attachment-files.ts";
import type { AttachmentFiles } from "./attachment-files.ts";
import type { AttachmentOwner } from "./subjects.ts";
import { codeOf, memorySealer, must, next } from "./testing/world.ts";

const MEGABYTE = 1_048_576;
const folders: string[] = [];
let folder: string;
let sealer: ReturnType<typeof memorySealer>;
let files: AttachmentFiles;

const owner = (): AttachmentOwner => ({
  id: next(AttachmentId),
  conversationId: next(ConversationId),
  ownerId: next(PrincipalId),
});
const bytesOf = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) % 256));
const keep = async (who: AttachmentOwner, content: Uint8Array): Promise<string> => {
  // The title of its conversation was sealed before any file of it.
  must(sealer.seal([`conversation:${who.conversationId}`, `person:${who.ownerId}`], "title", "t"));
  const address = must(files.addressOf(who, content));
  must(await files.write(address, who, content));
  return address;
};
const pathOf = (address: string): string => join(folder, address.slice(0, 2), address.slice(2));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-attachments-"));
  folders.push(folder);
  sealer = memorySealer();
  files = openAttachmentFiles({ folder, sealer });
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

describe("an attachment's file", () => {
  it.each([0, 1, 5, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE + 17])("gives back %i bytes", async (length) => {
    const who = owner();
    const content = bytesOf(length);
    const address = await keep(who, content);
    expect(Buffer.from(must(await files.read(address, who))).equals(content)).toBe(true);
    expect(must(await files.addresses())).toEqual([address]);
  });

  it("shows nothing of its content, nor that two conversations have the same", async () => {
    const content = Buffer.from("canary canary canary");
    const [one, two] = [owner(), owner()];
    const first = await keep(one, content);
    const second = await keep(two, content);
    expect(first).not.toBe(second);
    expect(readFileSync(pathOf(first)).includes("canary")).toBe(false);
    expect(codeOf(await files.read(first, two))).toBe("CONTENT_UNREADABLE");
    expect(codeOf(await files.read(first, { ...one, id: two.id }))).toBe("CONTENT_UNREADABLE");
  });

  it("is found again by equal content", async () => {
    const who = owner();
    const address = await keep(who, bytesOf(100));
    expect(must(files.addressOf(who, bytesOf(100)))).toBe(address);
    expect(must(files.addressOf(who, bytesOf(101)))).not.toBe(address);
  });

  it.each(["attachment", "conversation", "person"])("is unreadable once the key of its %s is gone", async (kind) => {
    const who = owner();
    const address = await keep(who, bytesOf(10));
    const ids: Readonly<Record<string, string>> = {
      attachment: who.id,
      conversation: who.conversationId,
      person: who.ownerId,
    };
    sealer.erase(`${kind}:${ids[kind] ?? ""}`);
    expect(codeOf(await files.read(address, who))).toBe("CONTENT_UNREADABLE");
  });

  it("is refused when any byte of it was changed", async () => {
    const who = owner();
    const address = await keep(who, bytesOf(40));
    const whole = readFileSync(pathOf(address));
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(pathOf(address), changed);
      expect(codeOf(await files.read(address, who)), `byte ${String(at)}`).toBe("CONTENT_UNREADABLE");
    }
  });

  it("is refused when it was cut, at any length, or when something was appended", async () => {
    const who = owner();
    const address = await keep(who, bytesOf(40));
    const whole = readFileSync(pathOf(address));
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(pathOf(address), whole.subarray(0, length));
      expect(codeOf(await files.read(address, who)), `${String(length)} bytes`).toBe("CONTENT_UNREADABLE");
    }
    writeFileSync(pathOf(address), Buffer.concat([whole, Buffer.of(0)]));
    expect(codeOf(await files.read(address, who))).toBe("CONTENT_UNREADABLE");
    rmSync(pathOf(address));
    expect(codeOf(await files.read(address, who))).toBe("CONTENT_UNREADABLE");
  });

  const frameAt = (file: Buffer, index: number, sealed: number): Buffer => {
    const begin = 8 + file.readUInt32BE(4) + index * sealed;
    return file.subarray(begin, begin + sealed);
  };
  const swapFrames = (path: string): void => {
    const sealed = MEGABYTE + 29;
    const file = readFileSync(path);
    const begin = 8 + file.readUInt32BE(4);
    writeFileSync(
      path,
      Buffer.concat([
        file.subarray(0, begin),
        frameAt(file, 1, sealed),
        frameAt(file, 0, sealed),
        file.subarray(begin + 2 * sealed),
      ]),
    );
  };

  it("is refused when two of its frames changed places", async () => {
    const who = owner();
    const address = await keep(who, bytesOf(2 * MEGABYTE));
    swapFrames(pathOf(address));
    expect(codeOf(await files.read(address, who))).toBe("CONTENT_UNREADABLE");
  });

  it("would be read in any order if frames were not bound to their place (unplug)", async () => {
    files = attachmentFilesWith({ folder, sealer }, { bind: () => "everywhere" });
    const who = owner();
    const content = bytesOf(2 * MEGABYTE);
    content.fill(1, 0, MEGABYTE);
    const address = await keep(who, content);
    swapFrames(pathOf(address));
    const read = Buffer.from(must(await files.read(address, who)));
    expect(read.equals(content)).toBe(false);
  });

  it("is overwritten and unlinked when it is removed", async () => {
    const who = owner();
    const address = await keep(who, bytesOf(10));
    expect(must(await files.remove(address))).toBe(true);
    expect(must(await files.remove(address))).toBe(false);
    expect(readdirSync(join(folder, address.slice(0, 2)))).toEqual([]);
  });

  it("never becomes a path that leads elsewhere", async () => {
    await expect(files.remove("../../etc/passwd")).rejects.toThrow(TypeError);
    await expect(files.read("aa", owner())).rejects.toThrow(TypeError);
  });
});

describe("sweeping", () => {
  it("removes what no row knows and what a crash cut off, and nothing else", async () => {
    const who = owner();
    const known = await keep(who, bytesOf(10));
    const orphan = await keep(owner(), bytesOf(11));
    writeFileSync(join(folder, orphan.slice(0, 2), ".new-x"), "half");
    mkdirSync(join(folder, "other"), { recursive: true });
    writeFileSync(join(folder, "other", "mine"), "not an attachment");
    expect(must(await files.sweep(new Set([known])))).toBe(2);
    expect(must(await files.addresses())).toEqual([known]);
    expect(readFileSync(join(folder, "other", "mine"), "utf8")).toBe("not an attachment");
    must(await files.read(known, who));
  });

  it("finds nothing in a home that has no attachments yet", async () => {
    const empty = openAttachmentFiles({ folder: join(folder, "none"), sealer });
    expect(must(await empty.sweep(new Set()))).toBe(0);
    expect(codeOf(await empty.write("aa".repeat(32), owner(), bytesOf(1)))).toBe("ok");
  });

  it("says which folder cannot be used when the disk refuses", async () => {
    const blocked = join(folder, "file");
    writeFileSync(blocked, "");
    const broken = openAttachmentFiles({ folder: blocked, sealer });
    expect(codeOf(await broken.addresses())).toBe("DATABASE_UNAVAILABLE");
    expect(codeOf(await broken.write("aa".repeat(32), owner(), bytesOf(1)))).toBe("DATABASE_UNAVAILABLE");
  });
});
