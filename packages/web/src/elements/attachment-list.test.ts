import { AttachmentId, instantOf, label } from "@moltbot/contracts";
import type { Attachment, OperationName } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gatewayOf, refused, settle, standIn } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ELSEWHERE, HERE, ME } from "../testing/samples.ts";
import { AttachmentList } from "./attachment-list.ts";

const KEPT: Attachment = {
  id: AttachmentId.parse("00000000-0000-7000-8000-000000000900"),
  ownerId: ME.id,
  conversationId: HERE,
  name: "re\u200Bceipt.txt",
  mediaType: "text/plain",
  bytes: 5,
  label: label("untrusted", [ME.id]),
  createdAt: instantOf(0),
};
/** Reads by the Blob itself; a file called “gone” cannot be read. */
class FakeReader {
  result: string | null = null;
  readonly #ears = new Map<string, () => void>();
  addEventListener(name: string, ear: () => void): void {
    this.#ears.set(name, ear);
  }
  async readAsDataURL(file: File): Promise<void> {
    if (file.name === "gone") return this.#ears.get("error")?.();
    this.result = `data:text/plain;base64,${btoa(await file.text())}`;
    this.#ears.get("load")?.();
  }
}
beforeEach(() => vi.stubGlobal("FileReader", FakeReader));
afterEach(() => vi.unstubAllGlobals());

const open = (conversationId: typeof HERE | null, table: { readonly [N in OperationName]?: unknown } = {}) => {
  const gateway = gatewayOf({
    "attachments.list": [KEPT],
    "attachments.create": KEPT,
    "attachments.remove": {},
    ...table,
  });
  const list = new AttachmentList();
  const done = standIn(list);
  Object.assign(list, { call: gateway.call, conversationId, mayChange: true, emptied: () => done.push("emptied") });
  const read = () => readTemplate((list as unknown as { render(): unknown }).render()); // what Lit calls
  const turn = (id: typeof HERE | null): void => {
    list.conversationId = id;
    (list as unknown as { willUpdate(changed: ReadonlyMap<string, unknown>): void }).willUpdate(
      new Map([["conversationId", null]]),
    ); // what Lit calls
  };
  const of = (name: OperationName) => gateway.asked.filter((one) => one.name === name).map(({ input }) => input);
  return { list, done, read, turn, of, answers: gateway.answers };
};
const file = (name: string, text = "hello", type = "text/plain"): File => new File([text], name, { type });

describe("the files of a conversation", () => {
  it("are nothing where there are none, and are listed with every hidden character", async () => {
    const { read, turn, of } = open(null);
    expect(read().words).toBe("");
    turn(HERE);
    await settle();
    expect(of("attachments.list")).toEqual([{ conversationId: HERE }]);
    for (const part of ["1 file, 5 bytes", "re U+200B ceipt.txt", "The assistant does not read them."])
      expect(read().words).toContain(part);
  });

  it("do not show in another conversation when their list comes late", async () => {
    const { list, turn, read } = open(HERE);
    const loading = list.load();
    list.conversationId = ELSEWHERE;
    await loading;
    expect(read().words).toBe("");
    turn(null);
    await settle();
    expect(list.files).toEqual([]);
  });

  it("are kept as they are, with their type where it is one", async () => {
    const { list, of } = open(HERE);
    await list.add([file("a.txt"), file("b", "x", "no type")]);
    expect(of("attachments.create")).toEqual([
      { conversationId: HERE, name: "a.txt", content: btoa("hello"), mediaType: "text/plain" },
      { conversationId: HERE, name: "b", content: btoa("x") },
    ]);
    expect(list.said).toBe("2 files kept with the conversation.");
  });

  it("wait for the first message of a conversation, and can be left out", async () => {
    const { list, of, read } = open(null);
    await list.add([file("a.txt"), file("b.txt")]);
    expect(of("attachments.create")).toEqual([]);
    expect(read().words).toContain("b.txt goes along with your first message");
    read().fire("click", "Leave out b.txt");
    await list.settle(HERE);
    expect(of("attachments.create")).toHaveLength(1);
    expect(list.held).toEqual([]);
  });

  it("name the limit when one is too large, and tell one that cannot be read", async () => {
    const large = open(HERE, { "attachments.create": refused("ATTACHMENT_TOO_LARGE", { bytes: 5, most: 26_214_400 }) });
    await large.list.add([file("fi\u202Elm.bin")]);
    expect(large.read().words).toContain("“fi⟨U+202E⟩lm.bin” has 5 bytes; 25 MB is the most.");
    large.read().fire("click", "Put this away");
    expect(large.read().words).not.toContain("the most");
    const full = open(HERE, { "attachments.create": refused("ATTACHMENTS_FULL", { bytes: 5, most: 1024 }) });
    await full.list.add([file("a"), file("gone")]);
    for (const part of ["your files together may have 1 KB", "“gone” cannot be read."])
      expect(full.read().words).toContain(part);
    const other = open(HERE, { "attachments.create": refused("REQUEST_INVALID", { path: "name", problem: "hidden" }) });
    await other.list.add([file("a")]);
    expect(other.read().words).toContain("“a” was not kept.");
    const huge = open(HERE);
    await huge.list.add([Object.defineProperty(file("huge"), "size", { value: 104_857_601 })]);
    expect(huge.read().words).toContain("no file may have more than 100 MB");
    expect(huge.of("attachments.create")).toEqual([]);
  });

  it("are removed on a second press, and not by everybody", async () => {
    const { list, read, turn, of, done, answers } = open(HERE);
    turn(HERE);
    await settle();
    read().fire("click", "Remove re⟨U+200B⟩ceipt.txt");
    expect(of("attachments.remove")).toEqual([]);
    read().fire("click", "Keep it");
    await settle();
    expect(done.at(-1)).toBe("focus summary");
    read().fire("click", "Remove re⟨U+200B⟩ceipt.txt");
    read().fire("click", "Remove it");
    await settle();
    expect(of("attachments.remove")).toEqual([{ attachmentId: KEPT.id }]);
    expect(list.said).toContain("Removed");
    expect(done).not.toContain("emptied");
    answers["attachments.list"] = [];
    read().fire("click", "Remove re⟨U+200B⟩ceipt.txt");
    read().fire("click", "Remove it");
    await settle();
    expect(done.at(-1)).toBe("emptied");
    answers["attachments.list"] = [KEPT];
    await list.load();
    list.mayChange = false;
    expect(read().markup).not.toContain("Remove re");
  });

  it("say why one was not handed out, or not removed", async () => {
    const gone = refused("NOT_FOUND", { kind: "attachment" });
    const { read, turn } = open(HERE, { "attachments.get": gone, "attachments.remove": gone });
    turn(HERE);
    await settle();
    read().fire("click", "Download re⟨U+200B⟩ceipt.txt");
    await settle();
    expect(read().markup).toContain("attach-problem");
    read().fire("click", "Put this away");
    read().fire("click", "Remove re⟨U+200B⟩ceipt.txt");
    read().fire("click", "Remove it");
    await settle();
    expect(read().markup).toContain("attach-problem");
  });
});
