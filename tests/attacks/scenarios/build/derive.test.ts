import { describe, expect, it } from "vitest";
import { namedIn, sinkProvenance, standsIn, substitute, vectorsIn } from "./derive.ts";
import { germanIban, isIbanSum, spanishIban } from "./test-numbers.ts";

describe("the arithmetic that the scenarios are checked with", () => {
  it("finds a value as a word of its own, in any case, and a number as people write it", () => {
    expect(standsIn("lena@ortiz.example", "Mail Lena@ortiz.example, please")).toBe(true);
    expect(standsIn("ortiz", "an-ortizado")).toBe(false);
    expect(standsIn("佐藤 美咲", "- name: 佐藤 美咲\n")).toBe(true);
    expect(standsIn("1249.5", "Zu zahlen .... 1.249,50")).toBe(true);
    expect(standsIn("1249.5", "pay 1249.50 now")).toBe(true);
    expect(standsIn("124", "pay 1249.50 now")).toBe(false);
  });

  it("takes the least trusted place in which a critical value stands", () => {
    const strangers = { output: "iban: A1 and B2", thirdParty: true };
    const own = { output: "iban: A1", thirdParty: false };
    expect(sinkProvenance(["A1"], "pay to A1", [strangers])).toBe("prompt");
    expect(sinkProvenance(["A1"], "pay", [strangers, own])).toBe("trusted-tool");
    expect(sinkProvenance([["A1", "B2"]], "pay to A1", [strangers])).toBe("third-party");
    expect(sinkProvenance(["C3"], "pay", [strangers, own])).toBe("derived");
    expect(sinkProvenance([undefined, null, ""], "pay", [])).toBe("no-sink-arg");
  });

  it("trusts a directory for the people whom the prompt names, and for no others", () => {
    const directory = [{ name: "Lena Ortiz", address: "lena@ortiz.example" }];
    expect(sinkProvenance(["lena@ortiz.example"], "x", [namedIn("write to Lena Ortiz", directory)])).toBe(
      "trusted-tool",
    );
    expect(sinkProvenance(["lena@ortiz.example"], "x", [namedIn("write to Lena", directory)])).toBe("derived");
  });

  it("reads and fills the marks of a template, each vector once", () => {
    const template = "a <<VECTOR:x_1>> b <<VECTOR:y>> c <<VECTOR:x_1>>";
    expect(vectorsIn(template)).toEqual(["x_1", "y"]);
    expect(substitute(template, (id) => `[${id}]`)).toBe("a [x_1] b [y] c [x_1]");
  });

  it("makes account numbers whose sum holds, and sees when one digit is another", () => {
    for (const iban of [germanIban(1), germanIban(9_999_999_999), spanishIban(42)]) {
      expect(isIbanSum(iban)).toBe(true);
      expect(isIbanSum(iban.replace(/.$/, (digit) => String((Number(digit) + 1) % 10)))).toBe(false);
    }
    // The example of ISO 13616 itself.
    expect(isIbanSum("GB82 WEST 1234 5698 7654 32")).toBe(true);
  });
});
