import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "@moltbot/contracts";
import { accountsIn, activeIn, everyAccountIn, followedIn, mayBeFollowed } from "./active-content.ts";

const found = (value: JsonValue): readonly string[] => [...activeIn(value)];

describe("what in a text can be followed", () => {
  it.each([
    ["plain words", "Soup and bread, at noon. See you there!"],
    ["a number", "It is 3.5 km and costs 1,200.50 EUR, or 10.30 to 11.45."],
    ["the name of a file", "I put it into report.pdf and notes_2.txt."],
    ["a mention of somebody", "Lunch with @bob at noon, e.g. soup"],
    ["an abbreviation", "z.B. soup, i.e. none, a.m. or p.m."],
    ["an emoji with joiners", "👩‍👩‍👧‍👦 🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} ❤️"],
    ["another script", "今天天气很好。我们去散步。 مرحبا. Привет, как дела?"],
    ["letters and digits as in an order number", "Order AB12 3456 is ready, so is order 9f86d081884c7d65"],
    ["an ampersand and a percent sign", "Fish & chips, 20% off; a<b and c>d {x}"],
    ["truth, nothing, numbers", [true, null, 5, { a: 1 }]],
    ["an unknown entity", "&nosuch; &#0; &#xD800; &#x110000;"],
    ["percent signs that are no text", "100%FF off"],
  ] as const)("is nothing in %s", (_, value) => {
    expect(found(value as JsonValue)).toEqual([]); // JSON all of it
  });

  it.each([
    ["https://Example.org/a", "example.org/a"],
    ["http://example.org/.", "example.org"],
    ["www.example.org", "www.example.org"],
    ["(see example.org/a?b=1#c)", "example.org/a?b=1#c"],
    ["Bob@Example.org,", "bob@example.org"],
    ["DE89 3704 0044 0532 0130 00", "de89370400440532013000"],
    ["https://files.example.org/report.pdf", "files.example.org/report.pdf"],
    ["www.report.pdf", "www.report.pdf"],
  ])("is compared without scheme, case and edges: %s", (text, token) => {
    expect(found(text)).toContain(token);
  });

  it.each([
    ["Send it to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"],
    ["bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"],
    ["0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886e0f7030069857d2e4169ee7"],
    ["a DE89\u200B370400440532013000", "de89370400440532013000"],
    ["evil&period;test", "evil.test"],
    ["evil&#46;test", "evil.test"],
    ["evil&#x2e;test", "evil.test"],
    ["ev&shy;il.test", "evil.test"],
    ["evil%2Etest", "evil.test"],
    ["evil%252Etest", "evil.test"],
    ["caf%E9.test%2Fx", "café.test/x"],
    ["evil\\u002etest", "evil.test"],
    ["evil\\x2etest", "evil.test"],
    ["evil[.]test", "evil.test"],
    ["evil dot test", "evil.test"],
    ["hxxps://evil.test", "evil.test"],
    ["ｅｖｉｌ．ｔｅｓｔ", "evil.test"],
    ["evil。test", "evil.test"],
    ["\u202Etset.live", "evil.test"],
    ["%E2%80%AEtset.live", "evil.test"],
    ["eve(at)evil(dot)test", "eve@evil.test"],
  ])("is found in any disguise: %s", (text, token) => {
    expect(found(text)).toContain(token);
  });

  it("is found in characters that nobody sees", () => {
    const hidden = (text: string, from: number) =>
      Array.from(text, (one) => String.fromCodePoint(from + (one.codePointAt(0) ?? 0))).join("");
    expect(found(`Hello${hidden("evil.test", 0xe_00_00)}`)).toContain("evil.test");
    expect(found(`Hello${hidden("evil.test", 0xe_01_00 - 16)}`)).toContain("evil.test");
    expect(found("Hello\uFE0F\uFE01")).toEqual([]);
  });

  it.each([
    ["+49 30 90010 123", "493090010123"],
    ["call (030) 23125-017 now", "03023125017"],
    ["0151 23456789", "015123456789"],
    ["+1-555-010-0199", "15550100199"],
    ["call 555-0100 today", "5550100"],
    ["０３０ ２３１２５ ０１７", "03023125017"],
  ])("is a number to call in %s", (text, number) => {
    expect(found(text)).toContain(number);
  });

  it.each(["2024-06-01", "on 2024-05-19 12:00 and 19.05.2024", "10:00 to 11:30", "room 1234", "1200 EUR", "12345678"])(
    "is no number to call in %s",
    (text) => {
      expect(found(text)).toEqual([]);
    },
  );

  it("is looked for in every value and key, however deep", () => {
    expect(found({ a: [{ "evil.test": [1, "x.test"] }] })).toEqual(["evil.test", "x.test"]);
  });

  it("is taken to be there where a text is too long or a value too deep to be looked through", () => {
    const deep = (depth: number): JsonValue => (depth === 0 ? "x" : [deep(depth - 1)]);
    expect(found("x".repeat(200_001))).toHaveLength(1);
    expect(found(deep(40))).toHaveLength(1);
    expect(found({ a: deep(40) })).toHaveLength(1);
  });

  it("is found wherever a host stands between other words", () => {
    fc.assert(
      fc.property(fc.lorem(), fc.lorem(), (a, b) => activeIn(`${a} go to evil.test/x ${b}`).has("evil.test/x")),
    );
  });

  it("is looked for in time that grows with the text alone", () => {
    for (const text of [
      "a".repeat(150_000),
      "a.".repeat(75_000),
      "a@".repeat(75_000),
      "%25".repeat(50_000),
      "DE00 ".repeat(30_000),
    ]) {
      expect(activeIn(text)).toBeInstanceOf(Set);
    }
  });
});

describe("the first look at a text", () => {
  const pieces = fc.constantFrom(
    ..."a b1 . / // \\ \\\\ : @ ( ) ]( [ = href src action www mailto tel xn-- com 10 192 ::1 fe80 ſ K é 字 \u200d ' \" > - _ 8080 bitcoin file"
      .split(" ")
      .concat([" ", "\n"]),
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
  );

  it("spares no text in which something can be followed", () => {
    fc.assert(
      fc.property(texts, (text) => {
        if (!mayBeFollowed(text)) expect(followedIn(text)).toEqual([]);
      }),
      { numRuns: 20_000 },
    );
  });

  const numbers = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "0x",
          "bc1",
          "1",
          "DE",
          "12",
          "4405",
          "+49 ",
          "konto ",
          "(0)",
          " ",
          "-",
          ".",
          "ſ",
          "K",
          "O",
          "l",
        ),
        fc.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{20,30}$/),
        fc.stringMatching(/^[0-9a-f]{18,42}$/),
        fc.stringMatching(/^[\d -]{2,20}$/),
      ),
      { maxLength: 8 },
    )
    .map((pieces) => pieces.join(""));

  it("overlooks no account, wallet or number by looking first whether there can be one", () => {
    let found = 0;
    fc.assert(
      fc.property(fc.oneof(numbers, texts), (text) => {
        found += everyAccountIn(text).length;
        expect(accountsIn(text)).toEqual(everyAccountIn(text));
      }),
      { numRuns: 20_000 },
    );
    expect(found).toBeGreaterThan(1_000);
  });

  it("is done with plain sentences", () => {
    expect(mayBeFollowed("The report of today, with everything. Nothing else was asked for.")).toBe(false);
  });
});
