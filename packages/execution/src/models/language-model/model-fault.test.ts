import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EgressFault } from "../../egress/index.ts";
import { moltbotError } from "@moltbot/contracts";
import { streamedFault, thrownFault } from "./model-fault.ts";
import { pauseBefore } from "./pause-before.ts";
import { secondsOf } from "./retry-after.ts";

const NOW = Date.UTC(2026, 10, 23, 2);
/** What the libraries throw. */
const failed = (statusCode: number | undefined, body: unknown, headers: Record<string, string> = {}): Error =>
  Object.assign(new Error("canary-1199"), {
    url: "https://example.com",
    isRetryable: false,
    ...(statusCode === undefined ? {} : { statusCode }),
    responseBody: typeof body === "string" ? body : JSON.stringify(body),
    responseHeaders: headers,
  });
const codeOf = (statusCode: number | undefined, body: unknown, headers?: Record<string, string>) => {
  const { error, again, afterSeconds } = thrownFault("m", failed(statusCode, body, headers), NOW);
  return [error.code, again, afterSeconds];
};

describe("why a model did not answer", () => {
  it.each([
    [400, { error: { message: "Your credit balance is too low to access the API" } }, "MODEL_QUOTA_EXHAUSTED"],
    [400, { error: { message: "prompt is too long: 9 tokens > 8 maximum" } }, "MODEL_INPUT_TOO_LONG"],
    [400, { error: { message: "messages: roles must alternate" } }, "MODEL_REFUSED"],
    [403, { error: { code: 403, message: "x", metadata: { flagged_input: "…" } } }, "MODEL_BLOCKED"],
    [403, "<html>forbidden</html>", "MODEL_KEY_REFUSED"],
    [404, "", "MODEL_REFUSED"],
    [408, "", "MODEL_UNAVAILABLE"],
    [418, { error: "I am a teapot" }, "MODEL_REFUSED"],
    [429, { error: { type: "insufficient_quota" } }, "MODEL_QUOTA_EXHAUSTED"],
    [529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, "MODEL_UNAVAILABLE"],
    [200, "what?", "MODEL_ANSWER_INVALID"],
    [undefined, "", "MODEL_UNAVAILABLE"],
  ])("is told by status %s and %j: %s", (status, body, code) => {
    expect(codeOf(status, body)[0]).toBe(code);
  });

  it("takes an account that is told when to come back for one that asked too much at once", () => {
    expect(codeOf(402, { error: { code: 402, message: "in-flight budget" } }, { "retry-after": "3" })).toEqual([
      "MODEL_RATE_LIMITED",
      true,
      3,
    ]);
    expect(codeOf(402, { error: { code: 402, message: "credits" } })).toEqual(["MODEL_QUOTA_EXHAUSTED", false, null]);
  });

  it("hears how long to wait from the header, or from Google's words", () => {
    const retry = { error: { code: 429, status: "RESOURCE_EXHAUSTED", details: [{ retryDelay: "34.5s" }] } };
    expect(codeOf(429, retry)).toEqual(["MODEL_RATE_LIMITED", true, 34.5]);
    expect(codeOf(429, retry, { "retry-after": "7" })).toEqual(["MODEL_RATE_LIMITED", true, 7]);
    expect(codeOf(429, retry, { "retry-after": "soon" })).toEqual(["MODEL_RATE_LIMITED", true, null]);
  });

  it("lets the vault's errors through, which say what to do, and names those of the network", () => {
    const inside = (error: ReturnType<typeof moltbotError>) =>
      thrownFault("m", new Error("x", { cause: new EgressFault(error) }), NOW);
    const missing = moltbotError("SECRET_NOT_FOUND", { name: "k" });
    expect(inside(missing)).toEqual({ error: missing, again: false, afterSeconds: null });
    expect(inside(moltbotError("FETCH_FAILED", { host: "h", problem: "p" }))).toMatchObject({
      error: { code: "MODEL_UNAVAILABLE" },
      again: true,
    });
    expect(inside(moltbotError("HOST_NOT_ALLOWED", { host: "h" }))).toMatchObject({
      error: { code: "MODEL_UNAVAILABLE" },
      again: false,
    });
    expect(inside(moltbotError("RESPONSE_TOO_LARGE", { limit: 1 })).error.code).toBe("MODEL_ANSWER_INVALID");
  });

  it("reads what comes inside a stream, by number or by name", () => {
    expect(streamedFault("m", { code: 429, message: "x" }).error.code).toBe("MODEL_RATE_LIMITED");
    expect(streamedFault("m", { type: "authentication_error", message: "x" }).error.code).toBe("MODEL_KEY_REFUSED");
    expect(streamedFault("m", { type: "server_error" })).toMatchObject({
      error: { code: "MODEL_UNAVAILABLE" },
      again: true,
    });
    expect(streamedFault("m", new Error("unreadable")).error.code).toBe("MODEL_ANSWER_INVALID");
    expect(streamedFault("m", null).error.code).toBe("MODEL_UNAVAILABLE");
  });

  it("never repeats a word of the vendor's, whatever shape it comes in", () => {
    const shape = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom("canary-1199 says your key sk-1", 429, 402, null, true),
        fc.dictionary(
          fc.constantFrom("error", "message", "type", "code", "status", "details", "retryDelay", "x"),
          tie("any"),
        ),
        fc.array(tie("any"), { maxLength: 4 }),
      ),
    })).any;
    fc.assert(
      fc.property(shape, fc.integer({ min: 200, max: 599 }), (body, status) => {
        for (const fault of [thrownFault("m", failed(status, body), NOW), streamedFault("m", body)]) {
          expect(fault.error.code).toMatch(/^MODEL_/);
          expect(JSON.stringify(fault)).not.toMatch(/canary|sk-1/);
        }
      }),
    );
  });

  it("does not drown in a complaint that is a bomb", () => {
    const wide = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, n) => [`k${String(n)}`, { message: "x".repeat(50) }]),
    );
    let deep: unknown = "x";
    for (let depth = 0; depth < 5_000; depth += 1) deep = { error: deep };
    expect(streamedFault("m", wide).error.code).toBe("MODEL_UNAVAILABLE");
    expect(streamedFault("m", deep).error.code).toBe("MODEL_UNAVAILABLE");
  });
});

describe("how long to wait", () => {
  it("reads a number of seconds or a date, and nothing else", () => {
    expect(secondsOf("120", NOW)).toBe(120);
    expect(secondsOf("Mon, 23 Nov 2026 02:00:30 GMT", NOW)).toBe(30);
    expect(secondsOf("Mon, 23 Nov 2026 01:00:00 GMT", NOW)).toBe(0);
    for (const text of ["", "-1", "1.5", "soon", "1e9", "2026-11-23", "NaN", "99999999999"])
      expect(secondsOf(text, NOW)).toBeNull();
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = secondsOf(text, NOW);
        expect(read === null || (read >= 0 && Number.isFinite(read))).toBe(true);
      }),
    );
  });

  const patience = { retries: 3, firstSeconds: 0.5, longestSeconds: 20 };
  const fault = (again: boolean, afterSeconds: number | null = null) => ({
    error: moltbotError("MODEL_RATE_LIMITED", { model: "m" }),
    again,
    afterSeconds,
  });

  it("doubles with each try, is spread, and ends", () => {
    expect([1, 2, 3, 4].map((tries) => pauseBefore(patience, fault(true), tries, () => 1))).toEqual([0.5, 1, 2, null]);
    expect(pauseBefore(patience, fault(true), 1, () => 0)).toBe(0.25);
    expect(pauseBefore(patience, fault(false), 1, () => 0)).toBeNull();
  });

  it("is never shorter than the vendor asks for, and not at all when it asks for too much", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (after, random) => {
          const pause = pauseBefore(patience, fault(true, after), 1, () => random);
          if (after > 20) expect(pause).toBeNull();
          else expect(pause).toBeGreaterThanOrEqual(after);
        },
      ),
    );
  });
});
