import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import type { ErasureCertificate } from "@moltbot/contracts";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { placesOf, startGateway } from "@moltbot/gateway";
import { verifyCertificate } from "@moltbot/storage/audit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { restoreHome } from "../../packages/gateway/src/backup/restore-home.ts";
import { systemClock } from "../../packages/gateway/src/open-memory.ts";
import { openSettings } from "../../packages/gateway/src/settings/index.ts";
import { openWithKey } from "../../packages/storage/src/database/open-file.ts";
import { openVault } from "../../packages/storage/src/vault/index.ts";
import type { Vault } from "../../packages/storage/src/vault/index.ts";
import { codeOf, must, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse, Call } from "../support/attack-house.ts";

/** Twenty words that stand nowhere else, one for each place where something of a conversation is kept. */
const PLACES = [
  "title",
  "words",
  "quote",
  "quoted-from",
  "reply",
  "memory",
  "second-words",
  "reminder",
  "question",
  "reason",
  "host-reason",
  "read-path",
  "host",
  "query",
  "constraint",
  "file-name",
  "file-content",
  "long-file",
  "idempotency",
  "search",
] as const;
type PlaceName = (typeof PLACES)[number];
const wordOf = (at: number): string =>
  `zq${["ka", "lo", "mi", "ne", "pu", "ra", "so", "ti", "vu", "wy"][at % 10] ?? ""}${["bex", "dof", "gim"][Math.floor(at / 10)] ?? ""}xq`;
const CANARY = Object.fromEntries(PLACES.map((place, at) => [place, wordOf(at)])) as Readonly<
  Record<PlaceName, string>
>; // one for each place
const WORDS = Object.values(CANARY);

const save = (text: string): Call => ({ tool: "memory.save", arguments: { text } });
const remind = (text: string): Call => ({ tool: "reminder.create", arguments: { minutes: 600, text } });
const fetchFrom = (host: string): Call => ({ tool: "web.fetch", arguments: { url: `https://${host}.example/` } });

/** Which of the words stand in these bytes, as they are or in another writing of them. */
const found = (bytes: Buffer): readonly string[] => {
  const text = bytes.toString("latin1").toLowerCase();
  return WORDS.filter(
    (word) =>
      text.includes(word) ||
      text.includes(Buffer.from(word).toString("hex")) ||
      [0, 1, 2].some((shift) =>
        // Base64 of the same letters at each of the three places where they can begin.
        text.includes(
          Buffer.from("   ".slice(0, shift) + word)
            .toString("base64")
            .slice(shift === 0 ? 0 : shift + 1, -4)
            .toLowerCase(),
        ),
      ),
  );
};

/** Every file below a folder. */
const filesIn = (folder: string): readonly string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { recursive: true })
        .map((path) => join(folder, String(path)))
        .filter((path) => statSync(path).isFile());

/** Each file of the home that holds one of the words, with them. */
const searchHome = (home: string): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    filesIn(home)
      .map((path) => [path.slice(home.length), found(readFileSync(path))] as const)
      .filter(([, words]) => words.length > 0),
  );

/** All that stands on the pages of a database, opened with the vault's key: rows, indexes and what no query shows. */
const pagesOf = (file: string, key: Uint8Array, folder: string): Buffer => {
  const copy = join(folder, `pages-${String(Math.random())}.db`);
  for (const suffix of ["", "-wal"])
    if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
  const handle = openWithKey(copy, key, { readonly: false });
  handle.pragma("journal_mode = DELETE");
  handle.pragma("rekey = ''");
  handle.close();
  return readFileSync(copy);
};

const fillConversation = async (house: AttackHouse): Promise<string> => {
  const { report } = await house.obey(
    [
      [save(`the parrot is called ${CANARY.memory}`)],
      [{ tool: "file.read", arguments: { path: `${CANARY["read-path"]}.txt` } }],
      [{ tool: "memory.search", arguments: { query: CANARY.query } }],
    ],
    {
      content: `${CANARY.title} is what it is about: plan-2, and ${CANARY.words}, and ${CANARY.search} to be found by`,
      idempotencyKey: `key-${CANARY.idempotency}`,
    },
  );
  const { conversationId } = report;
  const more = { conversationId } as const;
  await house.obey([{ text: `Of course: ${CANARY.reply}.` }], {
    ...more,
    content: `plan-3, ${CANARY["second-words"]}`,
    blocks: [{ kind: "pasted", from: CANARY["quoted-from"], text: `somebody wrote ${CANARY.quote}` }],
  });
  const asked = await house.obey([[remind(`feed ${CANARY.reminder}`)]], more);
  await house.allowAll(asked.report);
  const deny = async (call: Call, reason: string): Promise<void> => {
    const { report: one } = await house.obey([[call]], more);
    const [question] = one.approvals;
    must(await house.client.call("approvals.answer", { approvalId: question?.id ?? "", answer: "deny", reason }));
    must(await house.client.call("turns.get", { turnId: one.turnId, wait: "true" }));
  };
  await deny(remind(CANARY.question), CANARY.reason);
  await deny(fetchFrom(CANARY.host), CANARY["host-reason"]);
  const granting = await house.obey([[fetchFrom(CANARY.constraint)]], more);
  const [constraint] = granting.report.approvals;
  if (constraint === undefined) throw new Error("nobody was asked about a host");
  await house.answer(constraint, "allow", "conversation");
  for (const [name, content] of [
    [`${CANARY["file-name"]}.txt`, CANARY["file-content"]],
    ["long.bin", `${"x".repeat(1_500_000)}${CANARY["long-file"]}`],
  ] as const)
    must(
      await house.client.call("attachments.create", {
        conversationId,
        name,
        mediaType: "text/plain",
        content: Buffer.from(content).toString("base64"),
      }),
    );
  return conversationId;
};

describe("what is erased is gone", { timeout: 120_000 }, () => {
  let house: AttackHouse;
  let scratch: string;
  let conversationId: string;
  let otherId: string;
  let certificate: ErasureCertificate;
  let backup: string;
  const vaultOf = async (): Promise<Vault> => {
    const { home, root } = house.place;
    return must(
      await openVault({
        directory: join(home, "vault"),
        keyFile: filesIn(join(root, "config")).find((path) => path.endsWith(".key")) ?? "",
        passphrase: null,
        clock: { now: () => "2026-01-01T00:00:00.000Z" as never, monotonic: () => 0 }, // only written, never compared
      }),
    );
  };

  beforeAll(async () => {
    house = await startAttackHouse();
    scratch = mkdtempSync(join(tmpdir(), "moltbot-privacy-"));
    const other = await house.obey([[save("the cat is called Xenophon")]], {
      content: "Please do as agreed: plan-1, robins",
    });
    otherId = other.report.conversationId;
    conversationId = await fillConversation(house);
  }, 120_000);
  afterAll(async () => {
    await house.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  const exported = async (subject: {
    readonly kind: "conversation" | "person";
    readonly id: string;
  }): Promise<Buffer> => {
    const download = must(await house.client.call("privacy.export", { subject }));
    const files = unzipSync(Buffer.from(download.content, "base64"));
    return Buffer.concat(Object.entries(files).flatMap(([name, content]) => [Buffer.from(name), Buffer.from(content)]));
  };

  it("was there: the archive of the conversation holds every word", async () => {
    const words = found(await exported({ kind: "conversation", id: conversationId }));
    // A key of the caller's own is kept as a MAC alone.
    expect(new Set(words)).toEqual(new Set(WORDS.filter((word) => word !== CANARY.idempotency)));
    expect(must(await house.client.call("memories.list", {})).map(({ text }) => text)).toHaveLength(2);
  });

  it("stands in no file of the home as it is, and a backup is made", async () => {
    expect(searchHome(house.place.home)).toEqual({});
    const made = must(await house.client.call("backups.create", { folder: scratch }));
    backup = made.file;
    must(await house.client.call("backups.create", { kind: "keyring", folder: scratch }));
    expect(found(readFileSync(backup))).toEqual([]);
    cpSync(join(house.place.home, "vault"), join(scratch, "vault-before"), { recursive: true });
    expect(existsSync(backup)).toBe(true);
  });

  it("is not erased by a slip, by a stranger's wish or by somebody who may not", async () => {
    const subject = { kind: "conversation", id: conversationId } as const;
    expect(codeOf(await house.client.call("privacy.erase", { subject, confirm: otherId }))).toBe(
      "ERASURE_NOT_CONFIRMED",
    );
    const viewer = house.clientOf(await house.tokenOf("viewer"));
    expect(codeOf(await viewer.call("privacy.erase", { subject, confirm: conversationId }))).toBe("ROLE_INSUFFICIENT");
    expect(codeOf(await viewer.call("privacy.export", { subject }))).toBe("ROLE_INSUFFICIENT");
    const unknown = { kind: "conversation", id: "01890000-0000-7000-8000-000000000000" } as const;
    expect(codeOf(await house.client.call("privacy.erase", { subject: unknown, confirm: unknown.id }))).toBe(
      "NOT_FOUND",
    );
    expect(must(await house.client.call("conversations.list", {})).some(({ id }) => id === conversationId)).toBe(true);
  });

  it("is erased: the certificate counts what went and names what it could not reach", async () => {
    certificate = must(
      await house.client.call("privacy.erase", {
        subject: { kind: "conversation", id: conversationId },
        confirm: conversationId,
      }),
    );
    expect(certificate.keyring.to).toBeGreaterThan(certificate.keyring.from);
    expect(certificate.keys).toBeGreaterThanOrEqual(4);
    expect(certificate.files).toBe(2);
    expect(certificate.rows).toMatchObject({ conversations: 1, attachments: 2, memories: 1 });
    const reach = certificate.outOfReach.map(({ what }) => what).join("\n");
    expect(reach).toMatch(/a backup of/);
    expect(reach).toMatch(/a copy of the keyring of/);
    expect(reach).toMatch(/what web.fetch did \(fetch\)/);
    expect(reach).not.toMatch(/reminder/);
    expect(found(Buffer.from(JSON.stringify(certificate)))).toEqual([]);
    expect(must(await house.client.call("privacy.certificates", {}))).toEqual([certificate]);
  });

  it("has a certificate that verifies offline, and does not when a byte of it is another", async () => {
    const { publicKey } = must(await house.client.call("audit.head", {}));
    expect(verifyCertificate(certificate, publicKey)).toBeNull();
    const text = JSON.stringify(certificate);
    for (let at = 0; at < text.length; at += 7) {
      const changed = `${text.slice(0, at)}${text[at] === "1" ? "2" : "1"}${text.slice(at + 1)}`;
      let value: unknown = null;
      try {
        value = JSON.parse(changed);
      } catch {
        continue;
      }
      expect(verifyCertificate(value, publicKey), `byte ${String(at)}`).not.toBeNull();
    }
  });

  it("is found by nobody: no list, no search, no export, no model", async () => {
    expect(codeOf(await house.client.call("conversations.messages", { conversationId, limit: 10 }))).toBe("NOT_FOUND");
    const [memory, ...others] = must(await house.client.call("memories.list", {}));
    expect(memory?.text).toBe("the cat is called Xenophon");
    expect(others).toEqual([]);
    expect(must(await house.client.call("reminders.list", {}))).toEqual([]);
    for (const word of WORDS) {
      const { hits } = must(await house.client.call("search.messages", { query: word }));
      expect(hits, word).toEqual([]);
    }
    const [owner] = must(await house.client.call("conversations.list", {}));
    expect(found(await exported({ kind: "person", id: owner?.ownerId ?? "" }))).toEqual([]);
    const asked = await house.obey([[{ tool: "memory.search", arguments: { query: `${CANARY.memory} parrot` } }]]);
    expect(asked.results[0]?.text).not.toContain(CANARY.memory);
  });

  it("leaves the other conversation and the log whole", async () => {
    const messages = must(await house.client.call("conversations.messages", { conversationId: otherId, limit: 100 }));
    expect(JSON.stringify(messages)).toContain("robins");
    expect(must(await house.client.call("search.messages", { query: "robins" })).hits).not.toEqual([]);
    await house.checkAudit();
  });

  it("is in no file of the home and on no page of the database, opened with the key: rows, indexes, free pages", async () => {
    const vault = await vaultOf();
    const file = join(house.place.home, "moltbot.db");
    expect(searchHome(house.place.home)).toEqual({});
    const pages = pagesOf(file, vault.key("database"), scratch);
    await vault.close();
    expect(found(pages)).toEqual([]);
    // The words of what stays are there, so the search sees what it looks at.
    expect(pages.includes("robins") || pages.includes("xenophon")).toBe(true);
    // Nothing but the log names it any more, and that by its id alone.
    expect(pages.includes(conversationId)).toBe(true);
  });

  /** What an archive of everything holds after the backup was put back under this vault. */
  const restoredUnder = async (vault: string): Promise<Buffer> => {
    const root = mkdtempSync(join(scratch, "restored-"));
    const keyFile = filesIn(join(house.place.root, "config")).find((path) => path.endsWith(".key")) ?? "";
    const home = placesOf(join(root, "home"), join(root, "keys"), keyFile);
    cpSync(vault, home.vault, { recursive: true });
    const settings = must(
      openSettings({ file: join(root, "moltbot.json5"), environment: {}, flags: { gateway: { port: 0 } } }),
    );
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    must(
      await restoreHome({
        home,
        settings: settings.current(),
        passphrase: null,
        file: backup,
        withSettings: false,
        clock: systemClock,
        log,
        progress: () => undefined,
        confirm: async () => true,
      }),
    );
    const gateway = must(
      await startGateway({ home, settings, passphrase: null, acceptLoss: false, progress: () => undefined }),
    );
    try {
      const client = createClient({ transport: nodeTransport({ socketPath: home.socket }) });
      const [any] = must(await client.call("conversations.list", {}));
      const download = must(
        await client.call("privacy.export", { subject: { kind: "person", id: any?.ownerId ?? "" } }),
      );
      const files = unzipSync(Buffer.from(download.content, "base64"));
      return Buffer.concat(
        Object.entries(files).flatMap(([name, content]) => [Buffer.from(name), Buffer.from(content)]),
      );
    } finally {
      await gateway.close();
    }
  };

  it("does not come back with a backup from before: its keys are gone", async () => {
    const archive = await restoredUnder(join(house.place.home, "vault"));
    expect(found(archive)).toEqual([]);
    expect(archive.includes("robins")).toBe(true);
  });

  it("would come back whole if its keys were not destroyed (unplug)", async () => {
    const words = found(await restoredUnder(join(scratch, "vault-before")));
    expect(words.length).toBeGreaterThan(15);
  });
});

describe("when the only owner erases everything", { timeout: 60_000 }, () => {
  it("the house locks, and opens for an account without a past", async () => {
    const house = await startAttackHouse();
    try {
      const { report } = await house.obey([[save("the cat is called Xenophon")]]);
      const token = await house.tokenOf("owner");
      const [conversation] = must(await house.client.call("conversations.list", {}));
      const id = conversation?.ownerId ?? "";
      const member = house.clientOf(await house.tokenOf("member"));
      expect(codeOf(await member.call("privacy.erase", { subject: { kind: "person", id }, confirm: id }))).toBe(
        "ROLE_INSUFFICIENT",
      );
      const erased = must(await house.client.call("privacy.erase", { subject: { kind: "person", id }, confirm: id }));
      expect(erased.rows).toMatchObject({ conversations: 1, memories: 1, agents: 1, tokens: 2 });
      expect(erased.rows["messages"]).toBeGreaterThan(1);
      for (let left = 200; left > 0 && house.gateway.state() !== "locked"; left -= 1)
        await new Promise((resolve) => setTimeout(resolve, 25));
      expect(house.gateway.state()).toBe("locked");
      must(await house.gateway.unlock({}));
      expect(must(await house.client.call("conversations.list", {}))).toEqual([]);
      expect(must(await house.client.call("memories.list", {}))).toEqual([]);
      // A new assistant is there, of nobody's making but the start's.
      const agents = must(await house.client.call("agents.list", {}));
      expect(agents.map((agent) => agent.id)).not.toContain(house.agent.id);
      expect(agents).toHaveLength(1);
      expect(codeOf(await house.clientOf(token).call("conversations.list", {}))).toBe("TOKEN_INVALID");
      expect(codeOf(await house.client.call("turns.get", { turnId: report.turnId }))).toBe("NOT_FOUND");
      expect(must(await house.client.call("privacy.certificates", {}))).toEqual([erased]);
      await house.checkAudit();
    } finally {
      await house.close();
    }
  });
});
