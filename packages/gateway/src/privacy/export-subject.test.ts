import { strFromU8, unzipSync } from "fflate";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
    expect(files["contacts.json"]).toBeUndefined();
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
