import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import { createBackup, openBackup, realBackupDisk, restoreBackup, verifyBackup } from "./index.ts";
import type { BackupDisk, BackupItem, BackupTarget } from "./index.ts";
import { openBytes, sealBytes } from "../crypto/index.ts";
import { FRAME_HEAD_BYTES } from "./frame.ts";
import { FIXED_BYTES } from "./header.ts";
import { KEY, fileOf, folder, must, removeFolders, snapshotOf, sourceOf, wishFor } from "./testing/small-backup.ts";

afterEach(removeFolders);

const made = async (wish: Parameters<typeof wishFor>[1] = {}): Promise<string> => {
  const file = join(folder(), "small.backup");
  must(await createBackup(wishFor(file, wish)));
  return file;
};

const itemsOf = async (
  file: string,
  ...sealing: readonly Parameters<typeof openBackup>[2][]
): Promise<readonly BackupItem[]> => {
  const backup = must(await openBackup(file, KEY, sealing[0]));
  const items: BackupItem[] = [];
  for await (const item of backup.items()) items.push(item);
  await backup.close();
  return items;
};

/** Whether a reader of the backup is told that something is wrong. */
const isReported = async (file: string): Promise<boolean> => {
  const report = await verifyBackup(file, KEY);
  return !report.ok || !report.value.ok;
};

/** The frames of a file, head and all. */
const framesOf = (bytes: Buffer): { readonly prefix: Buffer; readonly frames: readonly Buffer[] } => {
  const begin = FIXED_BYTES + bytes.readUInt32BE(FIXED_BYTES - 4);
  const frames: Buffer[] = [];
  for (let at = begin; at < bytes.length;) {
    const end = at + FRAME_HEAD_BYTES + bytes.readUInt32BE(at + 1);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return { prefix: bytes.subarray(0, begin), frames };
};

describe("a backup", () => {
  it("gives back every row, line and file that went into it", async () => {
    const items = await itemsOf(await made());
    expect(items).toEqual([
      {
        kind: "rows",
        table: "people",
        columns: ["id", "name"],
        rows: [
          ["p1", new Uint8Array([0, 255, 7])],
          ["p2", null],
        ],
      },
      {
        kind: "rows",
        table: "things",
        columns: ["n", "word"],
        rows: [
          [1, 'dé\n"x"'],
          [-2.5, ""],
        ],
      },
      { kind: "rows", table: "nothing", columns: ["id"], rows: [] },
      { kind: "audit", bytes: Buffer.from('{"record":1}\n{"record":2}\n') },
      { kind: "attachment", path: "ab/cdef", last: true, bytes: Buffer.from("sealed bytes") },
      { kind: "file", path: "moltbot.json5", last: true, bytes: Buffer.from("{}") },
      { kind: "end", auditRecords: 2 },
    ]);
  });

  it("says what it holds when it is verified", async () => {
    const file = await made();
    expect(must(await verifyBackup(file, KEY))).toEqual({
      ok: true,
      file,
      at: "2026-11-22T12:00:00.000Z",
      engine: "sqlite",
      rows: 4,
      auditRecords: 2,
      attachments: 1,
      faults: [],
    });
  });

  it("is for this user alone", async () => {
    expect(statSync(await made()).mode & 0o777).toBe(0o600);
  });

  it("cuts large tables and files into frames and puts them together again", async () => {
    const big = "x".repeat(1_300_000);
    const rows = Array.from({ length: 3_000 }, (_, n) => [n, "y".repeat(500)] as const);
    const file = await made({
      source: sourceOf({
        snapshot: snapshotOf({ things: { columns: ["n", "word"], rows } }),
        async *attachments() {
          yield fileOf("ab/big", big);
        },
      }),
    });
    const items = await itemsOf(file);
    const pieces = items.flatMap((item) => (item.kind === "attachment" ? [item] : []));
    expect(pieces.map(({ last }) => last)).toEqual([false, false, true]);
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).toString()).toBe(big);
    const tables = items.flatMap((item) => (item.kind === "rows" ? [item] : []));
    expect(tables.length).toBeGreaterThan(1);
    expect(tables.flatMap((item) => item.rows)).toEqual(rows);
  });

  it("shows nothing of its rows without the key", async () => {
    const bytes = readFileSync(
      await made({
        source: sourceOf({ snapshot: snapshotOf({ people: { columns: ["id", "name"], rows: [["p1", "Adelheid"]] } }) }),
      }),
    );
    for (const word of ["Adelheid", "people", "cdef", "moltbot.json5", "record"])
      expect(bytes.includes(word)).toBe(false);
  });

  it("closes the snapshot whether it succeeds or not", async () => {
    let closed = 0;
    const snapshot = snapshotOf(undefined, () => (closed += 1));
    const file = await made({ source: sourceOf({ snapshot }) });
    expect((await createBackup(wishFor(join(file, "below a file"), { source: sourceOf({ snapshot }) }))).ok).toBe(
      false,
    );
    expect(closed).toBe(2);
  });

  it("passes on what the database says when it cannot be read", async () => {
    const file = join(folder(), "small.backup");
    const refused = err(moltbotError("DATABASE_DAMAGED", { problem: "a page" }));
    const snapshot = {
      ...snapshotOf(),
      async *rows() {
        yield refused;
      },
    };
    expect(await createBackup(wishFor(file, { source: sourceOf({ snapshot }) }))).toEqual(refused);
    expect(readdirSync(join(file, ".."))).toEqual([]);
  });
});

describe("a disk that refuses", () => {
  const refusing = (code: string, after: number): BackupDisk => ({
    ...realBackupDisk,
    create: async (path) => {
      const file = await realBackupDisk.create(path);
      let left = after;
      return {
        ...file,
        write: async (bytes) => {
          left -= bytes.length;
          if (left < 0) throw Object.assign(new Error("full"), { code });
          await file.write(bytes);
        },
      };
    },
  });

  it("leaves no file at all when it is full, wherever that happens", async () => {
    const whole = readFileSync(await made()).length;
    for (const after of [0, 1, 100, 400, whole - 1]) {
      const place = folder();
      const result = await createBackup(wishFor(join(place, "a.backup"), { disk: refusing("ENOSPC", after) }));
      expect(result).toMatchObject({ ok: false, error: { code: "BACKUP_PLACE" } });
      expect(!result.ok && result.error.message).toContain("ENOSPC");
      expect(readdirSync(place)).toEqual([]);
    }
  });

  it("is named when a sync fails, and nothing lies under the final name", async () => {
    const place = folder();
    const disk: BackupDisk = {
      ...realBackupDisk,
      create: async (path) => ({
        ...(await realBackupDisk.create(path)),
        sync: () => Promise.reject(Object.assign(new Error("io"), { code: "EIO" })),
      }),
    };
    expect(await createBackup(wishFor(join(place, "a.backup"), { disk }))).toMatchObject({
      ok: false,
      error: { code: "BACKUP_PLACE" },
    });
    expect(readdirSync(place)).toEqual([]);
  });

  it("is named when the folder does not exist", async () => {
    expect(await createBackup(wishFor(join(folder(), "missing", "a.backup")))).toMatchObject({
      ok: false,
      error: { code: "BACKUP_PLACE" },
    });
  });
});

describe("a backup that was changed", () => {
  it("is reported for a change of any single byte", async () => {
    const file = await made();
    const bytes = readFileSync(file);
    const changed = join(folder(), "changed.backup");
    const silent: number[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(changed, copy);
      if (!(await isReported(changed))) silent.push(at);
    }
    expect(bytes.length).toBeGreaterThan(700);
    expect(silent).toEqual([]);
  });

  it("is reported wherever it is cut, and when something is added", async () => {
    const file = await made();
    const bytes = readFileSync(file);
    const changed = join(folder(), "changed.backup");
    const silent: number[] = [];
    for (let length = 0; length < bytes.length; length += 1) {
      writeFileSync(changed, bytes.subarray(0, length));
      if (!(await isReported(changed))) silent.push(length);
    }
    writeFileSync(changed, Buffer.concat([bytes, Buffer.of(0)]));
    expect(await isReported(changed)).toBe(true);
    expect(silent).toEqual([]);
  });

  it("is reported when frames are swapped, repeated, left out or taken from another backup", async () => {
    const { prefix, frames } = framesOf(readFileSync(await made()));
    const foreign = framesOf(readFileSync(await made())).frames;
    const changed = join(folder(), "changed.backup");
    const tried: (readonly Buffer[])[] = [];
    for (let at = 0; at < frames.length; at += 1) {
      tried.push(frames.toSpliced(at, 1), frames.toSpliced(at, 0, ...frames.slice(at, at + 1)));
      tried.push(frames.toSpliced(at, 1, ...foreign.slice(at, at + 1)));
      if (at > 0) tried.push(frames.toSpliced(at - 1, 2, ...frames.slice(at - 1, at + 1).toReversed()));
    }
    for (const each of tried) {
      writeFileSync(changed, Buffer.concat([prefix, ...each]));
      expect(await isReported(changed)).toBe(true);
    }
    writeFileSync(changed, Buffer.concat([prefix, ...frames]));
    expect(await isReported(changed)).toBe(false);
  });

  it("tells of several faults, and goes on behind the first", async () => {
    const { prefix, frames } = framesOf(readFileSync(await made()));
    const broken = frames.map((frame, at) => {
      const copy = Buffer.from(frame);
      if (at === 1 || at === 3) copy[FRAME_HEAD_BYTES + 20] = (copy[FRAME_HEAD_BYTES + 20] ?? 0) ^ 1;
      return copy;
    });
    const changed = join(folder(), "changed.backup");
    writeFileSync(changed, Buffer.concat([prefix, ...broken]));
    const report = must(await verifyBackup(changed, KEY));
    expect(report.faults).toEqual([
      "frame 1 is not what was written there",
      "frame 3 is not what was written there",
      "its frames are not those that its last one tells of",
    ]);
  });
});

describe("a frame, unplugged from its place", () => {
  /** Seals and opens without regard to what a frame is bound to. */
  const unbound = {
    seal: ((key, plain) => sealBytes(key, plain, "")) satisfies typeof sealBytes as typeof sealBytes,
    open: ((key, sealed) => openBytes(key, sealed, "")) satisfies typeof openBytes as typeof openBytes,
  };

  it("unplug: without its binding, a frame that was swapped opens as if it stood there; with it, it does not", async () => {
    const swap = async (sealing?: typeof unbound): Promise<readonly BackupItem[]> => {
      const file = await made(sealing === undefined ? {} : { sealing });
      const { prefix, frames } = framesOf(readFileSync(file));
      const [first, second, ...rest] = frames;
      if (first === undefined || second === undefined) throw new Error("too few frames");
      writeFileSync(file, Buffer.concat([prefix, second, first, ...rest]));
      return itemsOf(file, sealing);
    };
    const attacked = await swap(unbound);
    expect(attacked.slice(0, 2).map((item) => item.kind === "rows" && item.table)).toEqual(["things", "people"]);
    const guarded = await swap();
    expect(guarded.slice(0, 2).map(({ kind }) => kind)).toEqual(["fault", "fault"]);
  });
});

describe("a file that is not a backup of this vault", () => {
  const code = async (file: string, key = KEY): Promise<unknown> => {
    const opened = await openBackup(file, key);
    if (opened.ok) await opened.value.close();
    return opened.ok ? "ok" : { code: opened.error.code, message: opened.error.message };
  };

  it("is refused with the same words whatever it is, and nothing of it is told", async () => {
    const place = folder();
    writeFileSync(join(place, "x"), "root:secret words\n");
    mkdirSync(join(place, "folder"));
    mkdirSync(join(place, "missing"));
    const answers = [await code(join(place, "x"))];
    for (const other of [join(place, "folder", "x"), "/dev/zero/x", "/dev/null/x"]) answers.push(await code(other));
    mkdirSync(join(place, "below", "x"), { recursive: true });
    answers.push(await code(join(place, "below", "x")));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(JSON.stringify(answers)).not.toContain("secret words");
  });

  it("is refused when it is a device or a pipe, without waiting", async () => {
    expect(await code("/dev/zero")).toMatchObject({ code: "BACKUP_UNREADABLE" });
  });

  it("is told to belong to another vault", async () => {
    const answer = await code(await made(), new Uint8Array(32).fill(8));
    expect(answer).toMatchObject({ code: "BACKUP_UNREADABLE" });
    expect(JSON.stringify(answer)).toContain("another vault");
  });

  it("is told to come from a newer program", async () => {
    const file = await made();
    const bytes = readFileSync(file);
    bytes.writeUInt16BE(2, 8);
    writeFileSync(file, bytes);
    expect(await code(file)).toMatchObject({ code: "BACKUP_TOO_NEW" });
  });
});

describe("restoring", () => {
  const target = (): BackupTarget & { readonly took: string[] } => {
    const took: string[] = [];
    const note = async (word: string) => {
      took.push(word);
      return ok(undefined);
    };
    return {
      took,
      insert: (table, _columns, rows) => note(`${table} ${String(rows.length)}`),
      appendAudit: (bytes) => note(`audit ${String(bytes.length)}`),
      appendFile: (kind, path) => note(`${kind} ${path}`),
    };
  };

  it("hands everything to the target in order", async () => {
    const into = target();
    const restored = must(await restoreBackup(await made(), KEY, async () => ok(into)));
    expect(into.took).toEqual([
      "people 2",
      "things 2",
      "nothing 0",
      "audit 26",
      "attachment ab/cdef",
      "file moltbot.json5",
    ]);
    expect(restored).toMatchObject({ rows: 4, attachments: 1, header: { schema: 7, generation: 3 } });
  });

  it("ends at the first fault, and at the first refusal of the target", async () => {
    const file = await made();
    const refused = err(moltbotError("DATABASE_UNAVAILABLE", { problem: "SQLITE_FULL" }));
    const into = { ...target(), appendAudit: async () => refused };
    expect(await restoreBackup(file, KEY, async () => ok(into))).toEqual(refused);
    expect(await restoreBackup(file, KEY, async () => refused)).toEqual(refused);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(await restoreBackup(file, KEY, async () => ok(target()))).toMatchObject({
      ok: false,
      error: { code: "BACKUP_UNREADABLE" },
    });
  });

  it("takes no path that leads out of the folder", async () => {
    for (const path of ["../x", "a/../../x", "/etc/x", "a//b", "a/./b", ""]) {
      const file = await made({
        source: sourceOf({
          async *attachments() {
            yield fileOf(path, "x");
          },
        }),
      });
      expect(await isReported(file)).toBe(true);
    }
  });
});
