import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Conversation } from "@moltbot/contracts";
import { createAttachmentDesk } from "./attachment-desk.ts";
import type { AttachmentDesk } from "./ports.ts";
import { codeOf, must, openPrivacyHouse } from "./testing/open-privacy-house.ts";
import type { PrivacyHouse } from "./testing/open-privacy-house.ts";

let house: PrivacyHouse;
let desk: AttachmentDesk;
let conversation: Conversation;
const file = (text: string, change: object = {}) => ({
  conversationId: conversation.id,
  name: "notes.txt",
  mediaType: "text/plain",
  content: Buffer.from(text),
  ...change,
});

beforeEach(async () => {
  house = await openPrivacyHouse();
  desk = createAttachmentDesk(house.ports);
  conversation = await house.converse("birds", ["hello"]);
});
afterEach(() => house.close());

describe("a file of a conversation", () => {
  it("comes back as it was, under its name", async () => {
    const kept = must(await desk.create(house.owner, file("robins")));
    expect(kept).toMatchObject({
      name: "notes.txt",
      mediaType: "text/plain",
      bytes: 6,
      label: { integrity: "untrusted" },
    });
    expect(must(await desk.get(house.owner, kept.id))).toEqual({
      name: "notes.txt",
      mediaType: "text/plain",
      content: Buffer.from("robins").toString("base64"),
    });
    expect(must(await desk.list(house.owner, conversation.id))).toEqual([kept]);
  });

  it("is kept once for one content, also when it comes twice at the same moment", async () => {
    const [one, two, three] = await Promise.all([
      desk.create(house.owner, file("robins")),
      desk.create(house.owner, file("robins", { name: "again.txt" })),
      desk.create(house.owner, file("wrens")),
    ]);
    expect(must(one)).toEqual(must(two));
    expect(must(three).id).not.toBe(must(one).id);
    expect(must(await house.ports.files.addresses())).toHaveLength(2);
    must(await desk.get(house.owner, must(two).id));
  });

  it("is refused beyond the limits, and nothing of it stays", async () => {
    house.settings = {
      ...house.settings,
      limits: { ...house.settings.limits, attachmentBytes: 10, attachmentsTotalBytes: 15 },
    };
    expect(codeOf(await desk.create(house.owner, file("x".repeat(11))))).toBe("ATTACHMENT_TOO_LARGE");
    must(await desk.create(house.owner, file("x".repeat(10))));
    expect(codeOf(await desk.create(house.owner, file("y".repeat(6))))).toBe("ATTACHMENTS_FULL");
    must(await desk.create(house.owner, file("y".repeat(5))));
    expect(must(await house.ports.files.addresses())).toHaveLength(2);
  });

  it("has a name that can be seen and a media type that is one", async () => {
    expect(codeOf(await desk.create(house.owner, file("a", { name: "invoice\u202Efdp.exe" })))).toBe("REQUEST_INVALID");
    expect(codeOf(await desk.create(house.owner, file("a", { mediaType: "no type" })))).toBe("REQUEST_INVALID");
    expect(must(await desk.create(house.owner, file("a", { mediaType: "Text/Plain" }))).mediaType).toBe("text/plain");
  });

  it("does not exist for somebody else, and nobody fills another's room", async () => {
    const kept = must(await desk.create(house.owner, file("robins")));
    const stranger = { ...house.owner, id: house.ports.house.ids.next({ parse: (text) => text }) as never }; // somebody nobody knows
    expect(codeOf(await desk.get(stranger, kept.id))).toBe("NOT_FOUND");
    expect(codeOf(await desk.list(stranger, conversation.id))).toBe("NOT_FOUND");
    expect(codeOf(await desk.remove(stranger, kept.id))).toBe("NOT_FOUND");
    expect(codeOf(await desk.create(stranger, file("x")))).toBe("NOT_FOUND");
    must(await desk.get(house.owner, kept.id));
  });

  it("goes with its key and its bytes when it is removed, on record first", async () => {
    const kept = must(await desk.create(house.owner, file("robins")));
    must(await desk.remove(house.owner, kept.id));
    expect(codeOf(await desk.get(house.owner, kept.id))).toBe("NOT_FOUND");
    expect(must(await house.ports.files.addresses())).toEqual([]);
    expect(house.memory.vault.erased().map(({ subject }) => subject)).toEqual([`attachment:${kept.id}`]);
    const [removed] = must(await house.memory.audit.list(1));
    expect(removed).toMatchObject({ event: "attachment:removed", fields: { attachmentId: kept.id } });
    // The same content again is a new file.
    const again = must(await desk.create(house.owner, file("robins")));
    expect(again.id).not.toBe(kept.id);
    must(await desk.get(house.owner, again.id));
  });
});
