import { done, PrincipalId } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OnBehalf } from "../connections/connection.ts";
import { codeOf, get, setUp, signal, tool } from "../test-support/set-up.ts";
import { createAllowance } from "./allowance.ts";
import type { EgressLimits } from "./allowance.ts";

const personOf = (n: number): OnBehalf => ({
  person: PrincipalId.parse(`01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`),
  agentId: null,
  conversationId: null,
  turnId: null,
  callId: null,
  data: "own",
});
const limits = (requestsPerMinute: number, bytesOutPerHour = 0): (() => EgressLimits) => {
  return () => ({ requestsPerMinute, bytesOutPerHour });
};

describe("what one person sends", () => {
  it("is limited to a host within a minute, says how long to wait, and slows nobody else", async () => {
    let now = 0;
    const { world, egress } = await setUp((_request, response) => response.end(), {
      options: { limits: limits(3), monotonic: () => now },
    });
    const ask = (person: number, host = "example.org") =>
      egress.send({ ...tool(`${host}:80`), behalf: personOf(person) }, get(`http://${host}/`), signal);
    const said: string[] = [];
    for (let n = 0; n < 5; n += 1) said.push(codeOf(await ask(1)));
    expect(said).toEqual(["status 200", "status 200", "status 200", "RATE_LIMITED", "RATE_LIMITED"]);
    expect(world.hits).toHaveLength(3);
    expect(codeOf(await ask(2))).toBe("status 200");
    expect(codeOf(await ask(1, "other.example"))).toBe("status 200");
    now = 20_000;
    const waiting = await ask(1);
    expect(!waiting.ok && waiting.error).toMatchObject({ context: { limit: 3, window: 60, retryAfter: 40 } });
    now = 60_000;
    expect(codeOf(await ask(1))).toBe("status 200");
  });

  it("is limited in bytes within an hour, to all hosts together", async () => {
    let now = 0;
    const { world, egress } = await setUp((_request, response) => response.end(), {
      options: { limits: limits(0, 10_000), monotonic: () => now },
    });
    const put = (person: number, host: string, size: number) =>
      egress
        .send(
          { ...tool(`${host}:80`), behalf: personOf(person) },
          { method: "POST", url: `http://${host}/`, body: "x ".repeat(size / 2) },
          signal,
        )
        .then(codeOf);
    expect([await put(1, "one.example", 4_000), await put(1, "two.example", 4_000)]).toEqual([
      "status 200",
      "status 200",
    ]);
    expect(await put(1, "three.example", 4_000)).toBe("BUDGET_EXHAUSTED");
    expect(await put(1, "three.example", 1_000)).toBe("status 200");
    expect(await put(2, "three.example", 4_000)).toBe("status 200");
    now = 3_600_000;
    expect(await put(1, "three.example", 4_000)).toBe("status 200");
    expect(world.hits.reduce((sum, { body }) => sum + body.length, 0)).toBe(17_000);
  });

  it("unplug: without the limits a hijacked model uploads for as long as it likes", async () => {
    const { world, egress } = await setUp((_request, response) => response.end(), {
      options: { limits: limits(2, 1_000) },
      controls: { createAllowance: () => ({ connect: () => done, carry: () => done }) },
    });
    for (let n = 0; n < 5; n += 1)
      await egress.send(
        tool("example.org:80"),
        { method: "POST", url: "http://example.org/", body: "x".repeat(900) },
        signal,
      );
    expect(world.hits).toHaveLength(5);
  });

  it("never passes the limit within any window, whatever comes when", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30_000), fc.integer({ min: 1, max: 50 })), { maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (steps, limit) => {
          let now = 0;
          const allowance = createAllowance(limits(limit, limit), () => now);
          const taken: { readonly at: number; readonly bytes: number }[] = [];
          for (const [pause, bytes] of steps) {
            now += pause * 10;
            if (allowance.carry("one", bytes).ok) taken.push({ at: now, bytes });
            const within = taken.filter(({ at }) => at > now - 3_540_000).reduce((sum, one) => sum + one.bytes, 0);
            expect(within).toBeLessThanOrEqual(limit);
          }
        },
      ),
      { numRuns: 100, seed: 7 },
    );
  });

  it("is forgotten first where it was sent longest ago, once there are too many to keep in mind", () => {
    const allowance = createAllowance(limits(1), () => 0);
    const may = (person: number): boolean => allowance.connect(`person ${String(person)}`, "example.org:443").ok;
    for (let person = 0; person < 10_000; person += 1) expect(may(person)).toBe(true);
    expect([may(0), may(1)]).toEqual([false, false]);
    expect(may(10_000)).toBe(true);
    // The third was the one unused longest: the first two had just been there.
    expect([may(0), may(1), may(3)]).toEqual([false, false, false]);
    expect(may(2)).toBe(true);
  });

  it("has no limit where the settings say 0", () => {
    const allowance = createAllowance(limits(0, 0), () => 0);
    for (let n = 0; n < 1_000; n += 1)
      expect([allowance.connect("a", "b").ok, allowance.carry("a", 1e9).ok]).toEqual([true, true]);
  });
});
