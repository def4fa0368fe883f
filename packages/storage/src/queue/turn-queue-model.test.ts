import { TURN_STATES } from "@moltbot/contracts";
import type { Conversation, Turn, TurnId, TurnLease, TurnState } from "@moltbot/contracts";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Database } from "../database/index.ts";
import { onEveryPlace } from "../testing/index.ts";
import type { Place } from "../testing/index.ts";
import { aConversation, aTurn, codeOf, later, must, openPlace, person, scopeOf } from "./testing/world.ts";

const ada = person();
const me = scopeOf(ada);
const LEASE = 100;

interface ModelTurn {
  readonly id: TurnId;
  readonly conversation: number;
  readonly key: string | null;
  state: TurnState;
  fence: number;
  until: number;
  process: number;
  attempts: number;
  steps: number;
}
interface Model {
  turns: ModelTurn[];
  leases: { id: TurnId; fence: number }[];
  now: number;
  process: number;
}
interface Real {
  db: Database;
  readonly place: Place;
  readonly conversations: readonly Conversation[];
  readonly leases: TurnLease[];
}
type Command = fc.AsyncCommand<Model, Real>;

const command = (name: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  toString: () => name,
  run: async (model, real) => {
    await run(model, real);
    for (const turn of model.turns) {
      const { state, attempts, steps, end } = must(await real.db.turns.find(me, turn.id));
      expect([name, state, attempts, steps, end?.state ?? null]).toEqual([
        name,
        turn.state,
        turn.attempts,
        turn.steps,
        ["queued", "running", "waiting"].includes(turn.state) ? null : turn.state,
      ]);
    }
    const counts = Object.fromEntries(
      TURN_STATES.map((state) => [state, model.turns.filter((turn) => turn.state === state).length]),
    );
    expect(must(await real.db.turns.counts(me))).toEqual(counts);
    for (const [index] of real.conversations.entries()) {
      expect(
        model.turns.filter((turn) => turn.conversation === index && turn.state === "running").length,
      ).toBeLessThanOrEqual(1);
    }
  },
});

const takeBack = (model: Model): TurnId[] =>
  model.turns
    .filter((turn) => turn.state === "running" && (turn.process !== model.process || turn.until <= model.now))
    .map((turn) => {
      turn.state = "queued";
      turn.attempts += 1;
      return turn.id;
    });
const byLease = (model: Model, real: Real, pick: number): { lease: TurnLease; turn: ModelTurn | undefined } | null => {
  const lease = real.leases.length === 0 ? undefined : real.leases[pick % real.leases.length];
  if (lease === undefined) return null;
  return {
    lease,
    turn: model.turns.find(
      (turn) => turn.id === lease.turn.id && turn.fence === lease.fence && turn.state === "running",
    ),
  };
};
const expected = (turn: unknown): string => (turn === undefined ? "QUEUE_LEASE_LOST" : "ok");
const at = (model: Model, plus = 0) => later(model.now + plus);

/** What the database answered is what the model says. */
const same = (actual: unknown, wanted: unknown): void => expect(actual).toEqual(wanted);

const COMMANDS: readonly fc.Arbitrary<Command>[] = [
  fc.tuple(fc.nat(2), fc.constantFrom(null, null, "a", "b")).map(([conversation, key]) =>
    command(`enqueue ${conversation} ${key}`, async (model, real) => {
      const home = real.conversations[conversation];
      if (home === undefined) throw new Error("three conversations");
      const turn: Turn = aTurn(ada, home);
      const known = model.turns.find((each) => key !== null && each.key === key);
      const result = must(await real.db.turns.enqueue(me, turn, key));
      same([result.fresh, result.turn.id], [known === undefined, known?.id ?? turn.id]);
      if (known === undefined)
        model.turns.push({
          id: turn.id,
          conversation,
          key,
          state: "queued",
          fence: 0,
          until: 0,
          process: 0,
          attempts: 0,
          steps: 0,
        });
    }),
  ),
  fc.constant(null).map(() =>
    command("claim", async (model, real) => {
      takeBack(model);
      const next = model.turns.find(
        (turn) =>
          turn.state === "queued" &&
          !model.turns.some((other) => other.conversation === turn.conversation && other.state === "running"),
      );
      const lease = must(await real.db.turns.claim(at(model), at(model, LEASE)));
      same(lease?.turn.id ?? null, next?.id ?? null);
      if (next === undefined || lease === null) return;
      Object.assign(next, {
        state: "running",
        fence: next.fence + 1,
        until: model.now + LEASE,
        process: model.process,
      });
      same(lease.fence, next.fence);
      real.leases.push(lease);
    }),
  ),
  fc.nat(50).map((pick) =>
    command("extend", async (model, real) => {
      const found = byLease(model, real, pick);
      if (found === null) return;
      same(codeOf(await real.db.turns.extend(found.lease, at(model, LEASE))), expected(found.turn));
      if (found.turn !== undefined) found.turn.until = model.now + LEASE;
    }),
  ),
  fc.nat(50).map((pick) =>
    command("progress", async (model, real) => {
      const found = byLease(model, real, pick);
      if (found === null) return;
      same(codeOf(await real.db.turns.progress(found.lease, { steps: pick })), expected(found.turn));
      if (found.turn !== undefined) found.turn.steps = pick;
    }),
  ),
  fc.nat(50).map((pick) =>
    command("park", async (model, real) => {
      const found = byLease(model, real, pick);
      if (found === null) return;
      same(codeOf(await real.db.turns.park(found.lease, [])), expected(found.turn));
      if (found.turn !== undefined) found.turn.state = "waiting";
    }),
  ),
  fc.tuple(fc.nat(50), fc.constantFrom("done", "failed", "unknown")).map(([pick, state]) =>
    command(`finish ${state}`, async (model, real) => {
      const found = byLease(model, real, pick);
      if (found === null) return;
      same(
        codeOf(await real.db.turns.finish(found.lease, { state, messageId: null, code: null })),
        expected(found.turn),
      );
      if (found.turn !== undefined) found.turn.state = state;
    }),
  ),
  fc.nat(50).map((pick) =>
    command("resume", async (model, real) => {
      const turn = model.turns[pick % Math.max(1, model.turns.length)];
      if (turn === undefined) return;
      same(must(await real.db.turns.resume(me, turn.id)), turn.state === "waiting");
      if (turn.state === "waiting") turn.state = "queued";
    }),
  ),
  fc.nat(50).map((pick) =>
    command("cancel", async (model, real) => {
      const turn = model.turns[pick % Math.max(1, model.turns.length)];
      if (turn === undefined) return;
      const free = turn.state === "waiting" || turn.state === "queued";
      same(must(await real.db.turns.cancel(me, turn.id, { state: "stopped", messageId: null, code: null })), free);
      if (free) turn.state = "stopped";
    }),
  ),
  fc.integer({ min: 1, max: 2 * LEASE }).map((by) =>
    command(`wait ${by}`, async (model) => {
      model.now += by;
      await Promise.resolve();
    }),
  ),
  fc.boolean().map((recovers) =>
    command(`die${recovers ? " and recover" : ""}`, async (model, real) => {
      await real.db.close();
      real.db = await openPlace(real.place);
      model.process += 1;
      if (recovers) same(must(await real.db.turns.recover(at(model))).toSorted(), takeBack(model).toSorted());
    }),
  ),
];

onEveryPlace((places) => {
  it("behaves as its model under every order of work, delay and process death", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands([...COMMANDS], { maxCommands: 45 }), async (commands) => {
        const place = places.fresh();
        const db = await openPlace(place);
        const conversations = [aConversation(ada), aConversation(ada), aConversation(ada)];
        for (const each of conversations) must(await db.conversations.create(me, each));
        const real: Real = { db, place, conversations, leases: [] };
        await fc.asyncModelRun(() => ({ model: { turns: [], leases: [], now: 0, process: 1 }, real }), commands);
        await real.db.close();
      }),
      { numRuns: places.engine === "sqlite" ? 25 : 8 },
    );
  }, 60_000);
});
