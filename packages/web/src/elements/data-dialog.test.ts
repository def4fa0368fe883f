import { ConversationId } from "@moltbot/contracts";
import type { OperationName, Principal } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CERTIFICATE, chat, gatewayOf, kept, refused, settle, standIn } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { HERE, ME } from "../testing/samples.ts";
import { DataDialog } from "./data-dialog.ts";

const saved: { readonly name: string; readonly text: string }[] = [];
beforeEach(() => {
  saved.length = 0;
  const links = new Map<string, Blob>();
  vi.stubGlobal("URL", {
    createObjectURL: (blob: Blob) => {
      links.set(`blob:${links.size}`, blob);
      return `blob:${links.size - 1}`;
    },
    revokeObjectURL: (link: string) => links.delete(link),
  });
  vi.stubGlobal("document", {
    createElement: () => ({
      href: "",
      download: "",
      async click() {
        const { href, download: name } = this;
        saved.push({ name, text: (await links.get(href)?.text()) ?? "" });
      },
    }),
  });
});
afterEach(() => vi.unstubAllGlobals());

const open = async (table: { readonly [N in OperationName]?: unknown } = {}, me: Principal = ME, count = 1) => {
  const gateway = gatewayOf({
    "privacy.inventory": [kept({ kept: "the days of retention.workDays" })],
    "privacy.certificates": [CERTIFICATE],
    "config.list": [
      { key: "retention.workDays", value: 30 },
      { key: "log.level", value: "info" },
    ],
    ...table,
  });
  const dialog = new DataDialog();
  const done = standIn(dialog);
  Object.assign(dialog, {
    call: gateway.call,
    me,
    conversations: Array.from({ length: count }, (_, n) =>
      chat(n === 0 ? "Tax\u200B" : `Number ${n}`, {
        id: ConversationId.parse(`00000000-0000-7000-8000-${String(n + 4).padStart(12, "0")}`),
      }),
    ),
  });
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  await dialog.show();
  return { dialog, done, read, asked: gateway.asked };
};

describe("your data", () => {
  it("shows what is kept and for how long, conversations, and past erasures", async () => {
    const { read, done } = await open({}, ME, 7);
    for (const part of [
      "Tax U+200B",
      "And 2 more",
      "Messages",
      "kept for 30 days",
      "3 keys destroyed, 12 records removed, 1 thing out of reach",
    ])
      expect(read().words).toContain(part);
    expect(done).toEqual(["open dialog"]);
  });

  it("hands out one conversation, or everything, as a file", async () => {
    const { read, asked } = await open({
      "privacy.export": { name: "all.zip", mediaType: "application/zip", content: btoa("PK\u00FF") },
    });
    read().fire("click", "Export the conversation");
    await settle();
    read().fire("click", "Export everything about me");
    await settle();
    expect(asked.filter(({ name }) => name === "privacy.export").map(({ input }) => input)).toEqual([
      { subject: { kind: "conversation", id: HERE } },
      { subject: { kind: "person", id: ME.id } },
    ]);
    expect(saved.map(({ name }) => name)).toEqual(["all.zip", "all.zip"]);
    expect(read().words).toContain("Whoever has this file can read it.");
  });

  it("says why there is no file", async () => {
    const { read, done } = await open({ "privacy.export": refused("EXPORT_TOO_LARGE", { most: 5 }) });
    read().fire("click", "Export everything about me");
    await settle();
    expect(read().words).toContain("Export less at once: conversation by conversation");
    expect(saved).toEqual([]);
    expect(done.at(-1)).toBe("focus #data-problem");
  });

  it("hands the erasing on to its own dialog, and certificates out whole", async () => {
    const { read, done } = await open();
    read().fire("click", "Erase the conversation");
    expect(done.at(-1)).toBe(`show erase-dialog ${HERE}`);
    read().fire("click", "Download the certificate");
    await settle();
    expect(saved.map(({ name }) => name)).toEqual([`erasure-${CERTIFICATE.id}.json`]);
    expect(JSON.parse(saved[0]?.text ?? "")).toEqual(CERTIFICATE);
  });

  it("offers to others only what they may: reading what is kept", async () => {
    const { read, asked } = await open({}, { ...ME, role: "viewer" });
    expect(read().words).toContain("What is kept");
    for (const part of ["Erase", "Export"]) expect(read().words).not.toContain(part);
    expect(asked.map(({ name }) => name)).toEqual(["privacy.inventory", "privacy.certificates"]);
    const member = await open({}, { ...ME, role: "member" });
    expect(member.read().words).toContain("Export everything about me");
    expect(member.asked.map(({ name }) => name)).not.toContain("config.list");
  });

  it("says what could not be loaded, and that nothing was erased yet", async () => {
    const busy = refused("DATABASE_UNAVAILABLE", { problem: "it is busy" });
    const { read } = await open({ "privacy.inventory": busy, "privacy.certificates": busy, "config.list": busy });
    expect(read().words).toContain("it is busy");
    expect(read().words).toContain("Loading…");
    expect((await open({ "privacy.certificates": [] }, ME, 0)).read().words).toContain("Nothing was erased yet.");
  });
});
