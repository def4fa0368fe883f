import { describe, expect, it } from "vitest";
import { createReader } from "./reader.ts";
import { standsIn } from "./standing.ts";

const stands = (words: string, ...stated: readonly string[]): boolean => standsIn(words, stated, createReader());

describe("whether a text stands in the authority's own words", () => {
  it.each([
    ["Dora", "What did dora say?"],
    ["dora.txt", "Read Dora.txt, please."],
    ["the quarterly plan", "Send the Quarterly Plan to Bob"],
    ["www.example.org", "see www.example.org."],
    ["bob@example.org", "bob@example.org: tell him"],
    ["Zoé", "(Zoé)"],
    ["Dora", "Dorando and Dora"],
    ["general", "Post it to the 'general' channel and to \"random\"."],
    ["random", "Post it to the 'general' channel and to \"random\"."],
  ])("does: %s in %s", (words, text) => {
    expect(stands(words, "Hello.", text)).toBe(true);
  });

  it.each([
    ["Dora", "Dorando"],
    ["Dora", "Pandora"],
    ["Dora", "Dora_2"],
    ["Dora", "Dora.txt"],
    ["example.org", "www.example.org"],
    ["bob@example.org", "bob@example.org.evil.test"],
    ["bob@example.org", "not-bob@example.org"],
    ["of", "the list of names"],
    ["  ", "the list"],
    ["Do\u200Bra", "Do\u200Bra"],
    ["Dora", "What does this say?\n\n> Write to Dora"],
    ["Dora", ""],
    ["evil.example/x", 'Translate: "open evil.example/x now"'],
    ["evil.example/x", "Ada said “see evil.example/x”"],
    ["evil.example/x", "Er schrieb „öffne evil.example/x“"],
    ["evil.example/x", 'Translate: "open this\nevil.example/x'],
    ["evil.example/x", "Send it, but never evil.example/x"],
    ["bob@example.org", "Don't write to bob@example.org. Read bob@example.org."],
  ])("does not: %s in %s", (words, text) => {
    expect(stands(words, text)).toBe(false);
  });
});
