import { moltbotError, ownScope } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { stopTurn } from "./stop-turn.ts";
import { manifest, model, until } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;

const open: RealHouse[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

/** A house with a turn in the middle of a model that goes on until it is aborted. */
const thinking = async () => {
  let inside = 0;
  const house = await openRealHouse({
    catalog: [manifest("note.write", "write")],
    model: model(async (signal) => {
      inside += 1;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }),
  });
  open.push(house);
  const turnId = await house.begin();
  await until(() => inside === 1);
  return { house, turnId };
};

describe("stopping a turn", () => {
  it("ends it also when whoever asked has gone", async () => {
    const { house, turnId } = await thinking();
    const gone = house.context({ signal: AbortSignal.abort() });
    expect(await house.operations["turns.stop"](gone, { turnId })).toMatchObject({
      ok: true,
      value: { state: "stopped" },
    });
    expect((await house.turn(turnId)).end).toMatchObject({ state: "stopped", code: "TURN_STOPPED" });
  });

  it("that has ended is nothing to do", async () => {
    const { house, turnId } = await thinking();
    await house.operations["turns.stop"](house.context(), { turnId });
    expect(
      await stopTurn({ house: house.house, workers: { stop: () => false } }, ownScope(house.owner), turnId),
    ).toEqual({ ok: true, value: undefined });
  });

  it("says so when it goes on all the same: a run that hears no abort is no success", async () => {
    const { house, turnId } = await thinking();
    const deaf = { house: house.house, workers: { stop: () => true } };
    expect(await stopTurn(deaf, ownScope(house.owner), turnId, 50)).toEqual({
      ok: false,
      error: moltbotError("CONFLICT", { kind: "turn" }),
    });
    expect((await house.turn(turnId)).end).toBeNull();
  });
});
