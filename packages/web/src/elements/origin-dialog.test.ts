import { instantOf, label, moltbotError } from "@moltbot/contracts";
import type { KeptItem, PastEffect, Provenance, ProvenanceRemoval, Result } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { readTemplate } from "../testing/read-template.ts";
import { CALL, ME } from "../testing/samples.ts";
import { OriginDialog } from "./origin-dialog.ts";

const HOST = "host:mail.example.org:993";
const item = (n: number, wish: Partial<KeptItem> = {}): KeptItem => ({
  kind: "memory",
  id: `m${n}`,
  says: `Thing ${n}\u200B`,
  label: label("untrusted", [ME.id], [{ kind: "host", ref: "mail.example.org:993" }]),
  at: instantOf(n * 1000),
  ...wish,
});
const effect: PastEffect = { callId: CALL, tool: "mail.send", effect: "send", at: instantOf(0), to: "eve\u202E@x.y" };
const FOUND: Provenance = { source: "memory:m1", item: item(1), derived: [item(2)], effects: [effect] };
const removal = (done: boolean): ProvenanceRemoval => ({
  source: HOST,
  done,
  removed: [item(1), item(2, { kind: "file", id: "notes.txt" })],
  kept: done ? [{ item: item(3), reason: "It was changed meanwhile." }] : [],
  effects: [effect],
});

const open = async (found: Result<Provenance> | null, removed: Result<ProvenanceRemoval>[] = []) => {
  const dialog = new OriginDialog();
  const done: string[] = [];
  Object.defineProperty(dialog, "updateComplete", { value: Promise.resolve(true) });
  Object.assign(dialog, {
    querySelector: (selector: string) => ({
      showModal: () => done.push("opened"),
      close: () => done.push("closed"),
      focus: () => done.push(`focus ${selector}`),
    }),
  });
  dialog.mayRemove = true;
  dialog.look = (of) => {
    done.push(`look ${of}`);
    return Promise.resolve(found);
  };
  dialog.takeAway = (source, dryRun) => {
    done.push(`${dryRun ? "dry run" : "remove"} ${source}`);
    return Promise.resolve(removed.shift() ?? null);
  };
  await dialog.show("m1");
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  return { dialog, done, read };
};
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("where something came from", () => {
  it("is said with what came of it, what left, and every hidden character", async () => {
    const { done, read } = await open({ ok: true, value: FOUND });
    await settle();
    expect(done).toEqual(["opened", "look m1", "focus #origin-subject"]);
    for (const part of [
      "Thing 1 U+200B",
      "Content from outside went into it.",
      "a page of mail.example.org:993",
      "Memory Thing 2 U+200B",
      "Sends mail.send eve U+202E @x.y",
      "Remove this source…",
    ]) {
      expect(read().words).toContain(part);
    }
    const nowhere = { ...FOUND, item: item(1, { label: label("authority", [ME.id]) }), derived: [], effects: [] };
    const plain = await open({ ok: true, value: nowhere });
    for (const part of ["Nowhere else.", "Nothing.", "Nothing left this machine", "your own words"])
      expect(plain.read().words).toContain(part);
  });

  it("leads on to a source, and back", async () => {
    const { done, read } = await open({ ok: true, value: FOUND });
    expect(read().words).not.toContain("Back");
    read().fire("click", "Look at a page of mail.example.org:993");
    await settle();
    read().fire("click", "Back");
    await settle();
    expect(done.filter((line) => line.startsWith("look"))).toEqual(["look m1", `look ${HOST}`, "look m1"]);
  });

  it("names a source that is kept nowhere itself, and folds a long list", async () => {
    const derived = Array.from({ length: 9 }, (_, n) => item(n));
    const { words } = (await open({ ok: true, value: { source: HOST, item: null, derived, effects: [] } })).read();
    expect(words).toContain(`a page of mail.example.org:993 ${HOST}`);
    expect(words).toContain("And 3 more");
  });

  it("says what could not be found, and waits until it is", async () => {
    expect(
      (await open({ ok: false, error: moltbotError("NOT_FOUND", { kind: "provenance" }) })).read().markup,
    ).toContain("field-problem");
    expect((await open(null)).read().words).toContain("Looking it up…");
  });
});

describe("removing a source", () => {
  it("changes nothing before it was shown what would go and what already left, and somebody pressed again", async () => {
    const { done, read } = await open({ ok: true, value: FOUND }, [
      { ok: true, value: removal(false) },
      { ok: true, value: removal(true) },
    ]);
    read().fire("click", "Remove this source…");
    await settle();
    for (const part of ["This would remove 2 things", "Nothing has changed yet", "notes.txt", "mail.send eve U+202E"])
      expect(read().words).toContain(part);
    expect(done.filter((line) => line.startsWith("remove"))).toEqual([]);
    read().fire("click", "Remove 2 things");
    await settle();
    expect(done.filter((line) => line.includes(" memory:") || line.includes(" host:"))).toEqual([
      "dry run memory:m1",
      `remove ${HOST}`,
    ]);
    for (const part of [
      "Removed: 2 things",
      "Could not be removed",
      "It was changed meanwhile.",
      "cannot be called back",
    ])
      expect(read().words).toContain(part);
    expect(done.at(-1)).toBe("focus #origin-removal");
  });

  it("goes back without a change", async () => {
    const { done, read } = await open({ ok: true, value: FOUND }, [{ ok: true, value: removal(false) }]);
    read().fire("click", "Remove this source…");
    await settle();
    read().fire("click", "Keep it");
    expect(read().words).toContain("Remove this source…");
    expect(done.filter((line) => line.startsWith("remove"))).toEqual([]);
  });

  it("says why it was refused, and is not offered to everybody", async () => {
    const refused = moltbotError("REQUEST_INVALID", { problem: "it is your configuration", path: "source" });
    const { dialog, read } = await open({ ok: true, value: FOUND }, [{ ok: false, error: refused }]);
    read().fire("click", "Remove this source…");
    await settle();
    expect(read().words).toContain("it is your configuration");
    dialog.mayRemove = false;
    expect(read().words).not.toContain("Remove this source");
  });
});
