import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import { keyOf } from "./credential-key.ts";
import type { Credential } from "./credentials.ts";
import { SHARES, STOPS, createRateLimits, stopAt, stopNamed } from "./rate-limits.ts";
import type { RateLimiters, StopName } from "./rate-limits.ts";
import { MEMBER, OWNER } from "./testing/sample.ts";

/** The clock stands still, so that everything falls into one second until a test lets time pass. */
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const token = (text: string): Credential => ({ kind: "token", text });
const session: Credential = { kind: "session", cookie: "a" };
const local: Credential = { kind: "local" };
const CREDENTIALS: readonly Credential[] = [
  ...["a", "b", "c", "d", "e"].map(token),
  session,
  { kind: "session", cookie: "b" },
  local,
];
const limitsOf = (perPrincipal: number): RateLimiters =>
  createRateLimits({ perPrincipal, unauthenticated: 3, files: 3 });
const passed = async (times: number, count: () => ReturnType<RateLimiters["caller"]>): Promise<number> => {
  let passes = 0;
  for (let index = 0; index < times; index += 1) if ((await count()).ok) passes += 1;
  return passes;
};

interface Request {
  readonly credential: Credential;
  readonly stop: StopName | undefined;
}
const Requests = fc.array(
  fc.record({
    credential: fc.constantFrom(...CREDENTIALS),
    stop: fc.constantFrom<(StopName | undefined)[]>(undefined, undefined, undefined, "system.stop", "turns.stop"),
  }),
  { maxLength: 150 },
);
/** What the budgets promise, counted with plain sums. */
const model = (whole: number): ((request: Request) => boolean) => {
  const used = new Map<string, number>();
  const take = (key: string, bound: number): boolean => {
    const count = (used.get(key) ?? 0) + 1;
    used.set(key, count);
    return count <= bound;
  };
  return ({ credential, stop }) => {
    if (stop !== undefined && take(`${stop} ${keyOf(credential)}`, STOPS)) return true;
    if (credential.kind === "local") return take("local", whole);
    return take(keyOf(credential), Math.floor(whole / SHARES)) && take("all", whole);
  };
};

describe("the budgets of one principal", () => {
  it("let through exactly what they promise, in whatever order its credentials ask", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: 40 }), Requests, async (whole, requests) => {
        const limits = limitsOf(whole);
        const expected = model(whole);
        for (const { credential, stop } of requests) {
          const caller = { principal: OWNER, credential };
          const counted = await (stop === undefined ? limits.caller(caller) : limits.stop(caller, stop));
          expect(counted.ok).toBe(expected({ credential, stop }));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([1, 2, 3, 4, 7, 600])("of %i cannot be used up by one credential", async (perPrincipal) => {
    const limits = limitsOf(perPrincipal);
    const mine = await passed(1000, () => limits.caller({ principal: OWNER, credential: token("a") }));
    expect(mine).toBe(Math.max(1, Math.floor(perPrincipal / SHARES)));
    expect((await limits.caller({ principal: OWNER, credential: token("b") })).ok).toBe(true);
    expect((await limits.caller({ principal: OWNER, credential: session })).ok).toBe(true);
  });

  it("hold for all its tokens together, and leave the local socket and others their own", async () => {
    const limits = limitsOf(20);
    let passes = 0;
    for (let index = 0; index < 30; index += 1)
      passes += await passed(30, () => limits.caller({ principal: OWNER, credential: token(String(index)) }));
    expect(passes).toBe(20);
    expect(await passed(30, () => limits.caller({ principal: OWNER, credential: local }))).toBe(20);
    expect((await limits.caller({ principal: MEMBER, credential: token("theirs") })).ok).toBe(true);
  });

  it("tell a token from a session with the same text", async () => {
    const limits = limitsOf(4);
    expect((await limits.caller({ principal: OWNER, credential: token("a") })).ok).toBe(true);
    expect((await limits.caller({ principal: OWNER, credential: token("a") })).ok).toBe(false);
    expect((await limits.caller({ principal: OWNER, credential: session })).ok).toBe(true);
  });

  it("name the bound that was reached and when to come back", async () => {
    const limits = limitsOf(8);
    const caller = { principal: OWNER, credential: token("a") };
    await passed(2, () => limits.caller(caller));
    expect(await limits.caller(caller)).toMatchObject({
      error: { code: "RATE_LIMITED", context: { limit: 2, window: 1, retryAfter: 1 } },
    });
  });
});

describe("the bucket of stops", () => {
  it("is left whole by every other flood, and bounds a flood of stops once all else is used up", async () => {
    const limits = limitsOf(20);
    for (const credential of CREDENTIALS) await passed(50, () => limits.caller({ principal: OWNER, credential }));
    for (const credential of CREDENTIALS) {
      const caller = { principal: OWNER, credential };
      expect(await passed(50, () => limits.stop(caller, "turns.stop"))).toBe(STOPS);
      expect(await passed(50, () => limits.stop(caller, "system.stop"))).toBe(STOPS);
    }
  });
});

describe("stops beyond their bucket", () => {
  it("are counted like any other request, so that a program may stop many turns and a flood stays bounded", async () => {
    const limits = limitsOf(20);
    const caller = { principal: OWNER, credential: token("a") };
    expect(await passed(50, () => limits.stop(caller, "turns.stop"))).toBe(STOPS + 5);
    expect((await limits.caller(caller)).ok).toBe(false);
    expect(await passed(50, () => limits.stop(caller, "system.stop"))).toBe(STOPS);
  });
});

describe("the memory of what was counted", () => {
  it("grows with the credentials of one second and is empty after it", async () => {
    const limits = limitsOf(1000);
    for (let index = 0; index < 100; index += 1) {
      const caller = { principal: OWNER, credential: token(String(index)) };
      await limits.caller(caller);
      await limits.caller(caller);
      await limits.stop(caller, "system.stop");
    }
    // Each key has one timer that forgets it: a hundred budgets, a hundred buckets of stops, and the principal's.
    expect(vi.getTimerCount()).toBe(201);
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives the whole budget again after a second", async () => {
    const limits = limitsOf(8);
    const caller = { principal: OWNER, credential: token("a") };
    expect(await passed(9, () => limits.caller(caller))).toBe(2);
    vi.advanceTimersByTime(1000);
    expect(await passed(9, () => limits.caller(caller))).toBe(2);
  });
});

describe("a stop", () => {
  it("is what is named so, and nothing else", () => {
    expect(OPERATION_NAMES.filter((name) => stopNamed(name) !== undefined)).toEqual(["turns.stop", "system.stop"]);
    expect(stopNamed("constructor")).toBeUndefined();
  });

  it("is at the path of its operation, and no other operation is there", () => {
    for (const name of OPERATION_NAMES) {
      const { method, path } = OPERATIONS[name];
      expect(stopAt(method, path.replace(/\{\w+\}/g, "0190")), name).toBe(stopNamed(name));
    }
  });

  it.each([
    ["GET", "/v2/stop"],
    ["POST", "/v2/stop/"],
    ["POST", "/v2/stop/more"],
    ["POST", "/v2/st%6fp"],
    ["POST", "/v2/turns/a/b/stop"],
    ["POST", "/before/v2/stop"],
    [undefined, "/v2/stop"],
  ])("is not at %s %s", (method, path) => {
    expect(stopAt(method, path)).toBeUndefined();
  });
});
