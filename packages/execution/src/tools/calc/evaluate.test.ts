import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";

describe("evaluate", () => {
  it.each([
    ["1+1", "2"],
    ["2+3*4", "14"],
    ["(2+3)*4", "20"],
    ["7/2", "3.5"],
    ["7%4", "3"],
    ["-7%4", "-3"],
    ["2^10", "1024"],
    ["2^3^2", "512"],
    ["-2^2", "-4"],
    ["(-2)^2", "4"],
    ["2^-1", "0.5"],
    ["2*-2^2", "-8"],
    ["--3", "3"],
    ["+3", "3"],
    ["-(2+3)", "-5"],
    ["0.1+0.2", "0.3"],
    ["1.5e3", "1500"],
    [" 12 * ( 3 - 1 ) ", "24"],
    ["6×7", "42"],
    ["8÷2−1", "3"],
    ["0*-1", "0"],
    ["1/3", "0.333333333333333"],
    ["((((1))))", "1"],
  ])("finds that %s is %s", (text, value) => {
    expect(evaluate(text)).toEqual({ ok: true, value });
  });

  it.each([
    "",
    " ",
    "1/0",
    "5%0",
    "9^9^9^9",
    "1e999",
    "(-8)^0.5",
    "process",
    "process.exit(1)",
    "this",
    "this.constructor",
    "constructor.constructor('x')()",
    "(1).toString()",
    "[1][0]",
    "[]",
    "{}",
    "'a'+'b'",
    '"x"',
    "true",
    "null",
    "a=1",
    "1,2",
    "(1,2)",
    "1;2",
    "1 2",
    "()",
    "(",
    "1+",
    "*2",
    "1==1",
    "1<2",
    "1&&2",
    "1|2",
    "~1",
    "!1",
    "1?2:3",
    "1<<2",
    "import('fs')",
    "`x`",
    "x=>x",
    "/a/",
    "1..toString",
    "0x10",
    `${"(".repeat(40)}1${")".repeat(40)}`,
    `${"-".repeat(60)}1`,
    "2**3",
    "__proto__",
    "𝟙",
    "max(1,2)",
    "@1",
  ])("refuses %j and executes nothing", (text) => {
    const result = evaluate(text);
    expect(!result.ok && result.error.code).toBe("EXPRESSION_INVALID");
  });

  it("agrees with the platform on sums and products, and never throws", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 1, max: 99 }),
        (a, b, c) => {
          expect(evaluate(`(${a}-${b})*${c}+${a}%${c}`)).toEqual({
            ok: true,
            value: String((a - b) * c + (a % c) + 0),
          });
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from("0123456789+-*/%^(). eEax'\"[]")) })),
        (text) => {
          const result = evaluate(text);
          expect(result.ok ? Number.isFinite(Number(result.value)) : result.error.code).toBe(
            result.ok ? true : "EXPRESSION_INVALID",
          );
        },
      ),
    );
  });
});
