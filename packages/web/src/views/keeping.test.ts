import { describe, expect, it } from "vitest";
import { CERTIFICATE, copy, firing, kept, schedule } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { certificateView } from "./certificate.ts";
import { copiesView } from "./copies.ts";
import { inventoryView } from "./inventory.ts";
import { schedulesView } from "./schedules.ts";

describe("the list of what is kept", () => {
  it("puts each thing where its key is, and says the rest of it when it is opened", () => {
    const { words, markup } = readTemplate(
      inventoryView(
        [
          kept(),
          kept({ holds: "memories: text", sealedBy: ["memory", "person"], kept: "the days of retention.workDays" }),
          kept({ holds: "sessions", sealedBy: [], clear: [] }),
          kept({ holds: "count\u200Bers", personal: false, sealedBy: [] }),
        ],
        { workDays: 30 },
      ),
    );
    const order = [
      "In your conversations",
      "Messages",
      "About you",
      "Memories",
      "Ids, indexes and files",
      "Sessions",
      "About nobody",
    ];
    expect(order.map((part) => words.indexOf(part)).toSorted((a, b) => a - b)).toEqual(
      order.map((part) => words.indexOf(part)),
    );
    for (const part of [
      "kept for 30 days",
      "Sealed by its conversation’s key and its author’s key",
      "count U+200B ers",
    ])
      expect(words).toContain(part);
    expect(words).toContain("Readable without a key nothing");
    expect(markup.match(/<details class="fold">/g)).toHaveLength(2);
  });

  it("leaves out a group of which nothing is kept", () => {
    expect(readTemplate(inventoryView([kept()], {})).words).not.toContain("About nobody");
  });
});

describe("a certificate", () => {
  it("says what was destroyed, what was removed and what it could not reach, with hidden characters", () => {
    const { words } = readTemplate(certificateView(CERTIFICATE, 0));
    for (const part of [
      "3 keys",
      "12 records, 1 file",
      "messages 12",
      "generation 3 → 4",
      "/media/st U+200B ick",
      "destroy it",
    ])
      expect(words).toContain(part);
    expect(words).not.toContain("plans");
    expect(readTemplate(certificateView({ ...CERTIFICATE, outOfReach: [], rows: {} }, 0)).words).toContain(
      "Out of reach Nothing.",
    );
  });
});

describe("copies", () => {
  const words = (...given: Parameters<typeof copiesView>): string => readTemplate(copiesView(...given)).words;

  it("name the file, and which copy of the keyring is older than the keyring", () => {
    const text = words([copy("backup", { present: false }), copy("keyring"), copy("keyring", { generation: 4 })], {
      now: 0,
      generation: 4,
    });
    for (const part of ["no longer there", "/copies/backup.mbk 2 KB, 12 rows", "Copy of the keyring"])
      expect(text).toContain(part);
    expect(text.match(/older than the keyring/g)).toHaveLength(1);
  });

  it("are none, or on their way", () => {
    expect(words([], { now: 0, generation: null })).toBe("None yet.");
    expect(words(null, { now: 0, generation: null })).toBe("Loading…");
  });
});

describe("schedules", () => {
  it("account for every time, and mark those that somebody should look at", () => {
    const states = ["done", "missed", "skipped", "unknown", "failed", "queued"] as const;
    const firings = states.map((state) => firing(state, state === "failed" ? { problem: "BACKUP_PLACE" } : {}));
    const { words, markup } = readTemplate(
      schedulesView(
        [
          { schedule: schedule(), firings },
          { schedule: schedule({ active: false }), firings: [] },
          { schedule: schedule({ nextAt: null }), firings: [] },
        ],
        0,
      ),
    );
    for (const part of [
      "done",
      "missed",
      "skipped",
      "unknown",
      "failed",
      "BACKUP_PLACE",
      "under way",
      "30 3 * * * Europe/Berlin",
    ])
      expect(words).toContain(part);
    for (const part of ["paused", "no later time", "It has not come up yet.", "next "]) expect(words).toContain(part);
    expect(markup.match(/class="firing caution"/g)).toHaveLength(3);
  });

  it("are none, or on their way", () => {
    expect(readTemplate(schedulesView([], 0)).words).toBe("Nothing comes back by itself.");
    expect(readTemplate(schedulesView(null, 0)).words).toBe("Loading…");
  });
});
