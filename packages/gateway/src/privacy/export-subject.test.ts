import { strFromU8, unzipSync } from "fflate";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  AgentId,
  DeviceId,
  PackageVersion,
  PluginName,
  PrincipalId,
  PromptId,
  SessionId,
  ShareId,
  SigningKey,
  TeamId,
  TokenId,
  instantOf,
  millisecondsOf,
} from "@moltbot/contracts";
import type { Conversation } from "@moltbot/contracts";
import { safeName } from "./archive-text.ts";
import { createAttachmentDesk } from "./attachment-desk.ts";
import { exportSubject } from "./export-subject.ts";
import { codeOf, must, openPrivacyHouse } from "./testing/open-privacy-house.ts";
import type { PrivacyHouse } from "./testing/open-privacy-house.ts";
import { waysIn } from "./ways-in.ts";

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

/** Somebody else in the same house. */
const bobComes = async (): Promise<PrincipalId> => {
  const { me, ports } = house;
  const id = ports.house.ids.next(PrincipalId);
  const createdAt = ports.house.clock.now();
  const bob = { id, name: "Bob", role: "member", ownRole: null, state: "active", createdAt } as const;
  must(await ports.house.store.people.create({ ...me, reach: "tenant" }, bob));
  return id;
};
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
    const [bob, agent, hers, theirs] = [await bobComes(), ids.next(AgentId), ids.next(TeamId), ids.next(TeamId)];
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
        upTo: null,
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

  it("holds what a person used of the budgets, and nobody else's", async () => {
    const { owner, ports } = house;
    const mine = {
      tenantId: owner.tenantId,
      ownerId: owner.id,
      day: "2026-11-23",
      subject: { kind: "person", id: owner.id },
      unit: "tokens",
      amount: 12,
    } as const;
    const other = PrincipalId.parse("01930000-0000-7000-8000-00000000000b");
    must(
      await ports.house.store.usage.add([
        mine,
        { ...mine, ownerId: other, subject: { kind: "person", id: other } },
        { ...mine, ownerId: null, subject: { kind: "house", id: owner.tenantId } },
      ]),
    );
    expect(JSON.parse((await read("person"))["usage.json"] ?? "")).toEqual([mine]);
    expect((await read("conversation"))["usage.json"]).toBeUndefined();
  });

  it("holds by what a person comes in, and nothing by which anybody else could", async () => {
    const { owner, me, ports } = house;
    const { store, ids, clock } = ports.house;
    const at = clock.now();
    const expiresAt = instantOf(millisecondsOf(at) + 60_000);
    const key = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) } as const;
    const dates = { expiresAt, revokedAt: null };
    const theirs = { principal: owner, ...dates };
    const token = { id: ids.next(TokenId), name: "script", role: "viewer", scopes: ["agents.list"], ...dates } as const;
    must(
      await store.identity.createToken(me, {
        ...token,
        principal: owner,
        verifier: "the token's verifier",
        integrity: "untrusted",
        key,
        madeWith: null,
        createdAt: at,
        lastUsedAt: null,
      }),
    );
    const session = { id: ids.next(SessionId), createdAt: at, idleUntil: expiresAt, expiresAt, lastSeenAt: null };
    must(await store.identity.createSession({ ...session, ...theirs, verifier: "the session's verifier" }));
    const device = {
      id: ids.next(DeviceId),
      name: "phone",
      thumbprint: "t".repeat(43),
      pairedAt: at,
      lastSeenAt: null,
    };
    must(
      await store.devices.create({
        ...device,
        ...theirs,
        key,
        refreshVerifier: "the refresh token's verifier",
        idleUntil: expiresAt,
      }),
    );
    const files = await read("person");
    expect(JSON.parse(files["tokens.json"] ?? "")).toEqual([
      { ...token, integrity: "untrusted", madeWith: null, createdAt: at, lastUsedAt: null, needsSignature: true },
    ]);
    expect(JSON.parse(files["sessions.json"] ?? "")).toEqual([session]);
    expect(JSON.parse(files["devices.json"] ?? "")).toEqual([{ ...device, idleUntil: expiresAt, ...dates }]);
    const everything = Object.values(files).join("\n");
    for (const hidden of ["verifier", key.x, key.y]) expect(everything).not.toContain(hidden);
    const conversation = await read("conversation");
    for (const name of ["tokens.json", "sessions.json", "devices.json"]) expect(conversation[name]).toBeUndefined();
  });

  it("unplug: as they are kept, tokens would go out with what tells a good guess", async () => {
    const { owner, me, ports } = house;
    const { store, ids, clock } = ports.house;
    const planted = "a verifier to tell guesses by";
    must(
      await store.identity.createToken(me, {
        id: ids.next(TokenId),
        principal: owner,
        role: "viewer",
        name: "script",
        verifier: planted,
        scopes: null,
        integrity: "authority",
        key: null,
        madeWith: null,
        createdAt: clock.now(),
        expiresAt: clock.now(),
        revokedAt: null,
        lastUsedAt: null,
      }),
    );
    expect(JSON.stringify(must(await store.identity.listTokens(me)))).toContain(planted);
    expect(JSON.stringify(must(await waysIn(store, me)))).not.toContain(planted);
  });

  it("holds a person's own prompts and what is known of their secrets, nobody else's and no value", async () => {
    const { owner, me, ports } = house;
    const { store, ids, clock } = ports.house;
    const now = clock.now();
    const bob = await bobComes();
    const his = { ...me, principalId: bob };
    const everyone = { kind: "everyone" } as const;
    for (const [scope, ownerId, text] of [
      [me, owner.id, "mine"],
      [his, bob, "canary-his"],
    ] as const) {
      const id = ids.next(PromptId);
      const prompt = { id, ownerId, name: text, text, writtenBy: ownerId, createdAt: now, updatedAt: now };
      must(await store.prompts.create(scope, prompt));
      const object = { type: "prompt", id } as const;
      const share = { id: ids.next(ShareId), object, to: everyone, rights: ["use"], effect: "allow" } as const;
      must(await store.shares.set(scope, { ...share, upTo: null, by: ownerId, at: now }));
      const secret = { name: `key-of-${text}`, value: "canary-value", hosts: ["api.example"] };
      must(await ports.vault.secrets.set({ ...secret, ownerId }));
      must(await ports.vault.secrets.set({ ...secret, name: "canary-house", ownerId: null }));
    }
    const files = await read("person");
    expect(JSON.parse(files["prompts.json"] ?? "")).toMatchObject([{ text: "mine" }]);
    expect(JSON.parse(files["secrets.json"] ?? "")).toMatchObject([{ name: "key-of-mine", hosts: ["api.example"] }]);
    expect(JSON.stringify(files)).not.toContain("canary");
  });

  it("holds what plugins keep for a person, and nothing that they keep for somebody else", async () => {
    const { owner, me, ports } = house;
    const { store, clock } = ports.house;
    const at = clock.now();
    const weather = PluginName.parse("weather");
    const installed = { tenantId: owner.tenantId, kind: "plugin", name: weather, installedBy: owner.id } as const;
    must(
      await store.packages.put(
        { ...me, reach: "tenant" },
        {
          ...installed,
          version: PackageVersion.parse("1.0.0"),
          digest: "ab".repeat(32),
          signer: SigningKey.parse(`mk1_${"A".repeat(43)}`),
          archive: new Uint8Array(),
          choices: { hosts: [], secrets: {} },
          enabled: true,
          waiting: null,
          installedAt: at,
          updatedAt: at,
        },
      ),
    );
    const bob = await bobComes();
    const box = { plugin: weather, audience: "public" };
    must(await store.pluginItems.set(me, box, "town", { name: "Rome" }, 1_000));
    must(await store.pluginItems.set({ ...me, principalId: bob }, box, "town", "canary-his", 1_000));
    const files = await read("person");
    expect(JSON.parse(files["plugin-items.json"] ?? "")).toEqual([{ ...box, key: "town", value: { name: "Rome" } }]);
    expect(JSON.stringify(files)).not.toContain("canary");
    expect((await read("conversation"))["plugin-items.json"]).toBeUndefined();
  });

  it("has no name in it that leads out of the folder where it is unpacked", async () => {
    for (const name of Object.keys(await read("person"))) {
      expect(name).not.toMatch(/(^|\/)\.\.?(\/|$)|\\|^\/|:|\p{Cc}/u);
    }
  });

  it("is refused when it would be too large, and for whoever does not see the subject", async () => {
    const subject = { kind: "conversation", id: parrots.id } as const;
    expect(codeOf(await exportSubject(house.ports, house.owner, subject, 500))).toBe("EXPORT_TOO_LARGE");
    const stranger = { ...house.owner, role: "member", id: house.ports.house.ids.next(PrincipalId) } as const;
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
