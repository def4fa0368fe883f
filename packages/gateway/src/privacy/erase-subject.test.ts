import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ReminderId, CallId, err, moltbotError } from "@moltbot/contracts";
import type { Conversation, ErasureCertificate, PrivacySubject } from "@moltbot/contracts";
import { verifyCertificate } from "@moltbot/storage/audit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAttachmentDesk } from "./attachment-desk.ts";
import { createPrivacyDesk } from "./desk.ts";
import { resumeErasures } from "./erase-subject.ts";
import type { PrivacyPorts } from "./ports.ts";
import { retire, sweepErased } from "./retention.ts";
import { codeOf, must, openPrivacyHouse, queueTurn } from "./testing/open-privacy-house.ts";
import type { PrivacyHouse } from "./testing/open-privacy-house.ts";

let house: PrivacyHouse;
let parrots: Conversation;
let robins: Conversation;
const of = ({ id }: Conversation): PrivacySubject => ({ kind: "conversation", id });
const erase = (ports: PrivacyPorts = house.ports, subject = of(parrots)) =>
  createPrivacyDesk(ports).erase(house.owner, subject);
/** The same ports over a store in which one method of a repository is another. */
const withStore = (change: (store: PrivacyPorts["house"]["store"]) => object): PrivacyPorts => {
  const { store } = house.ports.house;
  return { ...house.ports, house: { ...house.ports.house, store: { ...store, ...change(store) } } };
};
const busy = async () => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "busy" }));
const events = async () => must(await house.memory.audit.list(50)).map(({ event }) => event);
const reopen = async (): Promise<void> => {
  await house.close(false);
  house = await openPrivacyHouse(house.root);
};

beforeEach(async () => {
  house = await openPrivacyHouse();
  parrots = await house.converse("parrots", ["a green parrot", "and its seed"]);
  robins = await house.converse("robins", ["a red robin"]);
});
afterEach(() => house.close());

describe("an erasure", () => {
  it("takes a conversation with all that came of it, and signs for it", async () => {
    const memory = await house.remember("parrots are green", await house.from(parrots));
    const kept = await house.remember("robins are red", await house.from(robins));
    const desk = createAttachmentDesk(house.ports);
    must(
      await desk.create(house.owner, {
        conversationId: parrots.id,
        name: "parrot.txt",
        mediaType: "text/plain",
        content: Buffer.from("green"),
      }),
    );
    const certificate = must(await erase());
    expect(certificate).toMatchObject({
      subject: of(parrots),
      files: 1,
      rows: { conversations: 1, messages: 2, memories: 1, attachments: 1 },
    });
    expect(certificate.keys).toBe(3);
    expect(certificate.keyring.to).toBe(house.memory.vault.generation());
    const head = must(await house.memory.audit.head());
    expect(certificate.audit.size).toBe(head.size);
    expect(verifyCertificate(certificate, head.publicKey)).toBeNull();
    const { store } = house.ports.house;
    expect(codeOf(await store.conversations.find(house.me, parrots.id))).toBe("NOT_FOUND");
    expect(must(await store.memories.list(house.me, 10)).map(({ id }) => id)).toEqual([kept]);
    expect(house.memory.vault.erased().map(({ subject }) => subject)).toContain(`memory:${memory}`);
    expect(must(await house.ports.files.addresses())).toEqual([]);
    expect(await events()).toEqual(expect.arrayContaining(["subject:erasing", "subject:erased"]));
    expect(must(await house.memory.audit.verify()).ok).toBe(true);
    expect(house.heard).toContain("subject:erased");
    expect(must(await createPrivacyDesk(house.ports).certificates(house.owner))).toEqual([certificate]);
  });

  it("ends programs and removes their copies before the keys go, and once more after the rest", async () => {
    const known: boolean[] = [];
    const copies: PrivacyPorts["copies"] = {
      forget: async (subject) => {
        known.push(house.memory.vault.erased().length > 0);
        return house.ports.copies.forget(subject);
      },
    };
    must(await erase({ ...house.ports, copies }));
    expect(house.forgotten).toEqual([of(parrots), of(parrots)]);
    expect(known).toEqual([false, true]);
  });

  it("is not signed for while a copy is still there, and goes on when it is asked for again", async () => {
    const stuck = { forget: async () => err(moltbotError("HOME_NOT_WRITABLE", { home: "copies", problem: "EIO" })) };
    expect(codeOf(await erase({ ...house.ports, copies: stuck }))).toBe("HOME_NOT_WRITABLE");
    expect(must(await createPrivacyDesk(house.ports).certificates(house.owner))).toEqual([]);
    must(await erase());
    expect(house.forgotten).toContainEqual(of(parrots));
  });

  it("ends every turn of the conversation first, also one that only waits", async () => {
    const turn = await queueTurn(house, parrots);
    const other = await queueTurn(house, robins);
    must(await erase());
    expect(house.stopped).toEqual([turn]);
    expect(must(await house.ports.house.store.turns.find(house.me, other)).state).toBe("queued");
  });

  it("takes reminders of other conversations that came of it", async () => {
    const { store, ids, clock } = house.ports.house;
    must(
      await store.reminders.create(house.me, {
        id: ids.next(ReminderId),
        ownerId: house.owner.id,
        agentId: robins.agentId,
        conversationId: robins.id,
        callId: ids.next(CallId),
        text: "feed the parrot",
        dueAt: clock.now(),
        state: "scheduled",
        createdAt: clock.now(),
        firedAt: null,
        label: await house.from(parrots),
      }),
    );
    must(await erase());
    expect(must(await store.reminders.list(house.me, {}))).toEqual([]);
  });

  it("names models of others that were shown it, and not the one of this machine", async () => {
    const shown = await house.converse("shown", ["x"], { model: { name: "vendor", demonstration: false } });
    const here = await house.converse("here", ["x"], { model: { name: "demo", demonstration: true } });
    const reach = async (which: Conversation) =>
      must(await erase(house.ports, of(which))).outOfReach.map(({ where }) => where);
    expect(await reach(shown)).toEqual(["vendor"]);
    expect(await reach(here)).toEqual([]);
  });

  it("does nothing when it cannot be recorded", async () => {
    const audit = { ...house.memory.audit, record: async () => err(moltbotError("AUDIT_UNWRITABLE")) };
    expect(codeOf(await erase({ ...house.ports, house: { ...house.ports.house, audit } }))).toBe("AUDIT_UNWRITABLE");
    expect(house.memory.vault.erased()).toEqual([]);
    expect(must(await house.ports.house.store.conversations.find(house.me, parrots.id)).title).toBe("parrots");
  });

  it("keeps the conversation when its turns do not end", async () => {
    await queueTurn(house, parrots);
    const stuck = { ...house.ports, stopTurn: async () => err(moltbotError("CONFLICT", { kind: "turn" })) };
    expect(codeOf(await erase(stuck))).toBe("CONFLICT");
    expect(house.memory.vault.erased()).toEqual([]);
  });

  it("does not exist for a subject that is not there or belongs to somebody else", async () => {
    const stranger = { ...house.owner, id: house.ports.house.ids.next({ parse: (text) => text }) as never }; // somebody nobody knows
    const desk = createPrivacyDesk(house.ports);
    expect(codeOf(await desk.erase({ ...stranger, role: "member" }, of(parrots)))).toBe("NOT_FOUND");
    expect(codeOf(await desk.erase({ ...house.owner, role: "member" }, { kind: "person", id: stranger.id }))).toBe(
      "NOT_FOUND",
    );
    expect(house.memory.vault.erased()).toEqual([]);
  });
});

describe("an erasure that a crash cut off", () => {
  const unfinished = async (): Promise<readonly ErasureCertificate[]> =>
    must(await house.ports.house.store.privacy.certificates(house.ports.system)).filter(
      ({ signature }) => signature === "",
    );
  const finished = async (): Promise<void> => {
    await reopen();
    expect(must(await resumeErasures(house.ports))).toBe(1);
    must(await sweepErased(house.ports));
    expect(await unfinished()).toEqual([]);
    expect(house.forgotten).toContainEqual(of(parrots));
    const { store } = house.ports.house;
    expect(codeOf(await store.conversations.find(house.me, parrots.id))).toBe("NOT_FOUND");
    expect(must(await store.memories.list(house.me, 10))).toEqual([]);
    expect(must(await house.ports.files.addresses())).toEqual([]);
    const [certificate] = must(await createPrivacyDesk(house.ports).certificates(house.owner));
    expect(certificate?.subject).toEqual(of(parrots));
    expect(certificate?.keys).toBeGreaterThanOrEqual(2);
    expect(certificate?.outOfReach.map(({ what }) => what).join()).toContain("sent to a model");
    expect(must(await house.memory.audit.verify()).ok).toBe(true);
    expect(must(await resumeErasures(house.ports))).toBe(0);
    expect(must(await store.conversations.find(house.me, robins.id)).title).toBe("robins");
  };

  beforeEach(async () => {
    parrots = await house.converse("parrots", ["green"], { model: { name: "vendor", demonstration: false } });
    await house.remember("parrots are green", await house.from(parrots));
    must(
      await createAttachmentDesk(house.ports).create(house.owner, {
        conversationId: parrots.id,
        name: "a.txt",
        mediaType: "text/plain",
        content: Buffer.from("green"),
      }),
    );
  });

  it("is finished at the next start when the keys are gone and the rows are not", async () => {
    expect(codeOf(await erase(withStore(({ privacy }) => ({ privacy: { ...privacy, erase: busy } }))))).toBe(
      "DATABASE_UNAVAILABLE",
    );
    expect(await unfinished()).toHaveLength(1);
    // Nobody can read it in between, whatever its rows say.
    const { store } = house.ports.house;
    expect(codeOf(await store.conversations.find(house.me, parrots.id))).toBe("CONTENT_UNREADABLE");
    await finished();
  });

  it("is finished without a start, when its owner asks for it once more", async () => {
    expect(
      codeOf(
        await erase(
          withStore(({ privacy }) => ({
            privacy: { ...privacy, scrub: async () => err(moltbotError("DATABASE_DAMAGED", { problem: "x" })) },
          })),
        ),
      ),
    ).toBe("DATABASE_DAMAGED");
    const certificate = must(await erase());
    expect(certificate.subject).toEqual(of(parrots));
    expect(await unfinished()).toEqual([]);
    expect(must(await createPrivacyDesk(house.ports).certificates(house.owner))).toEqual([certificate]);
    expect(codeOf(await erase())).toBe("NOT_FOUND");
  });

  it("is finished when the rows are gone and the certificate is not signed", async () => {
    const once = { certified: 0 };
    const ports = withStore(({ privacy }) => ({
      privacy: {
        ...privacy,
        certify: async (...given: Parameters<typeof privacy.certify>) =>
          (once.certified += 1) === 1 ? privacy.certify(...given) : busy(),
      },
    }));
    expect(codeOf(await erase(ports))).toBe("DATABASE_UNAVAILABLE");
    expect(await unfinished()).toHaveLength(1);
    await finished();
  });

  it("is finished when a memory's row or a file was left", async () => {
    const ports = { ...house.ports, files: { ...house.ports.files, remove: busy } };
    expect(codeOf(await erase(ports))).toBe("DATABASE_UNAVAILABLE");
    await finished();
  });

  it("is carried out when it came before the keys: it was asked for, and is on record", async () => {
    const ports = {
      ...house.ports,
      vault: { ...keysOf(house), erase: async () => err(moltbotError("VAULT_LOCKED", { problem: "disk" })) },
    };
    expect(codeOf(await erase(ports))).toBe("VAULT_LOCKED");
    expect(must(await house.ports.house.store.conversations.find(house.me, parrots.id)).title).toBe("parrots");
    await finished();
  });
});

/** The vault's methods that privacy uses, so that one of them can be another. */
const keysOf = ({ ports: { vault } }: PrivacyHouse): PrivacyPorts["vault"] => ({
  erase: (subjects) => vault.erase(subjects),
  erased: () => vault.erased(),
  generation: () => vault.generation(),
  signer: () => vault.signer(),
  content: vault.content,
  secrets: vault.secrets,
});

describe("a copy that was made before (unplug)", () => {
  /** The database as it was, put back under the keyring as it is. */
  const putBack = async (erasing: (ports: PrivacyPorts) => PrivacyPorts): Promise<string> => {
    const file = join(house.root, "home", "moltbot.db");
    await reopen();
    const copy = join(house.root, "copy.db");
    copyFileSync(file, copy);
    expect(existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`).length : 0).toBe(0);
    must(await erase(erasing(house.ports)));
    const { database } = house.memory;
    const sealer = house.memory.vault.content;
    await database.close();
    const { openDatabase } = await import("@moltbot/storage/database");
    const old = must(
      await openDatabase({
        file: copy,
        key: house.memory.vault.key("database"),
        sealer,
        clock: house.memory.clock,
        log: house.ports.house.log,
      }),
    );
    const found = await old.conversations.path(house.me, parrots.id, "main", 10);
    await old.close();
    return found.ok ? JSON.stringify(found.value) : found.error.code;
  };

  it("gives nothing away: its keys are gone", async () => {
    expect(await putBack((ports) => ports)).toBe("CONTENT_UNREADABLE");
  });

  it("gives everything away where the keys are not destroyed", async () => {
    const ports = (of: PrivacyPorts): PrivacyPorts => ({
      ...of,
      vault: { ...keysOf(house), erase: async () => ({ ok: true, value: { keys: 0, from: 0, to: 0 } }) },
    });
    expect(await putBack(ports)).toContain("a green parrot");
  });
});

describe("erasing a person", () => {
  it("takes their own secrets with their keys, and leaves the house's", async () => {
    const { secrets } = house.memory.vault;
    const wish = { name: "weather", value: "v", hosts: ["api.example"] };
    must(await secrets.set({ ...wish, ownerId: house.owner.id }));
    must(await secrets.set({ ...wish, ownerId: null }));
    must(await erase(house.ports, { kind: "person", id: house.owner.id }));
    expect(secrets.list().map(({ name, ownerId }) => [name, ownerId])).toEqual([["weather", null]]);
  });
});

describe("erasing the only owner", () => {
  it("leaves a new account in their place, nothing of the old one, and says so to the house", async () => {
    await house.remember("robins are red", await house.from(robins));
    const certificate = must(await erase(house.ports, { kind: "person", id: house.owner.id }));
    expect(certificate.rows).toMatchObject({ conversations: 2, memories: 1, principals: 1 });
    expect(house.heard).toContain("owner erased");
    const next = must(await house.ports.house.store.identity.owner());
    expect(next).toMatchObject({ role: "owner", name: house.settings.owner.name, tenantId: house.owner.tenantId });
    expect(next?.id).not.toBe(house.owner.id);
    await reopen();
    expect(house.owner.id).toBe(next?.id);
    expect(must(await createPrivacyDesk(house.ports).certificates(house.owner))).toEqual([certificate]);
    expect(must(await house.ports.house.store.conversations.list(house.me, 10))).toEqual([]);
    // And the new one begins as anybody does.
    await house.converse("a new one", ["hello"]);
    expect(must(await house.memory.audit.verify()).ok).toBe(true);
  });

  it("is refused while everything is stopped: a stop must not end by it", async () => {
    const { store } = house.ports.house;
    const stopped = { at: "2026-01-01T00:00:00.000Z" };
    const ports = withStore(() => ({ stops: { ...store.stops, current: async () => ({ ok: true, value: stopped }) } }));
    expect(codeOf(await erase(ports, { kind: "person", id: house.owner.id }))).toBe("EVERYTHING_STOPPED");
    expect(house.memory.vault.erased()).toEqual([]);
  });
});

describe("the retention", () => {
  const run = () => retire(house.ports, createPrivacyDesk(house.ports), house.owner);

  it("erases conversations that rested longer than the settings say, each with its certificate", async () => {
    house.settings = { ...house.settings, retention: { ...house.settings.retention, conversationsDays: 30 } };
    house.sleep(20);
    const recent = await house.converse("recent", ["new"]);
    house.sleep(15);
    expect(must(await run())).toMatchObject({ conversations: 2 });
    expect(must(await house.ports.house.store.conversations.list(house.me, 10)).map(({ id }) => id)).toEqual([
      recent.id,
    ]);
    expect(must(await createPrivacyDesk(house.ports).certificates(house.owner))).toHaveLength(2);
    expect(must(await run())).toMatchObject({ conversations: 0 });
  });

  it("keeps conversations for ever where the settings say nothing", async () => {
    house.sleep(30_000);
    expect(must(await run()).conversations).toBe(0);
    expect(must(await house.ports.house.store.conversations.list(house.me, 10))).toHaveLength(2);
  });
});

describe("sweeping", () => {
  it("removes the row of a memory whose key is gone already", async () => {
    const memory = await house.remember("robins are red", await house.from(robins));
    must(await createPrivacyDesk(house.ports).forget([`memory:${memory}`]));
    await reopen();
    must(await sweepErased(house.ports));
    expect(codeOf(await house.ports.house.store.memories.find(house.me, memory))).toBe("NOT_FOUND");
  });
});
