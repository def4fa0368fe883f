import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentId, ConversationId, PrincipalId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, Conversation, Result, StoredAgent } from "@moltbot/contracts";
import { createPrograms, createWorkspaceCopy } from "@moltbot/execution/sandbox";
import type { ProgramPlace, Wall, WorkspaceCopy } from "@moltbot/execution/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OWNER, idOf } from "./operations/testing/fake-house.ts";
import { copiesOf, placeFinder, programCopies } from "./program-copies.ts";

const DAY = 86_400_000;
const agentId = idOf(AgentId, 61);
const [first, second] = [idOf(ConversationId, 62), idOf(ConversationId, 63)];
const guest = idOf(PrincipalId, 64);
const hash = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");
const { signal } = new AbortController();

let root: string;
let now: number;
/** Conversations that are there. */
let there: Set<string>;
/** Who may use the agent, and with which tools. */
let mayUse: Set<string>;
let tools: readonly string[];
let said: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "moltbot-program-copies-"));
  now = Date.now();
  there = new Set([first, second]);
  mayUse = new Set([OWNER.id, guest]);
  tools = ["exec.start"];
  said = [];
  mkdirSync(join(root, "workspace"));
  writeFileSync(join(root, "workspace", "a.txt"), "private words");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const noWall: Wall = {
  state: () => ({ kind: "missing", problem: "a test", next: "" }),
  check: async () => noWall.state(),
  run: async () => err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "a test" })),
  start: () => err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "a test" })),
  begin: () => err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "a test" })),
  watch: () => () => undefined,
};

const open = (copy: WorkspaceCopy = createWorkspaceCopy({ hash, isRoot: false })) => {
  const home = { root };
  const clock = { now: () => instantOf(now) };
  const programs = createPrograms({
    wall: noWall,
    copy,
    openGate: async () => err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "a test" })),
    copies: copiesOf(home),
    nodePath: process.execPath,
    forwarderPath: "/nowhere",
    newId: () => "1",
  });
  const say = (text: string): void => void said.push(text);
  const log = { error: say, warn: say, info: say };
  const find = async (_scope: unknown, id: ConversationId): Promise<Result<Conversation>> =>
    there.has(id) ? ok({} as Conversation) : err(moltbotError("NOT_FOUND", { kind: "conversation" })); // nothing of it is read
  const system = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "system" } as const;
  const place = placeFinder({ home, clock, workspaceOf: async () => ok(join(root, "workspace")) });
  const agents = {
    find: async (scope: AccessScope, id: AgentId): Promise<Result<StoredAgent>> =>
      mayUse.has(scope.principalId) && id === agentId && scope.reach === "own"
        ? ok({ capabilities: tools } as unknown as StoredAgent) // nothing else of it is read
        : err(moltbotError("NOT_FOUND", { kind: "agent" })),
  };
  const ended: string[] = [];
  const watched = {
    ...programs,
    running: (key: string) => (key.startsWith(first) && !ended.includes(key) ? 1 : 0),
    endAll: async (key?: string) => {
      ended.push(key ?? "everything");
      await programs.endAll(key);
    },
  };
  const copies = programCopies({ home, programs: watched, agents, conversations: { find }, system, clock, log });
  return { programs, place, ended, copies };
};

/** A copy with a file in it, as programs leave one. */
const lay = async (
  house: ReturnType<typeof open>,
  conversationId: ConversationId,
  authority = OWNER.id,
): Promise<string> => {
  const place = await house.place({ agentId, authority, conversationId });
  if (!place.ok) throw new Error(place.error.code);
  const fresh = await house.programs.copy.refresh(place.value, signal);
  expect(fresh.ok).toBe(true);
  expect(existsSync(join(place.value.copy, "a.txt"))).toBe(true);
  return place.value.copy;
};

describe("where programs run", () => {
  it("is a folder of the conversation, agent and person alone, which nobody else may enter", async () => {
    const house = open();
    const places: ProgramPlace[] = [];
    for (const [conversationId, authority] of [
      [first, OWNER.id],
      [first, guest],
      [second, OWNER.id],
    ] as const) {
      const place = await house.place({ agentId, authority, conversationId });
      if (place.ok) places.push(place.value);
    }
    expect(places.map(({ copy }) => copy)).toEqual([
      join(root, "copies", first, `${agentId}-${OWNER.id}`),
      join(root, "copies", first, `${agentId}-${guest}`),
      join(root, "copies", second, `${agentId}-${OWNER.id}`),
    ]);
    expect(new Set(places.map(({ key }) => key)).size).toBe(3);
    expect(statSync(join(root, "copies", first)).mode & 0o777).toBe(0o700);
  });

  it("is nowhere for whoever may not use the agent", async () => {
    const place = placeFinder({
      home: { root },
      clock: { now: () => instantOf(now) },
      workspaceOf: async () => err(moltbotError("NOT_FOUND", { kind: "agent" })),
    });
    expect(await place({ agentId, authority: guest, conversationId: first })).toMatchObject({ ok: false });
    expect(existsSync(join(root, "copies"))).toBe(false);
  });
});

describe("where no folder can be made", () => {
  it("no program runs, and the answer says why", async () => {
    writeFileSync(join(root, "copies"), "a file stands here");
    expect(await open().place({ agentId, authority: OWNER.id, conversationId: first })).toMatchObject({
      ok: false,
      error: { code: "HOME_NOT_WRITABLE", context: { problem: "ENOTDIR" } },
    });
  });
});

describe("an erasure", () => {
  it("of a conversation removes its copies and no others", async () => {
    const house = open();
    const [mine, guests, other] = [await lay(house, first), await lay(house, first, guest), await lay(house, second)];
    expect(await house.copies.forget({ kind: "conversation", id: first })).toEqual(ok(undefined));
    expect([mine, guests, other].map((path) => existsSync(path))).toEqual([false, false, true]);
    expect(readdirSync(join(root, "copies"))).toEqual([second]);
    expect(await house.copies.forget({ kind: "conversation", id: first })).toEqual(ok(undefined));
  });

  it("of a person removes theirs in every conversation, and nobody else's", async () => {
    const house = open();
    const [mine, guests] = [await lay(house, first), await lay(house, first, guest)];
    expect(await house.copies.forget({ kind: "person", id: guest })).toEqual(ok(undefined));
    expect([existsSync(mine), existsSync(guests)]).toEqual([true, false]);
    expect(JSON.stringify(readdirSync(join(root, "copies"), { recursive: true }))).not.toContain(guest);
  });

  it("says when a copy cannot be removed, so that nobody believes it is gone", async () => {
    const copy = createWorkspaceCopy({ hash, isRoot: false });
    const stuck = { ...copy, remove: async () => Promise.reject(Object.assign(new Error("no"), { code: "EIO" })) };
    const house = open(stuck);
    await lay(house, first);
    expect(await house.copies.forget({ kind: "conversation", id: first })).toMatchObject({
      ok: false,
      error: { code: "HOME_NOT_WRITABLE" },
    });
  });
});

describe("a program that goes on by itself", () => {
  it("ends when its person may not use the agent any more, and nobody else's does", async () => {
    const house = open();
    for (const person of [OWNER.id, guest]) for (const at of [first, second]) await lay(house, at, person);
    await house.copies.endHidden();
    expect(house.ended).toEqual([]);
    mayUse.delete(guest);
    await house.copies.endHidden();
    await house.copies.endHidden();
    const place = await house.place({ agentId, authority: guest, conversationId: first });
    expect(house.ended).toEqual([place.ok && place.value.key]);
  });

  it("ends when the agent may start none any more", async () => {
    const house = open();
    await lay(house, first);
    tools = ["exec.run"];
    await house.copies.endHidden();
    expect(house.ended).toHaveLength(1);
  });
});

describe("the sweep", () => {
  it("removes copies of conversations that a crash left behind, and those that nobody asked for in a week", async () => {
    const house = open();
    const [gone, kept] = [await lay(house, first), await lay(house, second)];
    await house.copies.sweep();
    expect([existsSync(gone), existsSync(kept)]).toEqual([true, true]);
    there.delete(first);
    await house.copies.sweep();
    expect([existsSync(gone), existsSync(kept)]).toEqual([false, true]);
    now += 6 * DAY;
    await house.place({ agentId, authority: OWNER.id, conversationId: second });
    now += 6 * DAY;
    await house.copies.sweep();
    expect(existsSync(kept)).toBe(true);
    now += 2 * DAY;
    await house.copies.sweep();
    expect(readdirSync(join(root, "copies"))).toEqual([]);
    expect(said).toHaveLength(2);
  });

  it("goes by the folder that no program can reach: one that makes its own files young or old changes nothing", async () => {
    const house = open();
    const copy = await lay(house, first);
    const ancient = new Date(0);
    utimesSync(copy, ancient, ancient);
    await house.copies.sweep();
    expect(existsSync(copy)).toBe(true);
    const future = new Date(now + 1000 * DAY);
    utimesSync(copy, future, future);
    now += 8 * DAY;
    await house.copies.sweep();
    expect(existsSync(copy)).toBe(false);
  });

  it("leaves alone what is no conversation's, and goes on after one that cannot be removed", async () => {
    const copy = createWorkspaceCopy({ hash, isRoot: false });
    const stuck: WorkspaceCopy = {
      ...copy,
      remove: async (path) => (path.includes(first) ? Promise.reject(new Error("no")) : copy.remove(path)),
    };
    const house = open(stuck);
    const [one, other] = [await lay(house, first), await lay(house, second)];
    mkdirSync(join(root, "copies", "mine"));
    there.clear();
    await house.copies.sweep();
    expect([existsSync(one), existsSync(other), existsSync(join(root, "copies", "mine"))]).toEqual([true, false, true]);
    expect(said).toContain("a copy of a workspace cannot be removed");
  });

  it("does nothing where no program ever ran", async () => {
    await open().copies.sweep();
    expect(existsSync(join(root, "copies"))).toBe(false);
  });
});
