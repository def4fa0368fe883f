/** Feeds that their servers wrote to hurt: each is read or refused, at once, and what is kept stays small. */
import type { Json } from "@moltbot/plugin-sdk";
import { runPlugin } from "@moltbot/plugin-sdk/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadExample, readExample } from "./example-plugins.ts";

const { manifest } = readExample("rss");
const plugin = await loadExample("rss");
const url = "https://hostile.example/feed";
const MOST_BYTES = 1_048_576;
/** By the clock, on a machine that does other things too; the isolate's own limit is of the processor. */
const AT_ONCE = 1_000;

const watch = async (body: string, kept: Readonly<Record<string, Json>> = {}) => {
  const running = runPlugin(plugin, { manifest, answers: [{ url, body }], kept });
  const began = performance.now();
  const report = await running.call("watch", { url });
  return { report, milliseconds: performance.now() - began, kept: running.kept() };
};
const filled = (piece: string, around: readonly [string, string] = ["", ""]): string =>
  around[0] + piece.repeat(Math.floor((MOST_BYTES - around.join("").length) / piece.length)) + around[1];
const CHANNEL = ["<rss><channel><title>x</title>", "</channel></rss>"] as const;

describe("a hostile feed", () => {
  it.each([
    ["an element inside an element inside an element", filled("<a>")],
    ["elements without an end to their number", filled("<i/>", CHANNEL)],
    ["a tag that does not end", `<rss ${filled("a ")}`],
    ["names that go on and on", filled("a", ["<link ", "/>"])],
    ["values that never close", filled('a="b" c=', ["<link ", ">"])],
    ["quotes in turns", filled(`a="'`, ["<link ", ">"])],
    ["short tags full of names", filled(`<link ${"a".repeat(8_000)}>`, CHANNEL)],
    ["only brackets", filled("<")],
    ["comments that hide in comments", filled("<!-- <!-- ")],
    ["a section that does not end", `<rss><channel><item>${filled("<![CDATA[")}`],
    ["entities by the hundred thousand", filled("&amp;", ["<rss><channel><title>", "</title></channel></rss>"])],
    ["entities that do not end", filled("&#x", ["<rss><channel><title>", "</title></channel></rss>"])],
    ["scripts that do not end", filled("<script>", ["<rss><channel><title><![CDATA[", "]]></title></channel></rss>"])],
    ["blanks alone", filled(" ", ["<rss><channel><title>", "</title></channel></rss>"])],
    ["closing tags that nobody opened", filled("</a>", CHANNEL)],
    [
      "a billion laughs",
      `<!DOCTYPE l [<!ENTITY a "ha">${filled('<!ENTITY b "&a;&a;">')}]><rss><channel><title>&b;</title></channel></rss>`,
    ],
  ])("is over at once: %s", async (_, body) => {
    const { report, milliseconds, kept } = await watch(body);
    expect(milliseconds).toBeLessThan(AT_ONCE);
    expect(JSON.stringify([report.result, kept]).length).toBeLessThan(10_000);
  });

  it("fills no box and no answer, however many entries it has and however long they are", async () => {
    const item = (at: number): string =>
      `<item><guid>${String(at)}</guid><title>${"t".repeat(900)}</title><description>${"d".repeat(3_000)}</description></item>`;
    const body = `<rss><channel>${Array.from({ length: 260 }, (_, at) => item(at)).join("")}</channel></rss>`;
    const { report, kept } = await watch(body);
    expect(report.ok).toBe(true);
    expect(JSON.stringify(kept).length).toBeLessThan(5_000);
    const later = await runPlugin(plugin, {
      manifest,
      answers: [{ url, body }],
      kept: { feeds: [{ url, title: "x", seen: [] }] },
    }).call("news", { most: 50 });
    expect(later.ok).toBe(true);
    expect(JSON.stringify(later.result).length).toBeLessThan(60_000);
  });

  it("keeps twenty full feeds within its box", async () => {
    const seen = Array.from({ length: 250 }, (_, at) => `abcdefghi${String(at)}`);
    const feeds = Array.from({ length: 19 }, (_, at) => ({
      url: `https://${"h".repeat(450)}.example/${String(at)}`,
      title: "t".repeat(100),
      seen,
    }));
    const { report, kept } = await watch("<rss><channel><title>x</title></channel></rss>", { feeds });
    expect(report.problem).toBeNull();
    expect((kept["feeds"] as readonly Json[]).length).toBe(20);
  });

  it("tells every entry once, over as many looks as it takes", async () => {
    const items = Array.from(
      { length: 45 },
      (_, at) => `<item><guid>${String(at)}</guid><title>n${String(at)}</title></item>`,
    );
    const running = runPlugin(plugin, {
      manifest,
      answers: [{ url, body: `<rss><channel>${items.join("")}</channel></rss>` }],
      kept: { feeds: [{ url, title: "x", seen: [] }] },
    });
    const told: string[] = [];
    for (const expected of [20, 20, 5, 0]) {
      const { result } = await running.call("news");
      const { entries } = result as { entries: readonly { title: string }[] }; // what the plugin promises
      expect(entries).toHaveLength(expected);
      told.push(...entries.map(({ title }) => title));
    }
    expect(new Set(told).size).toBe(45);
  });

  it("never gives back a tag, an unseen character or an address that is none, whatever stands in it", async () => {
    const piece = fc.constantFrom(
      "<",
      ">",
      "&lt;",
      "&#60;",
      "&#x202e;",
      "<b>",
      "</b>",
      "<![CDATA[",
      "]]>",
      "<!--",
      "-->",
      '"',
      "'",
      "a",
      " ",
      "\n",
      "&#0;",
      "&#xD800;",
      "&amp;lt;",
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    await fc.assert(
      fc.asyncProperty(text, text, text, async (title, link, description) => {
        const { report } = await watch(
          `<rss><channel><item><title>${title}</title><link>${link}</link><description>${description}</description></item></channel></rss>`,
        );
        const said = JSON.stringify(report.result ?? report.problem?.says);
        expect(said).not.toMatch(/\p{Cc}|\p{Cs}|\u202e/u);
        expect(said).not.toMatch(/"link":"(?!https?:)/);
      }),
      { numRuns: 300 },
    );
  });
});
