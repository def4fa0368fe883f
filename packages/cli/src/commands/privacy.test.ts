import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConversationId, ErasureId, instantOf } from "@moltbot/contracts";
import type { ErasureCertificate } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { createOutput } from "../output.ts";
import { run } from "../testing/run.ts";
import { eraseAsking } from "./privacy.ts";

const ID = ConversationId.parse("01890000-0000-7000-8000-000000000001");
/** Of a seed of 32 sevens, and its signature over the canonical bytes of all that follows. */
const KEY = "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw";
const certificate: ErasureCertificate = {
  id: ErasureId.parse("01890000-0000-7000-8000-000000000002"),
  subject: { kind: "conversation", id: ID },
  at: instantOf(Date.UTC(2026, 10, 22, 12)),
  keys: 3,
  rows: { messages: 4, conversations: 1 },
  files: 1,
  keyring: { from: 4, to: 5 },
  outOfReach: [{ what: "a backup", where: "/b/\u202ea", why: "it holds no key" }],
  audit: { size: 9, root: "ab".repeat(32) },
  publicKey: KEY,
  signature: "X3N2ZQNDCHYIyOOeLOUHqKOdUW7mIVvZy6HZNrlyUtGNkBTFfOr55FDrMpXVJSYlqGKTt2P-f5VjT5lSVSv5Ag",
};
const ERASE = "POST /v2/privacy/erase";
const subject = { kind: "conversation", id: ID } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-cli-privacy-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("privacy erase", () => {
  it("asks nobody where nobody is: it takes the id once more", async () => {
    expect(await run(["privacy", "erase", "conversation", ID], {})).toMatchObject({ code: "USAGE", asked: [] });
    expect(await run(["privacy", "erase", "conversation", "short"], {})).toMatchObject({ code: "USAGE", asked: [] });
    expect(await run(["privacy", "erase", "thing", ID], {})).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("with --yes ID erases and shows the certificate, in characters that can be seen", async () => {
    const done = await run(["privacy", "erase", "conversation", ID, "--yes", ID], { [ERASE]: { json: certificate } });
    expect(done.asked).toMatchObject([{ body: { subject, confirm: ID } }]);
    expect(done.out).toContain("generation 4 → 5");
    expect(done.out).toContain("/b/\\u202ea");
    const json = await run(["privacy", "erase", "conversation", ID, "--yes", ID, "--json"], {
      [ERASE]: { json: certificate },
    });
    expect(JSON.parse(json.out)).toEqual(certificate);
  });

  it("with another id in --yes erases nothing", async () => {
    const done = await run(["privacy", "erase", "conversation", ID, "--yes", "01890000"], {});
    expect(done).toMatchObject({ exit: 1, asked: [] });
  });

  it("at a terminal says what will go and what is out of reach, and goes on only with the id typed", async () => {
    const asked: string[] = [];
    const said: string[] = [];
    const copy = { kind: "keyring", file: "/usb/keyring" };
    const context: CommandContext = {
      client: {} as CommandContext["client"], // only calls are made
      door: {} as CommandContext["door"], // nobody asks it here
      output: { ...createOutput(false), say: (line) => void said.push(line), data: () => undefined },
      call: (async (name: string) => {
        asked.push(name);
        return name === "backups.list" ? [copy] : name === "attachments.list" ? [{}, {}] : certificate;
      }) as unknown as CommandContext["call"], // three operations are called
    };
    await expect(eraseAsking(context, subject, undefined, async () => "no")).rejects.toBeInstanceOf(CommandExit);
    await expect(eraseAsking(context, subject, undefined, async () => null)).rejects.toBeInstanceOf(CommandExit);
    expect(asked).not.toContain("privacy.erase");
    expect(said.join("\n")).toContain("2 attached files");
    expect(said.join("\n")).toContain("/usb/keyring");
    await eraseAsking(context, subject, undefined, async () => ` ${ID.toUpperCase()} `);
    expect(asked).toContain("privacy.erase");
  });
});

describe("privacy export", () => {
  it("writes the archive for this user alone, and over nothing that it was not told to", async () => {
    const out = join(folder, "mine.zip");
    const download = {
      name: "moltbot.zip",
      mediaType: "application/zip",
      content: Buffer.from("zip").toString("base64"),
    };
    const done = await run(["privacy", "export", "conversation", ID, "--out", out], {
      "POST /v2/privacy/export": { json: download },
    });
    expect(done.asked).toMatchObject([{ body: { subject } }]);
    expect(readFileSync(out, "utf8")).toBe("zip");
  });
});

describe("privacy inventory and certificates", () => {
  it("list what is kept and what was erased", async () => {
    const entry = {
      place: "messages",
      holds: "text",
      personal: true,
      sealedBy: ["conversation"],
      clear: ["id"],
      kept: "k",
      erased: "e",
    };
    const inventory = await run(["privacy"], { "GET /v2/privacy/inventory": { json: [entry] } });
    expect(inventory.out).toContain("messages");
    expect(inventory.out).toMatch(/sealed by +conversation/);
    const list = await run(["privacy", "certificates"], { "GET /v2/privacy/certificates": { json: [certificate] } });
    expect(list.out).toContain(certificate.id);
    const none = await run(["privacy", "certificates"], { "GET /v2/privacy/certificates": { json: [] } });
    expect(none.out).toContain("Nothing was erased yet.");
  });
});

describe("privacy verify-certificate", () => {
  const verify = async (content: string, ...more: readonly string[]) => {
    const file = join(folder, "certificate.json");
    writeFileSync(file, content);
    return run(["privacy", "verify-certificate", file, ...more], {});
  };

  it("needs no gateway, and says whose key it trusted", async () => {
    expect((await verify(JSON.stringify(certificate), "--key", KEY)).out).toContain("✓ the certificate verifies");
    expect((await verify(JSON.stringify([certificate, certificate]), "--key", KEY)).out).toContain(
      "2 certificates verify",
    );
    expect((await verify(JSON.stringify(certificate))).out).toContain("--key");
  });

  it("fails for a changed one, another key and what is none", async () => {
    const changed = { ...certificate, keys: 4 };
    expect(await verify(JSON.stringify(changed), "--key", KEY)).toMatchObject({ exit: 1 });
    expect(await verify(JSON.stringify(certificate), "--key", KEY.replace(/^./, "_"))).toMatchObject({ exit: 1 });
    expect(await verify("[]", "--key", KEY)).toMatchObject({ exit: 1 });
    expect(await verify("not json")).toMatchObject({ code: "USAGE" });
  });
});

describe("attachments", () => {
  const attachment = {
    id: "01890000-0000-7000-8000-000000000003",
    ownerId: ID,
    conversationId: ID,
    name: "a.txt",
    mediaType: "text/plain",
    bytes: 3,
    label: { integrity: "untrusted", readers: [], sources: [] },
    createdAt: instantOf(0),
  };

  it("add sends a file's bytes under its name", async () => {
    const file = join(folder, "a.txt");
    writeFileSync(file, "abc");
    const done = await run(["attachments", "add", ID, file, "--type", "text/plain"], {
      [`POST /v2/conversations/${ID}/attachments`]: { json: attachment },
    });
    expect(done.asked).toMatchObject([{ body: { name: "a.txt", mediaType: "text/plain", content: "YWJj" } }]);
    expect(await run(["attachments", "add", ID, join(folder, "none")], {})).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("list, get and remove", async () => {
    const list = await run(["attachments", "list", ID], {
      [`GET /v2/conversations/${ID}/attachments`]: { json: [attachment] },
    });
    expect(list.out).toContain("a.txt");
    const out = join(folder, "out");
    await run(["attachments", "get", attachment.id, "--out", out], {
      [`GET /v2/attachments/${attachment.id}`]: { json: { name: "../evil", mediaType: "text/plain", content: "YWJj" } },
    });
    expect(readFileSync(out, "utf8")).toBe("abc");
    const removed = await run(["attachments", "remove", attachment.id], {
      [`DELETE /v2/attachments/${attachment.id}`]: { json: {} },
    });
    expect(removed.out).toContain("removed");
  });
});
