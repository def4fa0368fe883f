import { strFromU8, unzipSync } from "fflate";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentId, PrincipalId, ShareId, TeamId } from "@moltbot/contracts";
import type { Conversation } from "@moltbot/contracts";
import { safeName } from "./archive-text.ts";
import { createAttachmentDesk } from "./attachment-desk.ts";
import { exportSubject } from "./export-subject.ts";
import { codeOf, must, openPrivacyHouse } from "./testing/open-privacy-house.ts";
import type { PrivacyHouse } from "./testing/open-privacy-house.ts";

let house: PrivacyHouse;
let parrots: Conversation;
beforeEach(async () => {
  house = await openPrivacyHouse();
  parrots = await house.converse("../../parrots: a title", ["# not a heading\nof the archive", "second"]);
  await house.converse("robins", ["a red robin"]);
  await house.remember("parrots are green", await house.from(parrots));
  must(
    await createAttachmentDesk(house.ports).create(house.owner, {
      conversationId: parrots.id,
      name: "..\\..\\evil.txt",
      mediaType: "text/plain",
      content: Buffer.from("green"),
    }),
  );
});
afterEach(() => house.close());

const read = async (kind: "conversation" | "person"): Promise<Readonly<Record<string, string>>> => {
  const subject = kind === "person" ? ({ kind, id: house.owner.id } as const) : ({ kind, id: parrots.id } as const);
  const download = must(await exportSubject(house.ports, house.owner, subject));
  expect(download).toMatchObject({ name: `moltbot-${kind}-${subject.id}.zip`, mediaType: "application/zip" });
  const files = unzipSync(Buffer.from(download.content, "base64"));
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]));
};

describe("an archive", () => {
  it("holds a conversation for people and for programs, with what came of it and its files", async () => {
    const files = await read("conversation");
    const names = Object.keys(files);
    const text = files[names.find((name) => name.endsWith(".md") && name.startsWith("conversations/")) ?? ""] ?? "";
    expect(text).toContain("> # not a heading\n> of the archive");
    expect(text).toContain("second");
    const whole: unknown = JSON.parse(
      files[names.find((name) => name.startsWith("conversations/") && name.endsWith(".json")) ?? ""] ?? "{}",
    );
    expect(whole).toMatchObject({ id: parrots.id, title: "../../parrots: a title" });
    expect(files["memories.json"]).toContain("parrots are green");
    for (const name of ["contacts.json", "teams.json", "shares.json"]) expect(files[name]).toBeUndefined();
    expect(JSON.stringify(files)).not.toContain("a red robin");
    const [attachment] = JSON.parse(files["attachments.json"] ?? "[]") as readonly { readonly file: string }[]; // as the archive is made
    expect(files[attachment?.file ?? ""]).toBe("green");
    expect(JSON.parse(files["audit.json"] ?? "[]")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: "attachment:kept", details: { name: "..\\..\\evil.txt" } }),
        expect.objectContaining({ event: "subject:exported" }),
      ]),
    );
    expect(files["README.md"]).toContain(parrots.id);
  });

  it("holds all of a person", async () => {
    const files = await read("person");
    expect(JSON.stringify(files)).toContain("a red robin");
    expect(files["contacts.json"]).toBeDefined();
  });

  it("holds which teams a person is in and what they share, and nobody else's", async () => {
    const { owner, me, ports } = house;
    const { store, ids, clock } = ports.house;
    const tenant = { ...me, reach: "tenant" } as const;
    const at = clock.now();
    const [bob, agent, hers, theirs] = [ids.next(PrincipalId), ids.next(AgentId), ids.next(TeamId), ids.next(TeamId)];
    must(await store.people.create(tenant, { id: bob, name: "Bob", role: "member", state: "active", createdAt: at }));
    must(await store.teams.create(tenant, { id: hers, name: "family", members: [owner.id, bob], createdAt: at }));
    must(await store.teams.create(tenant, { id: theirs, name: "others", members: [bob], createdAt: at }));
    must(
      await store.agents.create(me, {
        id: agent,
        tenantId: owner.tenantId,
        ownerId: owner.id,
        name: "Molt",
        model: "demo",
        capabilities: [],
        reading: "auto",
        createdAt: at,
      }),
    );
    const share = must(
      await store.shares.set(me, {
        id: ids.next(ShareId),
        object: { type: "agent", id: agent },
        to: { kind: "team", id: hers },
        rights: ["use"],
        effect: "allow",
        by: owner.id,
        at,
      }),
    );
    const files = await read("person");
    expect(JSON.parse(files["teams.json"] ?? "")).toEqual([{ id: hers, name: "family" }]);
    expect(JSON.parse(files["shares.json"] ?? "")).toEqual([share]);
    const archive = must(
      await exportSubject(ports, { ...owner, id: bob, role: "member", name: "Bob" }, { kind: "person", id: bob }),
    );
    const his = unzipSync(Buffer.from(archive.content, "base64"));
    expect(JSON.parse(strFromU8(his["shares.json"] ?? new Uint8Array()))).toEqual([]);
    expect(
      Object.values(his)
        .map((bytes) => strFromU8(bytes))
        .join("\n"),
    ).not.toContain("a red robin");
  });

  it("has no name in it that leads out of the folder where it is unpacked", async () => {
    for (const name of Object.keys(await read("person"))) {
      expect(name).not.toMatch(/(^|\/)\.\.?(\/|$)|\\|^\/|:|\p{Cc}/u);
    }
  });

  it("is refused when it would be too large, and for whoever does not see the subject", async () => {
    const subject = { kind: "conversation", id: parrots.id } as const;
    expect(codeOf(await exportSubject(house.ports, house.owner, subject, 500))).toBe("EXPORT_TOO_LARGE");
    const stranger = {
      ...house.owner,
      role: "member" as const,
      id: house.ports.house.ids.next({ parse: (text) => text }) as never,
    }; // somebody nobody knows
    expect(codeOf(await exportSubject(house.ports, stranger, subject))).toBe("NOT_FOUND");
  });
});

describe("a safe name", () => {
  it("is one name, whatever stood there", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
        const safe = safeName(name);
        expect(safe).not.toMatch(/[/\\:*?"<>|]|\p{Cc}/u);
        expect(safe).not.toMatch(/^\.|[. ]$/);
        expect(safe.length).toBeGreaterThan(0);
        expect(safe).not.toMatch(/^(con|nul|prn|aux)(\.|$)/i);
      }),
    );
  });

  it("stays as it is where nothing is wrong with it", () => {
    for (const name of ["notes.txt", "Grüße an Bob.md", "2026-11-22 report.pdf"]) expect(safeName(name)).toBe(name);
    expect(safeName("con.txt")).toBe("_con.txt");
    expect(safeName("")).toBe("_");
  });
});
