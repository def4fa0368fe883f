import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Conversation, OperationName } from "@moltbot/contracts";
import {
  CERTIFICATE,
  chat,
  copy,
  FakeForm,
  gatewayOf,
  refused,
  settle,
  standIn,
  stubForms,
} from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { HERE } from "../testing/samples.ts";
import { EraseDialog } from "./erase-dialog.ts";

beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

const open = async (subject: Conversation, table: { readonly [N in OperationName]?: unknown } = {}) => {
  const gateway = gatewayOf({ "attachments.list": [], "backups.list": [], "privacy.erase": CERTIFICATE, ...table });
  const dialog = new EraseDialog();
  const done = standIn(dialog);
  dialog.call = gateway.call;
  dialog.erased = () => done.push("erased");
  dialog.closed = () => done.push("closed");
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  await dialog.show(subject);
  await settle();
  const type = async (confirm: string): Promise<void> => {
    read().fire("submit", "to confirm", { target: new FakeForm({ confirm }), preventDefault: () => undefined });
    await settle();
  };
  const erasures = () => gateway.asked.filter(({ name }) => name === "privacy.erase");
  return { dialog, done, read, type, erasures, gateway };
};

describe("erasing a conversation", () => {
  it("says what goes, what stays and that nobody can undo it, before anything happens", async () => {
    const { read, erasures, done } = await open(chat("Tax\u200B"), {
      "attachments.list": [{}, {}],
      "backups.list": [
        copy("keyring", { file: "/stick/k\u202Ey" }),
        copy("keyring", { present: false, file: "/gone" }),
        copy("backup"),
      ],
    });
    const { words } = read();
    for (const part of [
      "Tax U+200B",
      "2 attached files",
      "Nobody can undo this",
      "the log: it keeps",
      "/stick/k U+202E y",
      "destroy it yourself",
    ])
      expect(words).toContain(part);
    expect(words).not.toContain("/gone");
    expect(erasures()).toEqual([]);
    expect(done).toEqual(["open dialog", "focus input"]);
  });

  it("erases nothing on another name, part of it, or none", async () => {
    const { read, type, erasures } = await open(chat("Tax return"));
    for (const word of ["", "  ", "Tax", "another", "000005", "00004"]) {
      await type(word);
      expect(read().words).toContain("Nothing was erased.");
    }
    expect(erasures()).toEqual([]);
  });

  it.each(["Tax return", " tax RETURN ", HERE.slice(-6), HERE])(
    "erases on “%s”, with the whole id once more",
    async (word) => {
      const { read, type, erasures, done } = await open(chat("Tax return"));
      await type(word);
      expect(erasures()).toEqual([
        { name: "privacy.erase", input: { subject: { kind: "conversation", id: HERE }, confirm: HERE } },
      ]);
      for (const part of ["It is erased", "3 keys", "12 records", "Download the certificate"])
        expect(read().words).toContain(part);
      expect(done.slice(-2)).toEqual(["erased", "focus #erase-title"]);
      read().fire("close", "erase-title");
      expect(done.at(-1)).toBe("closed");
    },
  );

  it("takes no empty title for the name of an untitled one", async () => {
    const { read, type, erasures } = await open(chat(" "));
    expect(read().words).toContain("Type the end of its id");
    await type(" ");
    expect(erasures()).toEqual([]);
  });

  it("says why it was refused, and that nothing is known of what could not be found out", async () => {
    const { read, type, done } = await open(chat("x"), {
      "attachments.list": refused("DATABASE_UNAVAILABLE", { problem: "busy" }),
      "backups.list": refused("DATABASE_UNAVAILABLE", { problem: "busy" }),
      "privacy.erase": refused("STEP_UP_REQUIRED", { problem: "done at the machine itself" }),
    });
    for (const part of ["the files that were attached", "copies of the keyring, if there are any"])
      expect(read().words).toContain(part);
    await type("x");
    expect(read().words).toContain("done at the machine itself");
    expect(done.at(-1)).toBe("focus #erase-problem");
    expect(done).not.toContain("erased");
  });

  it("closes without a change", async () => {
    const { read, done, erasures } = await open(chat("x"));
    read().fire("click", "Keep it");
    expect(done.at(-1)).toBe("close dialog");
    read().fire("close", "erase-title");
    expect(done).not.toContain("closed");
    expect(erasures()).toEqual([]);
    expect(readTemplate((new EraseDialog() as unknown as { render(): unknown }).render()).words).toBe(
      "Erase this conversation?",
    );
  });
});
