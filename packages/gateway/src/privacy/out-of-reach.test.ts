import { BackupId, Digest, label, ok } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outOfReach } from "./out-of-reach.ts";
import { createPrivacyDesk } from "./desk.ts";
import type { PrivacyPorts } from "./ports.ts";
import { must, openPrivacyHouse } from "./testing/open-privacy-house.ts";
import type { PrivacyHouse } from "./testing/open-privacy-house.ts";

let house: PrivacyHouse;
beforeEach(async () => {
  house = await openPrivacyHouse();
});
afterEach(() => house.close());

const ONE = Digest.parse("11".repeat(32));
const TWO = Digest.parse("22".repeat(32));

/** A house with one agent, in whose workspace two files lie. */
const withFiles = async (): Promise<PrivacyPorts> => {
  const { store, ids, clock } = house.ports.house;
  const id = ids.next({ parse: (text) => text }) as Parameters<typeof store.agents.find>[1]; // any new id
  must(
    await store.agents.create(house.me, {
      id,
      tenantId: house.owner.tenantId,
      ownerId: house.owner.id,
      name: "A",
      model: "default",
      capabilities: [],
      reading: "auto",
      createdAt: clock.now(),
    }),
  );
  const file = (path: string, content: Digest) => ({ path, content, bytes: 1, changedAt: clock.now() });
  return {
    ...house.ports,
    workspaces: {
      ...house.ports.workspaces,
      files: async () => ok([file("parrots.txt", ONE), file("robins.txt", TWO)]),
    },
  };
};

describe("what an erasure cannot reach", () => {
  it("are the files of workspaces that came of the conversation, by name, and no others", async () => {
    const ports = await withFiles();
    const { store } = house.ports.house;
    const parrots = await house.converse("parrots", ["green"]);
    const robins = await house.converse("robins", ["red"]);
    must(await store.fileLabels.keep(house.me, ONE, await house.from(parrots)));
    must(await store.fileLabels.keep(house.me, TWO, await house.from(robins)));
    const subject = { kind: "conversation", id: parrots.id } as const;
    const found = must(await outOfReach(ports, house.me, subject));
    expect(found.map(({ what, where }) => [what, where.split("/").at(-1)])).toEqual([
      ["a file of a workspace", "parrots.txt"],
    ]);
    // Its label goes: from then on nobody trusts the file, whoever reads it.
    must(await createPrivacyDesk(ports).erase(house.owner, subject));
    expect(must(await store.fileLabels.find(house.me, ONE))).toBeNull();
    expect(must(await store.fileLabels.find(house.me, TWO))).toEqual(await house.from(robins));
  });

  it("are all files of a person's agents", async () => {
    const ports = await withFiles();
    const found = must(await outOfReach(ports, house.me, { kind: "person", id: house.owner.id }));
    expect(found.filter(({ what }) => what === "a file of a workspace")).toHaveLength(2);
  });

  it("are backups, and copies of the keyring with what is wrong with them; many are counted", async () => {
    const { store, ids, clock } = house.ports.house;
    const parrots = await house.converse("parrots", ["green"]);
    const add = async (kind: "backup" | "keyring", file: string) =>
      must(
        await store.copies.add(house.me, {
          id: ids.next(BackupId),
          kind,
          file,
          at: clock.now(),
          bytes: 1,
          rows: 1,
          generation: 1,
        }),
      );
    await add("keyring", "/usb/keys");
    const subject = { kind: "conversation", id: parrots.id } as const;
    const [copy] = must(await outOfReach(house.ports, house.me, subject));
    expect(copy).toMatchObject({ where: "/usb/keys" });
    expect(copy?.why).toContain("destroy it");
    for (let made = 0; made < 101; made += 1) await add("backup", `/backups/${String(made)}`);
    const found = must(await outOfReach(house.ports, house.me, subject));
    expect(found).toHaveLength(101);
    expect(found.at(-1)?.where).toBe("2 more");
  });

  it("is what a program with network did, and nothing of one that could reach nobody", async () => {
    const parrots = await house.converse("parrots", ["green"]);
    const { store } = house.ports.house;
    const decision = (id: string, hosts: readonly string[]) => ({
      id,
      kind: "allow",
      conversationId: parrots.id,
      callId: id,
      at: house.ports.house.clock.now(),
      input: {
        call: { tool: "exec.run", label: label("authority", [house.owner.id]) },
        manifest: { effect: "execute", permissions: ["exec:run"] },
        resources: [
          { argument: "argv", kind: "executable", value: "git", refusal: null },
          ...hosts.map((value) => ({ argument: "network", kind: "host", value, refusal: null })),
        ],
      },
    });
    const all = [decision("one", []), decision("two", ["example.org:443"])];
    const page = async (_scope: unknown, _filter: unknown, after: unknown) =>
      ({ ok: true, value: after === null ? all : [] }) as never; // nothing else of a decision is read
    const decisions = { ...store.decisions, page };
    const ports = { ...house.ports, house: { ...house.ports.house, store: { ...store, decisions } } };
    const found = must(await outOfReach(ports, house.me, { kind: "conversation", id: parrots.id }));
    expect(found.filter(({ what }) => what.includes("exec.run")).map(({ where }) => where)).toEqual(["call two"]);
  });

  it("is nothing of a conversation that touched nothing", async () => {
    const parrots = await house.converse("parrots", ["green"], { label: label("authority", [house.owner.id], []) });
    expect(must(await outOfReach(house.ports, house.me, { kind: "conversation", id: parrots.id }))).toEqual([]);
  });
});
