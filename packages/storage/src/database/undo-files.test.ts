import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentId, CallId, ConversationId, instantOf, PrincipalId, TenantId } from "@moltbot/contracts";
import type { AccessScope, UndoEntry } from "@moltbot/contracts";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { codeOf, memorySealer, must, next } from "./testing/world.ts";
import { openUndoFiles } from "./undo-files.ts";
import type { UndoFiles } from "./undo-files.ts";
import type { UndoBounds } from "./undo-folder.ts";

const folders: string[] = [];
const DAY = 24 * 3_600_000;
let folder: string;
let now: number;
let sealer: ReturnType<typeof memorySealer>;
const open = (bounds?: UndoBounds): UndoFiles =>
  openUndoFiles({ folder, sealer, clock: { now: () => instantOf(now) }, ...(bounds && { bounds }) });

const tenantId = next(TenantId);
const scopeOf = (): AccessScope => ({ tenantId, principalId: next(PrincipalId), reach: "own" });
const ada = scopeOf();
let undo: UndoFiles;
const entryOf = (content: string | null, change: Partial<UndoEntry> = {}): UndoEntry => ({
  callId: next(CallId),
  agentId: next(AgentId),
  conversationId: next(ConversationId),
  tool: "file.write",
  at: instantOf(now),
  undoes: null,
  changes: [
    {
      path: "notes/a.txt",
      before: content === null ? null : { content: Buffer.from(content), mode: 0o640 },
      after: undo.hash(Buffer.from("after")),
    },
  ],
  ...change,
});
const own = (scope: AccessScope = ada): string => join(folder, scope.principalId);
const keep = async (content: string | null, scope: AccessScope = ada): Promise<UndoEntry> => {
  const entry = entryOf(content);
  must(await undo.keep(scope, entry));
  return entry;
};

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "moltbot-undo-")), "undo");
  folders.push(folder);
  sealer = memorySealer();
  now = Date.now();
  undo = open();
});
afterAll(() => {
  for (const each of folders) rmSync(join(each, ".."), { recursive: true, force: true });
});

describe("an undo snapshot", () => {
  it.each([null, "", "hello", "\u0000\ud83d\ude00 ä", "x".repeat(3_000_000)])(
    "gives back what was kept",
    async (content) => {
      const entry = await keep(content);
      expect(must(await undo.find(ada, entry.callId))).toEqual(entry);
      expect(must(await open().find(ada, entry.callId))).toEqual(entry);
    },
  );

  it("shows nothing of content or path on the disk, and is its owner's file", async () => {
    const { callId } = await keep("canary canary canary");
    const bytes = readFileSync(join(own(), callId)).toString("latin1");
    expect(bytes).not.toContain("canary");
    expect(bytes).not.toContain(Buffer.from("canary canary").toString("base64"));
    expect(bytes).not.toContain("notes");
    expect(statSync(join(own(), callId)).mode & 0o777).toBe(0o600);
    expect(readdirSync(own())).toEqual([callId]);
  });

  it("is nobody else's, wherever it is carried", async () => {
    const [{ callId }, bob] = [await keep("hers"), scopeOf()];
    expect(codeOf(await undo.find(bob, callId))).toBe("NOT_FOUND");
    must(await undo.keep(bob, entryOf("his")));
    renameSync(join(own(), callId), join(own(bob), callId));
    expect(codeOf(await undo.find(bob, callId))).toBe("CONTENT_UNREADABLE");
    expect(codeOf(await undo.find(ada, callId))).toBe("NOT_FOUND");
  });

  it("is not another's snapshot under its name, nor a changed one", async () => {
    const [one, two] = [await keep("one"), await keep("two")];
    writeFileSync(join(own(), one.callId), readFileSync(join(own(), two.callId)));
    expect(codeOf(await undo.find(ada, one.callId))).toBe("CONTENT_UNREADABLE");
    const bytes = readFileSync(join(own(), two.callId));
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    writeFileSync(join(own(), two.callId), bytes);
    expect(codeOf(await undo.find(ada, two.callId))).toBe("CONTENT_UNREADABLE");
  });

  it("stays what it was first: a call that runs again does not replace it", async () => {
    const entry = await keep("first");
    must(await undo.keep(ada, { ...entry, changes: [] }));
    expect(must(await undo.find(ada, entry.callId))).toEqual(entry);
  });

  it("goes with time", async () => {
    const old = await keep("old");
    now += 30 * DAY - 60_000;
    expect(must(await undo.find(ada, old.callId))).toEqual(old);
    now += 120_000;
    expect(codeOf(await undo.find(ada, old.callId))).toBe("NOT_FOUND");
    const fresh = await keep("fresh");
    expect(readdirSync(own())).not.toContain(old.callId);
    expect(readdirSync(own())).toContain(fresh.callId);
  });

  it.each<readonly [string, UndoBounds]>([
    ["too many", { bytes: 1e9, entries: 3, milliseconds: DAY }],
    ["too much", { bytes: 6_000, entries: 100, milliseconds: DAY }],
  ])("goes when there are %s, the oldest first and one person's own", async (_, bounds) => {
    undo = open(bounds);
    const bob = scopeOf();
    const his = await keep("y".repeat(750), bob);
    const kept = [];
    for (let at = 0; at < 5; at += 1) {
      const entry = await keep("x".repeat(750));
      utimesSync(join(own(), entry.callId), now / 1000 - 100 + at, now / 1000 - 100 + at);
      kept.push(entry.callId);
    }
    expect(readdirSync(own()).toSorted()).toEqual(kept.slice(-3).toSorted());
    expect(must(await undo.find(bob, his.callId))).toEqual(his);
  });

  it("keeps the newest even where it alone is too much", async () => {
    undo = open({ bytes: 10, entries: 1, milliseconds: DAY });
    const entry = await keep("larger than ten bytes");
    expect(must(await undo.find(ada, entry.callId))).toEqual(entry);
  });

  it("goes with time also where nothing is kept any more, and nothing else goes with it", async () => {
    const bob = scopeOf();
    expect(must(await undo.sweep())).toBe(0);
    const [old, his] = [await keep("old"), await keep("his", bob)];
    mkdirSync(join(folder, "mine"));
    writeFileSync(join(folder, "mine", "notes.txt"), "put there by hand");
    utimesSync(join(folder, "mine", "notes.txt"), 0, 0);
    writeFileSync(join(own(), ".new-x"), "left by a crash");
    utimesSync(join(own(), ".new-x"), 0, 0);
    utimesSync(join(own(), old.callId), (now - 31 * DAY) / 1000, (now - 31 * DAY) / 1000);
    expect(must(await undo.sweep())).toBe(2);
    expect(readdirSync(own())).toEqual([]);
    expect(must(await undo.find(bob, his.callId))).toEqual(his);
    expect(readdirSync(join(folder, "mine"))).toEqual(["notes.txt"]);
    const fresh = await keep("fresh");
    expect(readdirSync(own())).toEqual([fresh.callId]);
  });

  it("says so when the folder cannot be written, and opens no path for what is no id", async () => {
    mkdirSync(join(folder, ".."), { recursive: true });
    writeFileSync(folder, "a file stands here");
    expect(codeOf(await undo.keep(ada, entryOf("x")))).toBe("DATABASE_UNAVAILABLE");
    await expect(undo.find(ada, "../x" as CallId)).rejects.toThrow("not an id"); // what a bug could hand in
  });
});

describe("the list of what is kept", () => {
  /** Two snapshots can be made within one tick of the disk's clock. */
  const keepAt = async (content: string | null, minute: number, scope: AccessScope = ada): Promise<UndoEntry> => {
    const entry = await keep(content, scope);
    utimesSync(join(own(scope), entry.callId), now / 1000 - 3600 + minute * 60, now / 1000 - 3600 + minute * 60);
    return entry;
  };

  it("names the newest first, with how much stood there and its hash, and no content", async () => {
    const [older, newer] = [await keepAt("hello", 1), await keepAt(null, 2)];
    const listed = must(await undo.list(ada, 10));
    expect(listed).toEqual([
      newer,
      {
        ...older,
        changes: older.changes.map(({ path, after }) => ({
          path,
          before: { bytes: 5, hash: undo.hash(Buffer.from("hello")) },
          after,
        })),
      },
    ]);
    expect(must(await undo.list(ada, 1)).map(({ callId }) => callId)).toEqual([newer.callId]);
    expect(must(await open().list(ada, 10))).toEqual(listed);
  });

  it("is empty where nothing was kept, and names nothing of others", async () => {
    expect(must(await undo.list(ada, 10))).toEqual([]);
    const bob = scopeOf();
    await keep("hers");
    expect(must(await undo.list(bob, 10))).toEqual([]);
    const his = await keep("his", bob);
    renameSync(join(own(bob), his.callId), join(own(), his.callId));
    expect(must(await undo.list(ada, 10))).toHaveLength(1);
  });

  it("leaves out what went with time, what was tampered with, and what is no snapshot", async () => {
    const [old, cut, changed, whole] = [await keep("1"), await keep("2"), await keep("3"), await keep("4")];
    utimesSync(join(own(), old.callId), (now - 31 * DAY) / 1000, (now - 31 * DAY) / 1000);
    writeFileSync(join(own(), cut.callId), Buffer.from([0, 0]));
    const bytes = readFileSync(join(own(), changed.callId));
    bytes[12] = (bytes[12] ?? 0) ^ 1;
    writeFileSync(join(own(), changed.callId), bytes);
    writeFileSync(join(own(), ".new-x"), "half");
    expect(must(await undo.list(ada, 10)).map(({ callId }) => callId)).toEqual([whole.callId]);
    expect(codeOf(await undo.find(ada, cut.callId))).toBe("CONTENT_UNREADABLE");
  });

  it("is made although one went while it was looked at", async () => {
    const [older, newer] = [await keepAt("1", 1), await keepAt("2", 2)];
    const plain = sealer;
    sealer = {
      ...plain,
      open: (...asked) => {
        rmSync(join(own(), older.callId), { force: true });
        return plain.open(...asked);
      },
    };
    expect(must(await open().list(ada, 10)).map(({ callId }) => callId)).toEqual([newer.callId]);
  });

  it("opens no content: a list is made although only the summaries can be read", async () => {
    const entry = await keep("a secret");
    const path = join(own(), entry.callId);
    writeFileSync(path, readFileSync(path).subarray(0, -30));
    expect(must(await undo.list(ada, 10))).toHaveLength(1);
    expect(codeOf(await undo.find(ada, entry.callId))).toBe("CONTENT_UNREADABLE");
  });
});
