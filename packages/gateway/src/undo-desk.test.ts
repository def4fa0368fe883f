import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentId,
  CallId,
  ConversationId,
  PrincipalId,
  done,
  err,
  instantOf,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type {
  AccessScope,
  AuditEvent,
  FileChange,
  Principal,
  StoredAgent,
  UndoEntry,
  UndoPort,
} from "@moltbot/contracts";
import { createCrypto } from "@moltbot/storage/crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OWNER, idOf } from "./operations/testing/fake-house.ts";
import { undoDesk } from "./undo-desk.ts";

const agentId = idOf(AgentId, 41);
const otherAgent = idOf(AgentId, 44);
const callId = idOf(CallId, 42);
const guest: Principal = { ...OWNER, id: idOf(PrincipalId, 43) };
const crypto = createCrypto(new Uint8Array(32));
const hash: UndoPort["hash"] = (content) => crypto.hash(content);
const hashOf = (text: string) => hash(Buffer.from(text));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "moltbot-undo-desk-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const folderOf = (agent: string, who: string | null = null): string =>
  join(root, who === null ? agent : `${agent}~${who}`);
const entry: UndoEntry = {
  callId,
  agentId,
  conversationId: idOf(ConversationId, 45),
  tool: "file.write",
  at: instantOf(0),
  undoes: null,
  changes: [{ path: "a.txt", before: { content: Buffer.from("before"), mode: 0o600 }, after: hashOf("after") }],
};

/** A house in which `of` has these entries and may use one agent of the owner's. */
const houseOf = (of: Principal, { mayUse = true, records = true, keeps = true, entries = [entry] } = {}) => {
  const recorded: AuditEvent[] = [];
  const told: unknown[] = [];
  const kept = [...entries];
  const undo: UndoPort = {
    hash,
    keep: async (scope: AccessScope, one) => {
      if (!keeps || scope.principalId !== of.id) return err(moltbotError("CONTENT_UNREADABLE"));
      kept.unshift(one);
      return done;
    },
    find: async (scope: AccessScope, id) => {
      const found = kept.find((one) => one.callId === id);
      return scope.principalId === of.id && found !== undefined
        ? ok(found)
        : err(moltbotError("NOT_FOUND", { kind: "undo" }));
    },
    list: async (scope: AccessScope, limit) =>
      ok(
        (scope.principalId === of.id ? kept : []).slice(0, limit).map(({ changes, ...one }) => ({
          ...one,
          changes: changes.map(({ path, before, after }) => ({
            path,
            before: before && { bytes: before.content.byteLength, hash: hash(before.content) },
            after,
          })),
        })),
      ),
  };
  let next = 100;
  const desk = undoDesk({
    undo,
    agents: {
      find: async (_scope, id) =>
        mayUse && id === agentId
          ? ok({ id, ownerId: OWNER.id } as StoredAgent) // nothing else of it is read
          : err(moltbotError("NOT_FOUND", { kind: "agent" })),
    },
    home: { workspaceOf: folderOf },
    audit: {
      record: async (event) => {
        if (!records) return err(moltbotError("AUDIT_UNWRITABLE", { problem: "a test" }));
        recorded.push(event);
        return ok({} as never); // nobody reads it
      },
    },
    events: { publish: (name, to, payload) => void told.push([name, to.audience, payload]) },
    clock: { now: () => instantOf(5000) },
    ids: {
      next: (kind) => {
        next += 1;
        return kind.parse(idOf(CallId, next));
      },
    },
    log: { error: (text) => void told.push(text) },
  });
  return { ...desk, recorded, told, kept };
};
const lay = (who: string | null = null): string => {
  mkdirSync(folderOf(agentId, who), { recursive: true });
  const file = join(folderOf(agentId, who), "a.txt");
  writeFileSync(file, "after");
  return file;
};

describe("undoing a call", () => {
  it("puts back what stood there, on record, says where, and tells its person alone", async () => {
    const file = lay();
    const house = houseOf(OWNER);
    const undoId = idOf(CallId, 101);
    expect(await house.undo(OWNER, callId, false)).toEqual(ok({ undoId, paths: ["a.txt"] }));
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(house.recorded.map(({ event, actor, fields }) => [event, actor, fields])).toEqual([
      ["file:undone", OWNER.id, { callId, agentId, undoId }],
    ]);
    expect(house.told).toEqual([["file:undone", [OWNER.id], { agentId, callId, undoId }]]);
  });

  it("can be undone too, and that again", async () => {
    const file = lay();
    const house = houseOf(OWNER);
    const first = await house.undo(OWNER, callId, false);
    if (!first.ok) throw new Error(first.error.code);
    const second = await house.undo(OWNER, first.value.undoId, false);
    expect(readFileSync(file, "utf8")).toBe("after");
    if (!second.ok) throw new Error(second.error.code);
    await house.undo(OWNER, second.value.undoId, false);
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(house.kept.map(({ tool, undoes }) => [tool, undoes])).toEqual([
      ["undo", second.value.undoId],
      ["undo", first.value.undoId],
      ["undo", callId],
      ["file.write", null],
    ]);
  });

  it("of a guest reaches the guest's own folder and leaves the owner's alone", async () => {
    const [owners, guests] = [lay(), lay(guest.id)];
    expect((await houseOf(guest).undo(guest, callId, false)).ok).toBe(true);
    expect([readFileSync(owners, "utf8"), readFileSync(guests, "utf8")]).toEqual(["after", "before"]);
  });

  it("is nobody else's, nor anybody's who may not use the agent any more", async () => {
    const file = lay();
    const refusal = { ok: false, error: { code: "NOT_FOUND" } };
    expect(await houseOf(OWNER).undo(guest, callId, true)).toMatchObject(refusal);
    expect(await houseOf(OWNER, { mayUse: false }).undo(OWNER, callId, true)).toMatchObject(refusal);
    expect(readFileSync(file, "utf8")).toBe("after");
  });

  it("changes nothing that cannot be recorded, nothing that cannot be kept, and tells nobody", async () => {
    const file = lay();
    for (const house of [houseOf(OWNER, { records: false }), houseOf(OWNER, { keeps: false })]) {
      expect((await house.undo(OWNER, callId, false)).ok).toBe(false);
      expect(readFileSync(file, "utf8")).toBe("after");
      expect(house.told).toEqual([]);
    }
  });

  it("goes over what somebody changed since only when its person says so, and then what they wrote can come back", async () => {
    const file = lay();
    writeFileSync(file, "the owner's own");
    const house = houseOf(OWNER);
    const refused = await house.undo(OWNER, callId, false);
    expect(refused).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    expect(readFileSync(file, "utf8")).toBe("the owner's own");
    const fields = { callId, agentId, undoId: idOf(CallId, 101) };
    expect(house.recorded.map((record) => [record.event, record.fields])).toEqual([
      ["file:undone", fields],
      ["file:undone-void", { ...fields, code: "CONFLICT" }],
    ]);
    expect(house.told).toEqual([]);
    const undone = await house.undo(OWNER, callId, true);
    expect(readFileSync(file, "utf8")).toBe("before");
    if (!undone.ok) throw new Error(undone.error.code);
    expect((await house.undo(OWNER, undone.value.undoId, false)).ok).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("the owner's own");
  });

  it("follows no link, whatever its person says", async () => {
    const file = lay();
    const outside = join(root, "canary.txt");
    writeFileSync(outside, "canary");
    rmSync(file);
    symlinkSync(outside, file);
    const undone = await houseOf(OWNER).undo(OWNER, callId, true);
    expect(undone).toMatchObject({ ok: false, error: { code: "PATH_OUTSIDE_WORKSPACE" } });
    expect(readFileSync(outside, "utf8")).toBe("canary");
  });

  it("unplug: without keeping what stands there, an undo over somebody's words loses them", async () => {
    const file = lay();
    writeFileSync(file, "the owner's own");
    const house = houseOf(OWNER);
    house.kept.unshift = () => 0; // forgets what it is given
    const undone = await house.undo(OWNER, callId, true);
    expect(undone.ok && (await house.undo(OWNER, undone.value.undoId, false)).ok).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("before");
  });
});

describe("the list of changes", () => {
  const changed = (number: number, changes: readonly FileChange[], more: Partial<UndoEntry> = {}): UndoEntry => ({
    ...entry,
    callId: idOf(CallId, number),
    changes,
    ...more,
  });
  const from = (path: string, before: string | null, after: string | null): FileChange => ({
    path,
    before: before === null ? null : { content: Buffer.from(before), mode: 0o600 },
    after: after === null ? null : hashOf(after),
  });

  it("says of each change how large the files were and are, and whether it stands", async () => {
    lay();
    const entries = [
      changed(1, [from("a.txt", "before", "after")]),
      changed(2, [from("gone.txt", "x", null)]),
      changed(3, [from("new.txt", null, "made")]),
      changed(4, [from("a.txt", "after", "other")]),
      changed(5, [from("a.txt", "x", "y"), from("gone.txt", "x", null)]),
      changed(6, [from("gone.txt", "x", null), from("never.txt", null, "z")]),
    ];
    const listed = await houseOf(OWNER, { entries }).changes(OWNER, 100);
    const said = listed.ok ? listed.value : [];
    expect(said.map(({ state, count }) => [state, count])).toEqual([
      ["standing", 1],
      ["standing", 1],
      ["back", 1],
      ["back", 1],
      ["changed", 2],
      ["changed", 2],
    ]);
    expect(said[0]).toEqual({
      callId: idOf(CallId, 1),
      agentId,
      conversationId: entry.conversationId,
      tool: "file.write",
      at: instantOf(0),
      undoes: null,
      state: "standing",
      count: 1,
      files: [{ path: "a.txt", before: 6, now: 5, state: "standing" }],
    });
    expect(said[1]?.files).toEqual([{ path: "gone.txt", before: 1, now: null, state: "standing" }]);
  });

  it("shows no more than twenty files of a change, and does not claim what it did not look at", async () => {
    lay();
    const many = Array.from({ length: 150 }, (_, at) => from(`${String(at)}.txt`, null, null));
    const listed = await houseOf(OWNER, { entries: [changed(1, many)] }).changes(OWNER, 100);
    const [said] = listed.ok ? listed.value : [];
    expect([said?.count, said?.files.length, said?.state]).toEqual([150, 20, "unknown"]);
  });

  it("names nothing of others, and nothing of agents that its person may not use any more", async () => {
    lay();
    expect(await houseOf(OWNER).changes(guest, 100)).toEqual(ok([]));
    expect(await houseOf(OWNER, { mayUse: false }).changes(OWNER, 100)).toEqual(ok([]));
    const entries = [changed(1, entry.changes, { agentId: otherAgent }), changed(2, entry.changes)];
    const listed = await houseOf(OWNER, { entries }).changes(OWNER, 100);
    expect(listed.ok && listed.value.map((one) => one.callId)).toEqual([idOf(CallId, 2)]);
  });

  it("reads nothing through a link, and calls that a change of somebody else's", async () => {
    const file = lay();
    writeFileSync(join(root, "canary.txt"), "after");
    rmSync(file);
    symlinkSync(join(root, "canary.txt"), file);
    const listed = await houseOf(OWNER).changes(OWNER, 100);
    expect(listed.ok && listed.value[0]?.files).toEqual([{ path: "a.txt", before: 6, now: null, state: "changed" }]);
    expect(existsSync(file)).toBe(true);
  });
});
