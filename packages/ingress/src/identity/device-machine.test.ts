import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "./index.ts";
import { createDevice, pair, refresh } from "./testing/device.ts";
import type { TestDevice } from "./testing/device.ts";
import { codeOf, createWorld, must } from "./testing/world.ts";

const GRACE = 30_000;

/** What may happen to a device and the copies of what it holds. */
type Step =
  | { readonly kind: "refresh"; readonly answerLost: boolean }
  | { readonly kind: "retry" }
  | { readonly kind: "restart" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "steal-and-use"; readonly which: number; readonly withKey: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("refresh" as const), answerLost: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: "retry" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 45 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("steal-and-use" as const),
      which: fc.nat({ max: 20 }),
      withKey: fc.boolean(),
    }),
  },
);

let clockless: TestDevice;
beforeAll(async () => {
  clockless = await createDevice((await createWorld()).clock);
});

/** The rule, written a second time: which token is in force, which one came before it, and since when. */
interface Model {
  current: string;
  previous: string | null;
  rotatedAt: number;
  ended: boolean;
}

describe("rotation and reuse, as a machine", () => {
  it("accepts what is in force and, for half a minute, what came before it; everything else of the family ends it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const world = await createWorld();
        const thief = clockless;
        const phone = await createDevice(world.clock);
        let identity: Identity = world.identity;
        const first = await pair(identity, world.owner, phone);
        const family = [first.refreshToken];
        const model: Model = { current: first.refreshToken, previous: null, rotatedAt: 0, ended: false };
        let holds = first.refreshToken;

        const expected = (token: string, withKey: boolean): string => {
          if (model.ended) return "REFRESH_INVALID";
          const graced = token === model.previous && world.clock.monotonic() - model.rotatedAt < GRACE;
          if (token !== model.current && !graced) return "REFRESH_REUSED";
          return withKey ? "ok" : "PROOF_INVALID";
        };
        const use = async (token: string, withKey: boolean): Promise<string | null> => {
          const answer = await refresh(identity, withKey ? phone : thief, token);
          const code = codeOf(answer);
          expect(code).toBe(expected(token, withKey));
          if (code === "REFRESH_REUSED") model.ended = true;
          if (!answer.ok) return null;
          if (token === model.current) model.rotatedAt = world.clock.monotonic();
          model.previous = token;
          model.current = answer.value.refreshToken;
          family.push(answer.value.refreshToken);
          return answer.value.refreshToken;
        };

        for (const each of steps) {
          if (each.kind === "wait") world.clock.pass(each.seconds * 1000);
          if (each.kind === "restart") identity = world.again();
          if (each.kind === "refresh") {
            const next = await use(holds, true);
            if (next !== null && !each.answerLost) holds = next;
          }
          if (each.kind === "retry") holds = (await use(holds, true)) ?? holds;
          if (each.kind === "steal-and-use") await use(family[each.which % family.length] ?? holds, each.withKey);
          const device = world.store.devices.get(first.deviceId);
          expect(device?.revokedAt !== null).toBe(model.ended);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("never ends an honest device that comes back within half a minute of a lost answer", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ lost: fc.boolean(), restart: fc.boolean(), after: fc.integer({ min: 0, max: 9_000 }) }), {
          maxLength: 12,
        }),
        async (rounds) => {
          const world = await createWorld();
          const phone = await createDevice(world.clock);
          let identity: Identity = world.identity;
          let holds = (await pair(identity, world.owner, phone)).refreshToken;
          for (const { lost, restart, after } of rounds) {
            const next = must(await refresh(identity, phone, holds));
            if (restart) identity = world.again();
            if (lost) {
              world.clock.pass(after);
              holds = must(await refresh(identity, phone, holds)).refreshToken;
            } else holds = next.refreshToken;
          }
          expect(codeOf(await refresh(identity, phone, holds))).toBe("ok");
        },
      ),
      { numRuns: 40 },
    );
  });
});
