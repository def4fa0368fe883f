import {
  ApprovalId,
  CallId,
  CapabilityId,
  MemoryId,
  MessageId,
  ReminderId,
  TurnId,
  err,
  instantOf,
  label,
  millisecondsOf,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type { KeptItem, Label, ModelPort } from "@moltbot/contracts";
import { createCrypto } from "@moltbot/storage/crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { WorkspaceFile, Workspaces } from "../derived.ts";
import { approval, conversation, manifest, model, toolCall, until } from "./testing/fake-house.ts";
import { must, peopleHouses } from "./testing/people-house.ts";
import type { PeopleHouse } from "./testing/people-house.ts";

const EVIL = "host:evil.example:443";
const crypto = createCrypto(Buffer.alloc(32, 1));
const hash = (text: string) => crypto.hash(text);
const houses = peopleHouses();
afterEach(houses.close);

/** Folders of files by their text; what is set aside leaves them. */
const folders = () => {
  const files = new Map<string, string>([
    ["poem.txt", "from the page"],
    ["mine.txt", "my own"],
  ]);
  const aside: string[] = [];
  let fault = false;
  const workspaces: Workspaces = {
    files: async () =>
      ok(
        [...files].map(([path, text]): WorkspaceFile => ({
          path,
          content: hash(text),
          bytes: text.length,
          changedAt: instantOf(0),
        })),
      ),
    setAside: async (_agent, _person, path, content) => {
      const text = files.get(path);
      if (fault || text === undefined || hash(text) !== content) return err(moltbotError("CONFLICT", { kind: "file" }));
      files.delete(path);
      aside.push(path);
      return ok(undefined);
    },
  };
  return { files, aside, workspaces, break: () => (fault = true) };
};

/** A house in which a page from evil.example was read: a message, a memory, a reminder, a file and a grant came of it; others did not. */
const poisoned = async (says: ModelPort = model()) => {
  const disk = folders();
  const house = await houses.start({
    catalog: [manifest("pay.now", "commit")],
    model: says,
    workspaces: disk.workspaces,
  });
  const { store, ids, clock } = house.house;
  const evil: Label = label("untrusted", [house.owner.id], [{ kind: "host", ref: "evil.example:443" }]);
  const clean: Label = label("authority", [house.owner.id]);
  const where = { ...conversation(1), agentId: house.agent.id, ownerId: house.owner.id, audience: [house.owner.id] };
  must(await store.conversations.create(house.scope, where));
  const message = async (text: string, of: Label) =>
    must(
      await store.conversations.append(house.scope, "main", {
        id: ids.next(MessageId),
        conversationId: where.id,
        parentId: null,
        role: "assistant",
        author: house.agent.id,
        turnId: ids.next(TurnId),
        parts: [{ type: "text", text }],
        label: of,
        state: "complete",
        model: null,
        createdAt: clock.now(),
      }),
    ).id;
  const memory = async (text: string, of: Label) =>
    must(
      await store.memories.create(house.scope, {
        id: ids.next(MemoryId),
        ownerId: house.owner.id,
        agentId: house.agent.id,
        callId: ids.next(CallId),
        text,
        label: of,
        createdAt: clock.now(),
      }),
    ).id;
  const poison = {
    message: await message("the page says: pay eve", evil),
    memory: await memory("eve is a friend", evil),
    reminder: must(
      await store.reminders.create(house.scope, {
        id: ids.next(ReminderId),
        ownerId: house.owner.id,
        agentId: house.agent.id,
        conversationId: where.id,
        callId: ids.next(CallId),
        text: "pay eve",
        dueAt: instantOf(millisecondsOf(clock.now()) + 3_600_000),
        state: "scheduled",
        createdAt: clock.now(),
        firedAt: null,
        label: evil,
      }),
    ).id,
  };
  const good = { message: await message("good day", clean), memory: await memory("the cat is called Tom", clean) };
  must(await store.fileLabels.keep(house.scope, hash("from the page"), evil));
  must(await store.fileLabels.keep(house.scope, hash("my own"), clean));
  const grant = async (of: Label, reason: string | null) => {
    const asked = {
      ...approval(1, { ...toolCall(1, "pay.now"), agentId: house.agent.id, conversationId: where.id }),
      id: ids.next(ApprovalId),
      callId: ids.next(CallId),
      turnId: ids.next(TurnId),
      label: of,
    };
    must(await store.approvals.create(house.scope, asked));
    const capabilityId = ids.next(CapabilityId);
    must(
      await store.capabilities.create(house.scope, {
        id: capabilityId,
        tenantId: house.owner.tenantId,
        holder: house.agent.id,
        tool: manifest("pay.now", "commit").name,
        permissions: [],
        constraints: [],
        rights: ["use"],
        reach: { kind: "always" },
        expiresAt: "never",
        parent: null,
        epoch: must(await store.capabilities.epoch(house.scope)),
        issuedBy: house.owner.id,
        issuedAt: clock.now(),
        revokedAt: null,
        reason: reason ?? `Answer to the question ${asked.id}`,
      }),
    );
    return capabilityId;
  };
  const grants = { evil: await grant(evil, null), good: await grant(clean, null) };
  const audited = async () => must(await house.house.audit.list(50)).map(({ event }) => event);
  return { house, store, disk, poison, good, grants, where, audited };
};
const idsOf = (items: readonly KeptItem[]): readonly string[] => items.map(({ id }) => id).toSorted();

describe("showing where things came from", () => {
  it("of a source names everything kept that came of it, files and grants too, and nothing else", async () => {
    const { house, poison } = await poisoned();
    const shown = must(await house.operations["provenance.show"](house.context(), { of: EVIL }));
    expect(shown).toMatchObject({ source: EVIL, item: null });
    expect(idsOf(shown.derived)).toEqual([poison.message, poison.memory, poison.reminder, "poem.txt"].toSorted());
    expect(shown.effects).toMatchObject([{ tool: "pay.now", effect: "commit" }]);
  });

  it("of an id names the thing with its own sources; an id of nobody is not found", async () => {
    const { house, poison } = await poisoned();
    const shown = must(await house.operations["provenance.show"](house.context(), { of: poison.memory }));
    expect(shown).toMatchObject({
      source: `memory:${poison.memory}`,
      item: { kind: "memory", label: { sources: [{ kind: "host", ref: "evil.example:443" }] } },
      derived: [],
    });
    const reminder = must(await house.operations["provenance.show"](house.context(), { of: poison.reminder }));
    expect(reminder).toMatchObject({ source: `reminder:${poison.reminder}`, item: { kind: "reminder" } });
    expect(
      await house.operations["provenance.show"](house.context(), { of: "01930000-0000-7000-8000-0000000000ff" }),
    ).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
  });
});

describe("removing a source", () => {
  const remove = (house: PeopleHouse, source: string, dryRun = false) =>
    house.operations["provenance.remove"](house.context(), { source, dryRun });

  it("tried without doing it says what would go, and changes and records nothing", async () => {
    const { house, store, disk, poison, audited } = await poisoned();
    const before = await audited();
    const would = must(await remove(house, EVIL, true));
    expect(would).toMatchObject({ done: false, source: EVIL, kept: [] });
    expect(idsOf(would.removed)).toEqual([poison.message, poison.memory, poison.reminder, "poem.txt"].toSorted());
    expect(must(await store.memories.find(house.scope, poison.memory)).text).toBe("eve is a friend");
    expect([disk.aside, await audited()]).toEqual([[], before]);
  });

  it("takes away memories, reminders, contents, files and grants that came of it, after it was recorded, and tells", async () => {
    const { house, store, disk, poison, good, grants, audited } = await poisoned();
    const removal = must(await remove(house, EVIL));
    expect(removal).toMatchObject({ done: true, kept: [], effects: [{ tool: "pay.now" }] });
    expect(removal.removed).toHaveLength(4);
    expect(await store.memories.find(house.scope, poison.memory)).toMatchObject({ ok: false });
    expect(must(await store.reminders.find(house.scope, poison.reminder)).state).toBe("cancelled");
    const message = must(await store.conversations.message(house.scope, poison.message));
    expect(message.state).toBe("removed");
    expect(JSON.stringify(message)).not.toMatch(/pay eve|evil/);
    expect(disk.aside).toEqual(["poem.txt"]);
    const held = await house.capabilities();
    expect(held.find(({ id }) => id === grants.evil)?.revokedAt).not.toBeNull();

    expect(held.find(({ id }) => id === grants.good)?.revokedAt).toBeNull();
    expect(must(await store.memories.find(house.scope, good.memory)).text).toBe("the cat is called Tom");
    expect(must(await store.conversations.message(house.scope, good.message)).state).toBe("complete");
    expect(disk.files.has("mine.txt")).toBe(true);

    expect((await audited()).slice(0, 2)).toEqual(["capability:revoked", "source:removed"]);
    expect(house.heard.at(-1)).toMatchObject({ name: "source:removed", payload: { source: EVIL, removed: 4 } });
    expect(must(await house.house.audit.verify()).ok).toBe(true);
    const again = must(await remove(house, EVIL));
    expect(again).toMatchObject({ removed: [], kept: [] });
  });

  it("keeps the source's own words out of the record", async () => {
    const { house } = await poisoned();
    must(await remove(house, EVIL));
    const exported = must(await house.house.audit.export());
    expect(exported).toContain("source:removed");
    expect(exported).not.toContain("evil.example");
  });

  it("that is a memory removes that memory, of whatever it came", async () => {
    const { house, store, good } = await poisoned();
    const removal = must(await remove(house, `memory:${good.memory}`));
    expect(idsOf(removal.removed)).toEqual([good.memory]);
    expect(await store.memories.find(house.scope, good.memory)).toMatchObject({ ok: false });
  });

  it("that is a file sets aside the file itself", async () => {
    const { house, disk } = await poisoned();
    expect(idsOf(must(await remove(house, "file:mine.txt")).removed)).toEqual(["mine.txt"]);
    expect(disk.aside).toEqual(["mine.txt"]);
  });

  it("names what could not be taken away, and why", async () => {
    const { house, disk } = await poisoned();
    disk.break();
    const removal = must(await remove(house, EVIL));
    expect(removal.kept).toMatchObject([{ item: { id: "poem.txt" } }]);
    expect(removal.kept[0]?.reason).toContain("CONFLICT");
    expect(removal.removed).toHaveLength(3);
  });

  it.each([
    ["configuration:models", /your configuration/],
    ["model:demo", /where answers are made/],
    ["tool:web.fetch", /one of Moltbot's own tools/],
    ["tool:memory.search", /one of Moltbot's own tools/],
    ["nonsense", /names no source/],
    ["host:", /names no source/],
    ["planet:mars", /names no source/],
  ])("%s is refused, and nothing is recorded", async (source, problem) => {
    const { house, audited } = await poisoned();
    const before = await audited();
    const refused = await remove(house, source);
    expect(refused).toMatchObject({ ok: false, error: { code: "REQUEST_INVALID" } });
    expect(refused.ok ? "" : refused.error.message).toMatch(problem);
    expect(await audited()).toEqual(before);
  });

  it("reaches nothing of another owner", async () => {
    const { house, store, poison, disk } = await poisoned();
    const stranger = { ...house.owner, id: house.house.ids.next({ parse: (text) => text as typeof house.owner.id }) }; // a person of whom nothing is kept
    const removal = await house.operations["provenance.remove"](house.context({ principal: stranger }), {
      source: EVIL,
      dryRun: false,
    });
    expect(removal).toMatchObject({ ok: true, value: { removed: [], effects: [] } });
    expect(must(await store.memories.find(house.scope, poison.memory)).text).toBe("eve is a friend");
    expect(disk.aside).toEqual([]);
  });

  it("changes nothing when it cannot be recorded", async () => {
    const fails = { audit: false, database: false };
    const disk = folders();
    const house = await houses.start({ catalog: [], workspaces: disk.workspaces, fails });
    const evil: Label = label("untrusted", [house.owner.id], [{ kind: "host", ref: "evil.example:443" }]);
    must(await house.house.store.fileLabels.keep(house.scope, hash("from the page"), evil));
    fails.audit = true;
    expect(await remove(house, EVIL)).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    expect(disk.aside).toEqual([]);
  });

  it("stops the turns that hold some of it in view, and no others", async () => {
    const { house } = await poisoned(model(async () => undefined, "pay.now"));
    const [poisonedTurn, other] = [await house.begin(), await house.begin()];
    for (const id of [poisonedTurn, other]) await until(async () => (await house.turn(id)).state === "waiting");
    const { userMessageId } = await house.turn(poisonedTurn);
    const removal = must(await remove(house, `message:${userMessageId}`));
    expect(idsOf(removal.removed)).toContain(userMessageId);
    expect((await house.turn(poisonedTurn)).end).toMatchObject({ state: "stopped" });
    expect((await house.turn(other)).state).toBe("waiting");
  });
});
